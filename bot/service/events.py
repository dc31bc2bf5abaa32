"""What happens to an incident, as its use cases say it; who is told of it stands in bot.service.notifications."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.store.tables import Incident


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to an incident. What tells of it is made later, so it holds ids and short words."""

    incident: Incident

    def references(self) -> dict[str, Any]:
        """What a message needs to know of it."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "incident"}


@dataclass(frozen=True, kw_only=True)
class IncidentDeclared(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class StatusChanged(Event):
    after: str


@dataclass(frozen=True, kw_only=True)
class PriorityChanged(Event):
    before: str
    after: str
    because: str


@dataclass(frozen=True, kw_only=True)
class UpdatePosted(Event):
    update_id: int


@dataclass(frozen=True, kw_only=True)
class UpdatePromisedSooner(Event):
    due: str  # ISO 8601


@dataclass(frozen=True, kw_only=True)
class UpdateAsked(Event):
    """The person who is to write the next update is asked for it."""

    prompt_id: int


@dataclass(frozen=True, kw_only=True)
class UpdateAskedPrivately(Event):
    prompt_id: int
    person: str
    private: bool = True


@dataclass(frozen=True, kw_only=True)
class UpdateMissed(Event):
    """Everybody was asked for the update, and nobody has sent it."""

    owed_at: str  # ISO 8601


@dataclass(frozen=True, kw_only=True)
class RoleFilled(Event):
    """At the declaration, by the configuration."""

    role: str
    person: str


@dataclass(frozen=True, kw_only=True)
class RoleTaken(Event):
    role: str
    person: str
    before: Sequence[str]  # who held it until now
    left: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class RoleReleased(Event):
    role: str
    before: Sequence[str]  # who stepped down
    left: Sequence[str]  # who still holds it
    person: None = None


@dataclass(frozen=True, kw_only=True)
class RoleVacated(Event):
    """Whoever held it can't act any more."""

    role: str
    person: str
    why: str  # deactivated, left
    left: Sequence[str]
    commander: str | None


@dataclass(frozen=True, kw_only=True)
class NotInvited(Event):
    """Slack didn't let somebody into the channel."""

    invited: str
    why: str
    person: str | None  # who is told; None: whoever reads along


@dataclass(frozen=True, kw_only=True)
class NoteTaken(Event):
    entry_id: int
    earlier: bool  # it happened before it was noted


@dataclass(frozen=True, kw_only=True)
class ActionAdded(Event):
    action_id: int


@dataclass(frozen=True, kw_only=True)
class AlertAttached(Event):
    """A monitor tells of something that belongs to the incident."""

    alert_id: int


@dataclass(frozen=True, kw_only=True)
class AlertResolved(Event):
    """A monitor says that it is over; whether the incident is, people say."""

    alert_id: int


@dataclass(frozen=True, kw_only=True)
class AlertResolvedPrivately(Event):
    """The same where there is no channel to ask in."""

    alert_id: int
    person: str | None  # None: whoever reads along


@dataclass(frozen=True, kw_only=True)
class IncidentResolved(Event):
    # As it was, not as things are when it is told: it may have been reopened by then.
    reason: str
    lasted: float | None  # seconds


@dataclass(frozen=True, kw_only=True)
class IncidentClosed(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class IncidentCancelled(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class IncidentReopened(Event):
    reason: str


@dataclass(frozen=True, kw_only=True)
class IncidentMadePrivate(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class ChannelChanged(Event):
    """Somebody did something to the incident's channel."""

    change: str  # a value of bot.service.channels.CHANGES, or removed
    name: str | None
    by: str | None
    person: str | None  # who is told; None: whoever reads along


@dataclass(frozen=True, kw_only=True)
class PostmortemWritten(Event):
    postmortem_id: int


@dataclass(frozen=True, kw_only=True)
class WordsErased(Event):
    pass


@dataclass(frozen=True, kw_only=True)
class SomethingWaits(Event):
    """What the card says of what is not in Slack yet is not true any more."""


@dataclass(frozen=True, kw_only=True)
class SomethingFailed(Event):
    subject: str  # a step or a kind of job: it's told once for each
    what: str
    why: str
    person: str | None  # who is told; None: whoever reads along
