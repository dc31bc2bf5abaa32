"""What a postmortem is made of: facts, each with the event it came from; no opinions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Protocol

from bot.domain.lifecycle import ENDED, LIVE, Status
from bot.domain.measures import Interval, Measures


@dataclass(frozen=True, kw_only=True)
class TimelineItem:
    """One key event; texts are plain."""

    at: datetime
    kind: str  # declared, status, priority, role, note, message …
    who: str
    text: str
    link: str | None = None  # to the message in Slack
    message_ts: str | None = None


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
    who: str | None
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
    who: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class RoleInterval:
    role: str
    person: str
    start: datetime
    end: datetime | None  # None: until the end of the incident


@dataclass(frozen=True, kw_only=True)
class UpdateSent:
    at: datetime
    who: str
    status: str
    text: str
    due_at: datetime | None
    late_by: timedelta | None
    next_due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the organisation aims at for the priority."""

    respond_within: timedelta
    resolve_within: timedelta


@dataclass(frozen=True, kw_only=True)
class ActionDue:
    text: str
    owner: str | None
    due_on: str | None


@dataclass(frozen=True, kw_only=True)
class PostmortemFacts:
    name: str  # INC-1
    title: str
    description: str
    priority: str  # as it is now
    priority_because: str
    declared_priority: str
    status: str
    turns: Sequence[Turn]  # in order of time
    category: str
    service: str
    reporter: str
    channel: str | None
    channel_link: str | None
    is_private: bool
    impact_started_at: datetime
    detected_at: datetime
    declared_at: datetime
    acknowledged_at: datetime | None
    mitigated_at: datetime | None  # the first time
    mitigation_lost_at: datetime | None  # when that turned out not to hold
    resolved_at: datetime | None
    closed_at: datetime | None
    resolution: str | None
    measures: Measures
    impact: Sequence[Interval]
    target: Target | None
    phases: Sequence[Phase]
    roles: Sequence[RoleInterval]
    timeline: Sequence[TimelineItem]
    updates: Sequence[UpdateSent]
    prompts_sent: int
    prompts_missed: int
    actions: Sequence[ActionDue]
    participants: Sequence[str]
    messages: int


class PostmortemWriter(Protocol):
    """Makes the document; wired in from the render room."""

    def __call__(self, facts: PostmortemFacts) -> str: ...


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


def message_link(workspace_url: str, channel_id: str, ts: str, thread_ts: str | None) -> str:
    """Slack's permalink of a message; a reply is found through its thread."""
    base = f"{workspace_url.removesuffix('/')}/archives/{channel_id}/p{ts.replace('.', '')}"
    return f"{base}?thread_ts={thread_ts}&cid={channel_id}" if thread_ts and thread_ts != ts else base
