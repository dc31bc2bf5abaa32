"""When stakeholders are owed the next update, and whether the last one came in time (process 30)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


def next_update_due(*, last: datetime, every: timedelta | None, promised: datetime | None = None) -> datetime | None:
    """The time that is promised, else one interval after `last`; None where the priority asks for no updates."""
    if promised is not None:
        return promised
    return last + every if every is not None else None


def slot_after(due: datetime, *, every: timedelta, now: datetime) -> datetime:
    """The first slot of the rhythm that lies after `now`: slots missed during a downtime are one prompt, not many."""
    missed = max(0, (now - due) // every)
    return due + every * (missed + 1)


@dataclass(frozen=True, kw_only=True)
class Punctuality:
    """How an update stands to the time at which it was owed."""

    due_at: datetime | None
    sent_at: datetime

    @property
    def late_by(self) -> timedelta | None:
        """How much it came too late; None where it was in time or not owed. Within a minute is in time."""
        if self.due_at is None or self.sent_at - self.due_at < timedelta(minutes=1):
            return None
        return self.sent_at - self.due_at
