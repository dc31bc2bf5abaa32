"""Response measures of one incident, from clocks that were recorded as they ran (process 41)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A stretch of time; an open end means that it lasts still."""

    start: datetime
    end: datetime | None

    @property
    def lasted(self) -> timedelta | None:
        return self.end - self.start if self.end is not None else None


@dataclass(frozen=True, kw_only=True)
class Milestones:
    """The times that an incident's measures are made of; all aware, those that have not come are None."""

    impact_started_at: datetime
    detected_at: datetime
    declared_at: datetime
    acknowledged_at: datetime | None  # a responder took the command or began the work (process 12)
    mitigated_at: datetime | None  # the impact was stopped for the first time; it may not have held
    resolved_at: datetime | None
    # When there was impact. An incident that was reopened has several; in between it was resolved.
    impact: Sequence[Interval]


@dataclass(frozen=True, kw_only=True)
class Measures:
    to_detect: timedelta  # from the start of impact
    to_acknowledge: timedelta | None  # from detection
    to_mitigate: timedelta | None  # from the start of impact, the first time
    to_resolve: timedelta | None  # from the start of impact, the last time
    impact_duration: timedelta | None  # all intervals together; None while one lasts (process 33)


def measure(times: Milestones) -> Measures:
    def since(start: datetime, end: datetime | None) -> timedelta | None:
        return max(timedelta(0), end - start) if end is not None else None

    return Measures(
        to_detect=max(timedelta(0), times.detected_at - times.impact_started_at),
        to_acknowledge=since(times.detected_at, times.acknowledged_at),
        to_mitigate=since(times.impact_started_at, times.mitigated_at),
        to_resolve=since(times.impact_started_at, times.resolved_at),
        impact_duration=total(times.impact),
    )


def total(intervals: Sequence[Interval]) -> timedelta | None:
    """How long they lasted together; None where there is none, or one lasts still."""
    lengths = [one.lasted for one in intervals]
    known = [max(timedelta(0), length) for length in lengths if length is not None]
    return sum(known, timedelta(0)) if known and len(known) == len(lengths) else None
