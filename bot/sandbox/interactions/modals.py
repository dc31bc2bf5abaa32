"""What people do in views, and what the app's answer to a submission does to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.block_kit import inputs, validation
from bot.sandbox.interactions.views import View, ViewError, Views
from bot.sandbox.state.activity import Answer
from bot.sandbox.state.model import Json, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState


def find(view: View, action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The one element meant; a sentence with those that are there where there is none, or more than one."""
    there = list(inputs.elements(view.blocks))
    found = [(b, e) for b, e in there if e["action_id"] == action_id and block_id in (None, b["block_id"])]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{block['block_id']}/{element['action_id']}" for block, element in there) or "none"
    wanted = f"{block_id}/{action_id}" if block_id else action_id
    problem = "says too little which element" if found else "is no element"
    raise WorkspaceError(f"{wanted!r} {problem} of this view; there are: {names}")


def entries(view: View, values: Mapping[str, Any]) -> list[tuple[Json, Json, Any]]:
    """Block, element and plain value of each entry, all known to the view.

    A value right below a block_id is meant for the block's only element.
    """
    found: list[tuple[Json, Json, Any]] = []
    for block_id, given in values.items():
        inside = [element for block, element in inputs.elements(view.blocks) if block["block_id"] == block_id]
        alone = inside[0]["action_id"] if len(inside) == 1 and not isinstance(given, Mapping) else None
        actions = {alone: given} if alone else given
        if not isinstance(actions, Mapping):
            raise WorkspaceError(f"{block_id!r} needs its values by action_id: {{block_id: {{action_id: value}}}}")
        found += [(*find(view, action_id, block_id), plain) for action_id, plain in actions.items()]
    return found


def refused(view: View, errors: dict[str, str]) -> Answer:
    """The modal stays open and says why."""
    return Answer(ok=False, view=view.shown(), errors=errors)


def respond(views: Views, view: View, response: Mapping[str, Any]) -> Answer | None:
    """Do what the answer to a submission says; an Answer where the modal stays or another one shows."""
    match response.get("response_action"):
        case "errors":
            errors = {str(block): str(text) for block, text in (response.get("errors") or {}).items()}
            strange = errors.keys() - {block["block_id"] for block in view.blocks if block["type"] == "input"}
            if strange or not errors:
                return Answer(ok=False, error="invalid_response_errors", view=view.shown(), errors=errors)
            return refused(view, errors)
        case "update" | "push" as verb:
            return _next_view(views, view, verb, response.get("view"))
        case "clear":
            views.clear(view.user)
        case None:
            views.close(view)
        case _:
            return Answer(ok=False, error="invalid_response_action", view=view.shown())
    return None


def _next_view(views: Views, view: View, verb: str, body: Any) -> Answer:
    """Slack shows the person a general error where the app's view is not valid; here it is told which."""
    problems = validation.check_view(body) if isinstance(body, dict) else ["missing"]
    if problems:
        errors = {"view": "; ".join(problems)}
        return Answer(ok=False, error="invalid_response_view", view=view.shown(), errors=errors)
    try:
        pushes = verb == "push"
        following = views.push(view.app, view.user, body, on=view.id) if pushes else views.update(view, body)
    except ViewError as error:
        return Answer(ok=False, error=str(error), view=view.shown())
    return Answer(ok=True, view=following.shown())


def chosen_channels(view: View) -> list[tuple[Json, str]]:
    """The ids of each element with `response_url_enabled`, and the channel chosen in it: there the app may answer."""
    state = view.state()
    found: list[tuple[Json, str]] = []
    for block, element in inputs.elements(view.blocks):
        if element.get("response_url_enabled"):
            held = state["values"][block["block_id"]][element["action_id"]]
            channel = held.get("selected_conversation") or held.get("selected_channel")
            if channel:
                found.append(({"block_id": block["block_id"], "action_id": element["action_id"]}, channel))
    return found


def label(element: Json) -> str:
    """What is written on it."""
    text = element.get("text")
    return str(text.get("text", "")) if isinstance(text, Mapping) else ""


def title(view: View) -> str:
    """The view's heading."""
    return label({"text": view.body.get("title")})


def open_modal(space: WorkspaceState, views: Views, user: str) -> View:
    """The modal on somebody's screen."""
    view = views.top(user)
    if view is None:
        raise WorkspaceError(f"{space.user(user).name} has no modal open")
    return view
