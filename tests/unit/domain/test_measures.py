"""Measures come from the clocks that ran, each from its own start (process 41)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.measures import Interval, Measures, Milestones, measure

BEGAN = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


WHOLE = Milestones(
    impact_started_at=BEGAN,
    detected_at=after(5),
    declared_at=after(8),
    acknowledged_at=after(12),
    mitigated_at=after(40),
    resolved_at=after(70),
    impact=[Interval(start=BEGAN, end=after(70))],
)


def minutes(measures: Measures) -> dict[str, float | None]:
    return {key: value.total_seconds() / 60 if value is not None else None for key, value in vars(measures).items()}


@pytest.mark.parametrize(
    ("measure_of", "expected"),
    [
        ("to_detect", 5),  # from the start of impact, not from the declaration
        ("to_acknowledge", 7),  # from detection: nobody can answer what nobody noticed
        ("to_mitigate", 40),  # from the start of impact: that is what people felt
        ("to_resolve", 70),
        ("impact_duration", 70),  # resolved means that the impact has ended
    ],
)
def test_each_measure_has_its_own_start(measure_of: str, expected: int) -> None:
    assert minutes(measure(WHOLE))[measure_of] == expected


@pytest.mark.parametrize(
    ("missing", "unknown"),
    [
        ("acknowledged_at", {"to_acknowledge"}),
        ("mitigated_at", {"to_mitigate"}),
        ("resolved_at", {"to_resolve"}),
    ],
)
def test_what_has_not_come_is_unknown_and_not_zero(missing: str, unknown: set[str]) -> None:
    found = minutes(measure(replace(WHOLE, **{missing: None})))

    assert {key for key, value in found.items() if value is None} == unknown


times = st.datetimes(datetime(2026, 1, 1), datetime(2026, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(
    times=st.builds(
        Milestones,
        impact_started_at=times,
        detected_at=times,
        declared_at=times,
        acknowledged_at=times | st.none(),
        mitigated_at=times | st.none(),
        resolved_at=times | st.none(),
        impact=st.lists(st.builds(Interval, start=times, end=times | st.none()), max_size=4),
    )
)
def test_no_order_of_events_makes_a_measure_negative(times: Milestones) -> None:
    assert all(value is None or value >= 0 for value in minutes(measure(times)).values())


@pytest.mark.parametrize(
    ("intervals", "minutes_of_impact"),
    [
        ([(0, 70)], 70),
        ([(0, 30), (90, 100)], 40),  # reopened: nobody felt anything in between
        ([(0, 30), (90, None)], None),  # it goes on
        ([], None),
    ],
)
def test_only_the_time_with_impact_counts_as_impact(
    intervals: list[tuple[int, int | None]], minutes_of_impact: int | None
) -> None:
    impact = [Interval(start=after(start), end=after(end) if end is not None else None) for start, end in intervals]

    assert minutes(measure(replace(WHOLE, impact=impact)))["impact_duration"] == minutes_of_impact
