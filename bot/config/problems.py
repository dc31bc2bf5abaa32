"""What is wrong with a setting, in words that say what to write instead."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.config.intake import GenericIntegration
from bot.config.settings import (
    Category,
    Channels,
    Destinations,
    Guests,
    Http,
    Priority,
    Role,
    SocketMode,
    Updates,
)
from bot.domain.command_line import nearest


def _sentence(error: Mapping[str, Any]) -> str:  # noqa: PLR0911, PLR0912 - one return for each kind of finding
    """One of pydantic's findings."""
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            return "is missing; add it"
        case "extra_forbidden" | "unexpected_keyword_argument":
            return "is not a setting; take it out or correct its spelling"
        case "string_type":
            return f"must be text, not {error['input']!r}; put it in quotes"
        case "string_pattern_mismatch" if "[a-z]" in context.get("pattern", ""):
            return f"{error['input']!r} cannot be used as a key; write one lower-case word"
        case "string_pattern_mismatch" if "[UW]" in context.get("pattern", ""):
            return f"{error['input']!r} is no person's id; copy it from their profile in Slack (U012AB3CD)"
        case "string_pattern_mismatch" if "[A-Za-z_]" in context.get("pattern", ""):
            return f"{error['input']!r} is no name of an environment variable; write for example WEBHOOK_SECRET"
        case "string_pattern_mismatch":
            return f"{error['input']!r} does not fit; write it as :name:"
        case "bool_type" | "bool_parsing":
            return f"must be true or false, not {error['input']!r}"
        case "value_error":
            return f"{error['msg'].removeprefix('Value error, ')} (not {error['input']!r})"
        case "model_type" | "mapping_type" | "dict_type" | "is_instance_of" | "model_attributes_type":
            return f"must be a block of keys and values, not {error['input']!r}"
        case "string_too_short":
            return "must not be empty"
        case "too_short":
            return "is empty; it needs at least one entry"
        case "path_type":
            return f"must be a folder, not {error['input']!r}"
        case "tuple_type" | "list_type":
            return f"must be a list such as [a, b], not {error['input']!r}"
        case _:
            message: str = error["msg"]
            return message[:1].lower() + message[1:]


# Whose keys a block has: `roles.comms_lead.nmae` is meant to be one of Role.
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "priorities": Priority,
    "categories": Category,
    "roles": Role,
    "channels": Channels,
    "updates": Updates,
    "guests": Guests,
    "socket_mode": SocketMode,
    "http": Http,
    "destinations": Destinations,
    "intake": GenericIntegration,
}


def _settings_beside(place: Sequence[int | str], model: type[BaseModel]) -> Collection[str]:
    """The settings that there are where the unknown key at `place` stands."""
    return (model if len(place) == 1 else _SECTIONS.get(str(place[0]), model)).model_fields


def describe(problems: ValidationError, model: type[BaseModel] | None = None) -> list[str]:
    """`path: sentence` for each of pydantic's findings."""
    lines = []
    for error in problems.errors():
        path = ".".join(str(part) for part in error["loc"] if part != "[key]") or "(the whole file)"
        hint = ""
        if error["type"] == "extra_forbidden" and model is not None:
            close = nearest(str(error["loc"][-1]), _settings_beside(error["loc"], model))
            hint = f" (did you mean '{close}'?)" if close else ""
        lines.append(f"{path}: {_sentence(error)}{hint}")
    return lines
