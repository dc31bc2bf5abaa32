"""Interactive elements: what somebody chose or typed, in the shapes in which Slack tells the app."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Protocol

from bot.sandbox.state import links
from bot.sandbox.state.model import Channel, Json, User, WorkspaceError


class Directory(Protocol):
    """Who and what can be chosen by name."""

    def user(self, who: str) -> User: ...

    def channel(self, which: str) -> Channel: ...


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Where an element keeps what was chosen."""

    chosen: str  # key in state and in the action
    initial: str  # key in the element
    of: str  # "text" | "option" | "user" | "channel" | "date" | "time" | "moment" | "rich_text" | "file"
    many: bool = False


KINDS: dict[str, Kind] = {
    "plain_text_input": Kind(chosen="value", initial="initial_value", of="text"),
    "email_text_input": Kind(chosen="value", initial="initial_value", of="text"),
    "url_text_input": Kind(chosen="value", initial="initial_value", of="text"),
    "number_input": Kind(chosen="value", initial="initial_value", of="text"),
    "rich_text_input": Kind(chosen="rich_text_value", initial="initial_value", of="rich_text"),
    "static_select": Kind(chosen="selected_option", initial="initial_option", of="option"),
    "external_select": Kind(chosen="selected_option", initial="initial_option", of="option"),
    "radio_buttons": Kind(chosen="selected_option", initial="initial_option", of="option"),
    "multi_static_select": Kind(chosen="selected_options", initial="initial_options", of="option", many=True),
    "multi_external_select": Kind(chosen="selected_options", initial="initial_options", of="option", many=True),
    "checkboxes": Kind(chosen="selected_options", initial="initial_options", of="option", many=True),
    "users_select": Kind(chosen="selected_user", initial="initial_user", of="user"),
    "multi_users_select": Kind(chosen="selected_users", initial="initial_users", of="user", many=True),
    "channels_select": Kind(chosen="selected_channel", initial="initial_channel", of="channel"),
    "multi_channels_select": Kind(chosen="selected_channels", initial="initial_channels", of="channel", many=True),
    "conversations_select": Kind(chosen="selected_conversation", initial="initial_conversation", of="channel"),
    "multi_conversations_select": Kind(
        chosen="selected_conversations", initial="initial_conversations", of="channel", many=True
    ),
    "datepicker": Kind(chosen="selected_date", initial="initial_date", of="date"),
    "timepicker": Kind(chosen="selected_time", initial="initial_time", of="time"),
    "datetimepicker": Kind(chosen="selected_date_time", initial="initial_date_time", of="moment"),
    "file_input": Kind(chosen="files", initial="", of="file", many=True),
}
# Elements that act at once and keep nothing.
MOMENTARY = {"button", "overflow", "workflow_button", "icon_button", "feedback_buttons"}
# Parts of the element that Slack repeats in the action.
_REPEATED = ("text", "placeholder", "confirm", "style", "url", "min_query_length")


