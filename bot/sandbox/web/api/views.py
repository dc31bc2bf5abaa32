"""views.*: modals in exchange for triggers, and home tabs."""

from __future__ import annotations

import json
from collections.abc import Callable

from bot.sandbox.block_kit import validation
from bot.sandbox.interactions.interactions import Interactions
from bot.sandbox.interactions.triggers import Trigger, TriggerError
from bot.sandbox.interactions.views import View, ViewError
from bot.sandbox.state.model import Json
from bot.sandbox.web.api.registry import ApiError, Call, invalid_arguments, method

LARGEST_VIEW = 250_000  # bytes of JSON


@method("views.open", required=("view",))
def open_view(call: Call) -> Json:
    """Show a modal in exchange for a trigger."""
    body, talk = _view(call, "modal"), call.workspace.interactions
    trigger = _exchange(call, talk)
    return _shown(lambda: talk.views.open(call.app, trigger.user, body, channel=trigger.channel))


@method("views.push", required=("view",))
def push_view(call: Call) -> Json:
    """Put a modal on top of the one in which the trigger arose."""
    body, talk = _view(call, "modal"), call.workspace.interactions
    trigger = _exchange(call, talk)
    return _shown(lambda: talk.views.push(call.app, trigger.user, body, on=trigger.view_id))


@method("views.update", required=("view",))
def update_view(call: Call) -> Json:
    """Change a view that is open."""
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not view_id and not external_id:
        raise invalid_arguments("missing required field: view_id or external_id")
    talk = call.workspace.interactions
    try:
        view = talk.views.find(call.app, view_id=view_id, external_id=external_id)
    except ViewError as error:
        raise ApiError(str(error)) from error
    body = _view(call, view.type)
    return _shown(lambda: talk.views.update(view, body, expected_hash=call.text("hash")))


@method("views.publish", required=("user_id", "view"))
def publish_view(call: Call) -> Json:
    """Set somebody's home tab."""
    user = call.workspace.users.get(call.text("user_id"))
    if user is None:
        raise invalid_arguments("invalid `user_id`")
    body, talk = _view(call, "home"), call.workspace.interactions

    def publish() -> View:
        view = talk.views.publish(call.app, user.id, body, expected_hash=call.text("hash"))
        talk.published(view)
        return view

    return _shown(publish)


def _view(call: Call, kind: str) -> Json:
    body = call.json("view")
    if not isinstance(body, dict):
        raise invalid_arguments("must provide an object [json-pointer:/view]")
    if len(json.dumps(body)) > LARGEST_VIEW:
        raise ApiError("view_too_large")
    if body.get("type") != kind:
        raise invalid_arguments(f"must be one of the allowed values: {kind} [json-pointer:/view/type]")
    problems = validation.check_view(body)
    if problems:
        raise ApiError(
            "invalid_arguments", response_metadata={"messages": [f"[ERROR] {problem}" for problem in problems]}
        )
    return body


def _exchange(call: Call, talk: Interactions) -> Trigger:
    if not call.given("trigger_id"):
        raise invalid_arguments("missing required field: trigger_id")
    try:
        return talk.triggers.exchange(call.text("trigger_id"), app_id=call.app.id)
    except TriggerError as error:
        raise ApiError(str(error)) from error


def _shown(change: Callable[[], View]) -> Json:
    try:
        view = change()
    except ViewError as error:
        raise ApiError(str(error)) from error
    return {"view": view.shown()}
