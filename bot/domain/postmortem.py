"""What a postmortem is made of: facts, each with the event it came from; no opinions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.measures import Measures


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
class Phase:
    """The incident was in one status from one time to another."""

    status: str
    start: datetime
    end: datetime | None

    @property
    def lasted(self) -> timedelta | None:
        return self.end - self.start if self.end else None


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
    priority: str
    priority_because: str
    status: str
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
    mitigated_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    resolution: str | None
    measures: Measures
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
    reopened: int


class PostmortemWriter(Protocol):
    """Makes the document; wired in from the render room."""

    def __call__(self, facts: PostmortemFacts) -> str: ...


def phases(changes: Sequence[tuple[datetime, str]], ended_at: datetime | None) -> list[Phase]:
    """Phases from (time, status reached) in order of time; the last live one ends at `ended_at`."""
    found = []
    for (start, status), following in zip(changes, [*changes[1:], None], strict=False):
        end = following[0] if following else ended_at
        if end is None or end > start:
            found.append(Phase(status=status, start=start, end=end))
    return found


def message_link(workspace_url: str, channel_id: str, ts: str, thread_ts: str | None) -> str:
    """Slack's permalink of a message; a reply is found through its thread."""
    base = f"{workspace_url.rstrip('/')}/archives/{channel_id}/p{ts.replace('.', '')}"
    return f"{base}?thread_ts={thread_ts}&cid={channel_id}" if thread_ts and thread_ts != ts else base
