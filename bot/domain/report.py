"""The report of an incident: everything on record as one value, which every document and export is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from bot.domain.alert import integration_name
from bot.domain.lifecycle import ENDED, LIVE, Status
from bot.domain.measures import Interval, Measures


@dataclass(frozen=True, kw_only=True)
class PersonName:
    """Somebody as documents name them; a document that prints one shows the full name."""

    id: str
    handle: str  # ana; the id where nobody has said who that is
    name: str  # Ana Torres

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class TimelineItem:
    """One key event: something that the bot put on record, or a message that people marked."""

    at: datetime
    kind: str  # declared, status, priority, role, note, message …
    person: PersonName | None
    author: str | None = None  # where no person: what an app calls itself that spoke, or the integration
    what: str = ""  # in the bot's words, such as "Update sent"
    words: str = ""  # in people's own, as plain text
    link: str | None = None  # to the message in Slack
    message_ts: str | None = None

    @property
    def who(self) -> str:
        if self.person is not None:
            return self.person.name
        if self.kind == "message":
            return self.author or "an app"
        return integration_name(self.author) if self.author else "incident bot"

    @property
    def text(self) -> str:
        return ": ".join(filter(None, (self.what, self.words)))


@dataclass(frozen=True, kw_only=True)
class TextVersion:
    at: datetime
    text: str


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """What somebody wrote in the incident's channel, in every version; texts are plain."""

    at: datetime
    ts: str
    thread_ts: str | None
    person: PersonName | None
    author: str | None
    text: str
    versions: Sequence[TextVersion]
    edited_at: datetime | None
    deleted_at: datetime | None
    found_missing: bool  # nobody told of the deletion: `deleted_at` is when it was seen
    erased_at: datetime | None
    erased_by: PersonName | None
    files: Sequence[Mapping[str, Any]]  # id, name, mimetype, size, permalink, as far as Slack tells them
    is_key_event: bool


@dataclass(frozen=True, kw_only=True)
class Phase(Interval):
    """The incident was in one status from one time to another."""

    status: str


@dataclass(frozen=True, kw_only=True)
class StatusChange:
    """The incident went from one status to another; `reason` is what was said with it, as plain text."""

    at: datetime
    before: str
    after: str
    who: PersonName | None
    reason: str

    @property
    def turn(self) -> "Turn | None":
        """What a summary tells of it; None for a step on the way."""
        what = self.after if self.after in ENDED else "reopened" if self.before in ENDED else None
        return Turn(at=self.at, what=what, who=self.who, reason=self.reason) if what else None


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A turn in the course of the incident."""

    at: datetime
    what: str  # raised to P1, lowered to P3, resolved, closed, cancelled, reopened
    who: PersonName | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class RoleInterval:
    role: str  # its name
    key: str
    person: PersonName
    start: datetime
    end: datetime | None  # None: until the end of the incident


@dataclass(frozen=True, kw_only=True)
class UpdateSent:
    at: datetime
    who: PersonName
    status: str
    text: str
    due_at: datetime | None
    late_by: timedelta | None
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PromptSent:
    """The bot asked for an update."""

    due_at: datetime
    at: datetime
    person: PersonName | None  # None: everybody in the channel
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the organisation aims at for the priority."""

    respond_within: timedelta
    resolve_within: timedelta


@dataclass(frozen=True, kw_only=True)
class ActionDue:
    text: str
    owner: PersonName | None
    due_on: str | None


@dataclass(frozen=True, kw_only=True)
class IncidentFacts:
    """What is known of the incident itself; keys are the configuration's, names are for people."""

    number: int
    title: str
    description: str
    kind: str
    priority_key: str  # as it is now
    priority: str  # P1
    priority_because: str
    status: str
    category_key: str | None  # application/errors
    category: str
    service: str
    runbook: str | None
    reporter: PersonName  # an integration has no id
    channel: str | None
    is_private: bool
    impact_started_at: datetime
    detected_at: datetime
    declared_at: datetime
    acknowledged_at: datetime | None
    mitigated_at: datetime | None  # the first time
    resolved_at: datetime | None
    closed_at: datetime | None
    resolution: str | None

    @property
    def name(self) -> str:
        """INC-1."""
        return f"INC-{self.number}"


@dataclass(frozen=True, kw_only=True)
class IncidentReport(IncidentFacts):
    """All of it, in order of time wherever there is one."""

    channel_link: str | None
    declared_priority: str
    turns: Sequence[Turn]
    mitigation_lost_at: datetime | None  # when the first mitigation turned out not to hold
    measures: Measures
    impact: Sequence[Interval]
    target: Target | None
    phases: Sequence[Phase]
    roles: Sequence[RoleInterval]
    timeline: Sequence[TimelineItem]
    messages: Sequence[ChatMessage]
    updates: Sequence[UpdateSent]
    prompts: Sequence[PromptSent]
    actions: Sequence[ActionDue]
    participants: Sequence[PersonName]
    alerts: Sequence[Mapping[str, Any]]  # what monitors told, as `incident.json` has it
    people: Sequence[PersonName]  # everybody who is named in it, as far as they are known

    @property
    def prompts_missed(self) -> int:
        return sum(1 for one in self.prompts if one.outcome == "missed")


def phases(changes: Sequence[tuple[datetime, str]], ended_at: datetime | None) -> list[Phase]:
    """Phases from (time, status reached) in order of time; the last live one ends at `ended_at`."""
    found = []
    for (start, status), following in zip_longest(changes, changes[1:]):
        end = following[0] if following else ended_at
        if end is None or end > start:
            found.append(Phase(status=status, start=start, end=end))
    return found


def live_phases(found: Sequence[Phase]) -> list[Phase]:
    """The phases in which the incident was open, and the gaps between them: an ended one that was reopened.

    A gap is one phase whatever it was called meanwhile (resolved, then closed); what follows the last is no gap.
    """
    last = max((place for place, one in enumerate(found) if one.status in LIVE), default=-1)
    kept: list[Phase] = []
    for one in found[: last + 1]:
        if kept and one.status in ENDED and kept[-1].status in ENDED:
            kept[-1] = Phase(status=kept[-1].status, start=kept[-1].start, end=one.end)
        else:
            kept.append(one)
    return kept


# While an incident is in one of these, its impact was stopped.
_MITIGATED = frozenset({Status.MONITORING, Status.RESOLVED, Status.CLOSED})


def mitigation_lost_at(changes: Sequence[StatusChange]) -> datetime | None:
    """When the first mitigation turned out not to hold; None where it held, or there was none."""
    still = {*_MITIGATED, Status.CANCELLED}  # what was no incident needed no mitigation
    return next((one.at for one in changes if one.before in _MITIGATED and one.after not in still), None)
