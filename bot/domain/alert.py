"""What a monitor tells of one thing that it watches, and what follows from it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

OPEN, UPDATE, RESOLVED = "open", "update", "resolved"
# What monitors say for the same. Any other word is kept, and counts as news of what is known already.
_STATUSES = {
    **dict.fromkeys(("open", "firing", "alerting", "triggered", "problem", "alarm", "down"), OPEN),
    **dict.fromkeys(("update", "updated"), UPDATE),
    **dict.fromkeys(("resolved", "resolve", "recovered", "recovery", "closed", "close", "ok", "up"), RESOLVED),
}
# Whoever is wrong about the time by more than that is wrong about it altogether.
_BELIEVED_FOR = timedelta(days=1)
_LABEL = "labels."


@dataclass(frozen=True, kw_only=True)
class AlertFacts:
    """One message of a monitor; texts are plain, and cut to what is shown of them."""

    key: str  # what it is about: the same in all messages about one thing
    title: str
    status: str = OPEN  # open, update, resolved, or a word of the monitor's
    severity: str = ""  # as the monitor says it: critical, p1
    service: str = ""
    description: str = ""
    url: str = ""  # http or https
    labels: Mapping[str, str] = field(default_factory=dict)
    occurred_at: datetime | None = None  # by the monitor's clock, UTC; None where it doesn't say


def read_status(word: str) -> str:
    """open, update or resolved for what means that, else the word itself."""
    return _STATUSES.get(word.lower(), word.lower())


def is_condition(name: str) -> bool:
    """Whether a rule may ask for it: severity, service, status, labels.NAME."""
    return name in ("severity", "service", "status") or (len(name) > len(_LABEL) and name.startswith(_LABEL))


def fits(when: Mapping[str, Collection[str]], told: AlertFacts) -> bool:
    """Whether everything that is asked for has one of the values that it may have, in capitals or not."""
    return all(_value(told, name).casefold() in _wanted(name, values) for name, values in when.items())


def _wanted(name: str, values: Collection[str]) -> set[str]:
    """A status is asked for in the monitor's word or in ours: they mean the same."""
    return {(read_status(value) if name == "status" else value).casefold() for value in values}


def _value(told: AlertFacts, name: str) -> str:
    if name.startswith(_LABEL):
        return told.labels.get(name.removeprefix(_LABEL), "")
    return {"severity": told.severity, "service": told.service, "status": told.status}[name]


def happened_at(told: datetime | None, *, received_at: datetime) -> datetime | None:
    """When it happened, by the monitor's clock: no later than it was told. It orders what a monitor tells."""
    return min(told, received_at) if told is not None else None


def believed_at(told: datetime | None, *, received_at: datetime) -> datetime:
    """The same as it is shown and measured; when it was told, where the monitor doesn't say or must be wrong."""
    happened = happened_at(told, received_at=received_at)
    return happened if happened is not None and received_at - happened <= _BELIEVED_FOR else received_at


def integration_name(name: str) -> str:
    """An integration where people's names stand."""
    return f"{name} (integration)"
