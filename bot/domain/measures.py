"""Response measures of one incident, from clocks that were recorded as they ran (process 41)."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Milestones:
    """The times that an incident's measures are made of; all aware, those that have not come are None."""

    impact_started_at: datetime
    detected_at: datetime
    declared_at: datetime
    acknowledged_at: datetime | None  # a responder took the command or began the work (process 12)
    mitigated_at: datetime | None  # the impact was stopped; watching whether it holds
    resolved_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Measures:
    to_detect: timedelta  # from the start of impact
    to_acknowledge: timedelta | None  # from detection
    to_mitigate: timedelta | None  # from the start of impact
    to_resolve: timedelta | None  # from the start of impact
    impact_duration: timedelta | None  # until resolved: "impact has ended" is what resolved means (process 33)


def measure(times: Milestones) -> Measures:
    def since(start: datetime, end: datetime | None) -> timedelta | None:
        return max(timedelta(0), end - start) if end is not None else None

    return Measures(
        to_detect=max(timedelta(0), times.detected_at - times.impact_started_at),
        to_acknowledge=since(times.detected_at, times.acknowledged_at),
        to_mitigate=since(times.impact_started_at, times.mitigated_at),
        to_resolve=since(times.impact_started_at, times.resolved_at),
        impact_duration=since(times.impact_started_at, times.resolved_at),
    )
