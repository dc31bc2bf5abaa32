"""Who may tell the bot of alerts, and what follows from them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.config.section import EnvironmentName, Key, Section
from bot.domain.alert import OPEN, UPDATE, is_condition, read_status
from bot.domain.json_pointer import parse_pointer

# What there is to say of an alert; docs/intake.md explains each.
_FIELDS = ("id", "key", "status", "title", "severity", "service", "description", "url", "occurred_at", "labels")


def _condition(value: str) -> str:
    if not is_condition(value):
        raise ValueError("a rule can ask for severity, service, status and labels.NAME")
    return value


def _field(value: str) -> str:
    if value not in _FIELDS:
        raise ValueError(f"there's no such field; there are {', '.join(_FIELDS)}")
    return value


def _pointer(value: str) -> str:
    parse_pointer(value)
    return value


def _statuses(when: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    for value in when.get("status", ()):
        if read_status(value) not in (OPEN, UPDATE):
            raise ValueError("rules are asked about alerts that open or are updated only; write open or update")
    return when


class IntakeRule(Section):
    when: Annotated[
        Mapping[
            Annotated[str, AfterValidator(_condition)],
            Annotated[tuple[str, ...], Field(strict=False, min_length=1)],
        ],
        AfterValidator(_statuses),
    ] = {}
    do: Literal["declare", "attach", "record"]
    priority: Key | None = None


class GenericIntegration(Section):
    key_env: EnvironmentName
    rules: Annotated[tuple[IntakeRule, ...], Field(strict=False)] = ()
    mapping: Mapping[Annotated[str, AfterValidator(_field)], Annotated[str, AfterValidator(_pointer)]] = {}


class Intake(Section):
    generic: Mapping[Key, GenericIntegration] = {}
