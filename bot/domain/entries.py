"""What the timeline says of an entry in the bot's words, from what changed; people's own words stand beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.alert import OPEN, RESOLVED, UPDATE
from bot.domain.lifecycle import ENDED, Status

Data = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How keys and ids are called where the sentence is read."""

    person: Callable[[str], str]
    role: Callable[[str], str]
    priority: Callable[[str], str]


def told(kind: str, data: Data, naming: Naming) -> str:
    """A heading for the entry's words, or the whole sentence where nobody said anything with it."""
    sentence = _SENTENCES.get(kind)
    if sentence is None:
        return ""
    try:
        return sentence(data, naming)
    except (
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ):  # of a version that kept something else; the others are still told
        return kind.capitalize()


def _declared(data: Data, naming: Naming) -> str:
    return f"Declared as {naming.priority(data['priority'])}"


def _status(data: Data, _: Naming) -> str:
    before, after = data["before"], data["after"]
    if after == Status.RESOLVED:
        return "Resolved. Verified"
    if after in ENDED:
        return str(after).capitalize()
    return "Reopened" if before in ENDED else f"Status: {before} → {after}"


def _priority(data: Data, naming: Naming) -> str:
    return f"Priority: {naming.priority(data['before'])} → {naming.priority(data['after'])}, because"


def _role(data: Data, naming: Naming) -> str:
    role, person = naming.role(data["role"]), naming.person(data["person"])
    match data["change"]:
        case "released":
            return f"{person} stepped down as {role}"
        case "deactivated":
            return f"{role} is vacant: the account of {person} was deactivated"
        case "left":
            return f"{role} is vacant: {person} left the channel"
    before = ", ".join(map(naming.person, data.get("before", ())))
    return f"{role} is {person}, after {before}" if before else f"{role} is {person}"


def _promise(data: Data, _: Naming) -> str:
    return f"Next update promised sooner: by {datetime.fromisoformat(data['after']):%Y-%m-%d %H:%M} UTC"


def _channel(data: Data, _: Naming) -> str:
    match data["change"]:
        case "renamed" if data.get("name") is not None:
            return f"Channel renamed: #{data.get('before') or ''} → #{data['name']}"
        case "made private":
            return "The channel was made private, and the incident with it"
        case "removed":
            return "The bot was removed from the channel"
        case change:
            return f"Channel {change}"


_ALERTS = {OPEN: "Alert", UPDATE: "Alert updated", RESOLVED: "Alert resolved"}


def _alert(data: Data, _: Naming) -> str:
    what = _ALERTS.get(data["status"], f"Alert {data['status']}")
    about = ", ".join(filter(None, (data["severity"], data["service"])))
    return f"{what} ({about})" if about else what


def _erased(data: Data, naming: Naming) -> str:
    whose = naming.person(data["person"]) if data.get("person") else data.get("integration")
    return f"Erased {data['what']}{f' by {whose}' if whose else ''}"


_SENTENCES: Mapping[str, Callable[[Data, Naming], str]] = {
    "action": lambda *_: "Action item",
    "alert": _alert,
    "channel": _channel,
    "declared": _declared,
    "erased": _erased,
    "priority": _priority,
    "promise": _promise,
    "role": _role,
    "status": _status,
    "update": lambda *_: "Update sent",
}
