"""External selects: somebody types a piece of what they look for, the app offers options, and they choose one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.block_kit.tables import SUGGESTIONS
from bot.sandbox.interactions import payloads
from bot.sandbox.interactions.message_elements import Use
from bot.sandbox.state.model import Json, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState

LEAST_TYPED = 3  # characters, unless the element says otherwise: `min_query_length`


def is_external(element: Json) -> bool:
    """Whether the app is asked for its options."""
    return str(element["type"]).endswith("external_select")


async def choice(workspace: WorkspaceState, use: Use, given: Any) -> tuple[Json, Any]:
    """The element with the options that were offered, and the value (or values) of those that were chosen.

    What is given is the piece that is typed, or {"typed": …, "value": …} where several options have it.
    """
    element: Json = {**use.element, "options": []}
    values: list[str] = []
    for one in given if isinstance(given, list) else [given]:
        typed, value = (one.get("typed"), one.get("value")) if isinstance(one, Mapping) else (one, None)
        offered = await _offered(workspace, use, str(typed or ""))
        chosen = _matching(offered, str(typed or ""), value)
        element["options"].append(chosen)
        values.append(str(chosen.get("value")))
    return element, values if isinstance(given, list) else values[0]


async def _offered(workspace: WorkspaceState, use: Use, typed: str) -> list[Json]:
    least = use.element.get("min_query_length", LEAST_TYPED)
    if len(typed) < least:
        raise WorkspaceError(f"type at least {least} characters: with {typed!r} the app is not asked")
    payload = payloads.block_suggestion(
        workspace,
        use.app,
        use.person,
        action_id=use.element["action_id"],
        block_id=use.block["block_id"],
        value=typed,
        where=use.where,
    )
    answer = await use.app.ask("interactive", payload)
    if answer.error:
        raise WorkspaceError(f"no options could be loaded: {answer.error}")
    problems: list[str] = []
    SUGGESTIONS(dict(answer.payload), "", problems)
    if problems:
        raise WorkspaceError(f"no options could be loaded: {'; '.join(problems)}")
    groups = answer.payload.get("option_groups") or [{"options": answer.payload.get("options", [])}]
    return [option for group in groups for option in group["options"]]


def _matching(offered: list[Json], typed: str, value: Any) -> Json:
    """The option with that value, else the only one in whose text or value the typed piece is."""
    if value is not None:
        found = [option for option in offered if option["value"] == value]
    else:
        exact = [option for option in offered if typed in (option["value"], option["text"]["text"])]
        found = exact or [option for option in offered if typed.lower() in option["text"]["text"].lower()]
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(option["value"]) for option in offered) or "none"
    problem = "is in several of the options" if found else "is none of the options"
    raise WorkspaceError(f"{value or typed!r} {problem}; offered are: {names}")
