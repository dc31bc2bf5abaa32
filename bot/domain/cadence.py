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


# A reminder that nobody answers all night helps nobody; four hours is a shift's half.
_LONGEST_PROMPT_INTERVAL = timedelta(hours=4)
_MOST_DOUBLINGS = 20  # far beyond four hours, and still a number that a timedelta holds


def prompt_interval(every: timedelta, round_: int) -> timedelta:
    """How long after an unanswered round the next one begins: the rhythm at first, doubled from the third on.

    At most four hours, or the rhythm itself where that is longer. Rounds count from 1.
    """
    times: int = 2 ** min(max(0, round_ - 2), _MOST_DOUBLINGS)
    return min(every * times, max(every, _LONGEST_PROMPT_INTERVAL))


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