def elements(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with its block."""
    for block in blocks:
        inside = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
        for element in inside:
            if isinstance(element, dict) and (element.get("type") in KINDS or element.get("type") in MOMENTARY):
                yield block, element


def named(blocks: Iterable[Json], *, prefix: str) -> list[Json]:
    """The blocks, with the block_ids and action_ids that Slack makes up where the app left them out."""
    blocks = [dict(block) for block in blocks]
    for place, block in enumerate(blocks):
        block["block_id"] = block.get("block_id") or f"{prefix}{place}"
        for key in ("accessory", "element"):
            if isinstance(block.get(key), dict):
                block[key] = _with_action_id(block[key], f"{prefix}{place}a")
        if isinstance(block.get("elements"), list) and block.get("type") in {"actions", "context_actions"}:
            block["elements"] = [
                _with_action_id(element, f"{prefix}{place}a{number}")
                for number, element in enumerate(block["elements"])
            ]
    return blocks


def _with_action_id(element: Json, action_id: str) -> Json:
    interactive = element.get("type") in KINDS or element.get("type") in MOMENTARY
    return {**element, "action_id": element.get("action_id") or action_id} if interactive else element


def state_of(blocks: Iterable[Json], typed: Mapping[str, Mapping[str, Json]]) -> Json:
    """`state` as Slack sends it: everything that keeps a value, as typed or else as it began."""
    values: dict[str, Json] = {}
    for block, element in elements(blocks):
        kind = KINDS.get(element["type"])
        if kind is not None:
            block_id, action_id = block["block_id"], element["action_id"]
            typed_here = typed.get(block_id, {}).get(action_id)
            # What was typed into another kind of element does not fit this one.
            fits = typed_here is not None and typed_here.get("type") == element["type"]
            values.setdefault(block_id, {})[action_id] = typed_here if fits else initial(element)
    return {"values": values}


def initial(element: Json) -> Json:
    """How an element begins."""
    kind = KINDS[element["type"]]
    begins = element.get(kind.initial) if kind.initial else None
    if begins is None and kind.many:
        begins = []
    return {"type": element["type"], kind.chosen: begins}


def chosen(element: Json, plain: Any, directory: Directory) -> Json:
    """The state of an element after somebody gave it this plain value; None empties it."""
    kind = KINDS[element["type"]]
    if isinstance(plain, Mapping) and kind.chosen in plain:
        plain = plain[kind.chosen]  # somebody already speaks Slack's shape
    if kind.many:
        items = [] if plain is None else list(plain) if isinstance(plain, list | tuple | set) else [plain]
        return {"type": element["type"], kind.chosen: [_one(element, kind, item, directory) for item in items]}
    value = None if plain is None or plain == "" else _one(element, kind, plain, directory)
    return {"type": element["type"], kind.chosen: value}


def action(block: Json, element: Json, value: Any, directory: Directory, *, action_ts: str) -> tuple[Json, Json | None]:
    """The entry of `actions` for using this element, and its new state where it keeps one."""
    told: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    told |= {key: element[key] for key in _REPEATED if key in element}
    state = None
    if element["type"] == "overflow":
        told["selected_option"] = _option(element, value)
    elif element["type"] in MOMENTARY:
        told |= {"value": element["value"]} if "value" in element else {}
    else:
        state = chosen(element, value, directory)
        kind = KINDS[element["type"]]
        told |= {key: item for key, item in state.items() if key != "type"}
        if kind.initial in element:
            told[kind.initial] = element[kind.initial]
    return told | {"action_ts": action_ts}, state


def problems(blocks: Iterable[Json], state: Json) -> dict[str, str]:
    """What Slack's client objects to before it asks the app, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        element = block.get("element")
        if block.get("type") != "input" or not isinstance(element, dict) or element.get("type") not in KINDS:
            continue
        kind = KINDS[element["type"]]
        value = state["values"][block["block_id"]][element["action_id"]][kind.chosen]
        problem = _required(block) if value in (None, "", []) else _within(element, value)
        if problem:
            found[block["block_id"]] = problem
    return found


def _required(block: Json) -> str:
    return "" if block.get("optional") else "Please complete this required field."


def _within(element: Json, value: Any) -> str:
    checks: list[tuple[bool, str]] = []
    if element["type"] in {"plain_text_input", "email_text_input", "url_text_input"}:
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        checks += [
            (len(value) < least, f"Please enter at least {least} characters."),
            (len(value) > most, f"Please enter at most {most} characters."),
        ]
    if element["type"] == "email_text_input":
        checks.append((not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value), "Please enter a valid email address."))
    if element["type"] == "url_text_input":
        checks.append((not re.match(r"https?://\S+", value), "Please enter a valid URL."))
    if element["type"] == "number_input":
        checks += _number_checks(element, value)
    if isinstance(value, list) and "max_selected_items" in element:
        most = element["max_selected_items"]
        checks.append((len(value) > most, f"Please choose at most {most}."))
    return next((problem for wrong, problem in checks if wrong), "")


def _number_checks(element: Json, value: str) -> list[tuple[bool, str]]:
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
        return [(True, "Please enter a number.")]
    number = float(value)
    return [
        (not element.get("is_decimal_allowed") and "." in value, "Please enter a whole number."),
        ("min_value" in element and number < float(element.get("min_value", 0)), "This number is too small."),
        ("max_value" in element and number > float(element.get("max_value", 0)), "This number is too large."),
    ]


def _one(element: Json, kind: Kind, plain: Any, directory: Directory) -> Any:
    readers: dict[str, Callable[[], Any]] = {
        "text": lambda: str(plain),
        "option": lambda: _option(element, plain),
        "user": lambda: directory.user(str(plain)).id,
        "channel": lambda: directory.channel(str(plain)).id,
        "moment": lambda: _moment(plain),
        "date": lambda: _calendar("date", str(plain)),
        "time": lambda: _calendar("time", str(plain)),
        "rich_text": lambda: plain if isinstance(plain, Mapping) else _rich_text(str(plain)),
        "file": lambda: plain,
    }
    return readers[kind.of]()


def _option(element: Json, plain: Any) -> Json:
    value = plain.get("value") if isinstance(plain, Mapping) else plain
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    options: list[Json] = [option for group in groups for option in group["options"]]
    for option in options:
        if option.get("value") == value:
            return option
    offered = ", ".join(repr(option.get("value")) for option in options) or "none"
    raise WorkspaceError(f"{element['action_id']!r} has no option with the value {value!r}; there are: {offered}")


def _moment(plain: Any) -> int:
    try:
        return int(plain)
    except (TypeError, ValueError):
        raise WorkspaceError(f"{plain!r} is not a moment: give seconds since the epoch") from None


def _calendar(of: str, plain: str) -> str:
    try:
        if of == "date":
            date.fromisoformat(plain)
        else:
            time.fromisoformat(plain)
    except ValueError:
        raise WorkspaceError(f"{plain!r} is not a {of}: give {'2024-02-29' if of == 'date' else '14:05'}") from None
    return plain


def _rich_text(plain: str) -> Json:
    parts = [
        links.element(address, label) if address else {"type": "text", "text": words}
        for words, address, label in links.pieces(plain)
    ]
    section = {"type": "rich_text_section", "elements": parts}
    return {"type": "rich_text", "elements": [section]}
