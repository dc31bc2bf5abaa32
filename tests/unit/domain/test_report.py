"""What of a report rules derive: phases and turns."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.report import (
    PersonName,
    Phase,
    StatusChange,
    Turn,
    live_phases,
    mitigation_lost_at,
    phases,
)

ANA = PersonName(id="U1", handle="ana", name="Ana Torres")
START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("changes", "ended", "expected"),
    [
        ([], None, []),
        ([(0, "investigating")], None, [("investigating", 0, None)]),  # still in it
        ([(0, "investigating")], 30, [("investigating", 0, 30)]),
        (
            [(0, "investigating"), (10, "identified"), (15, "resolved")],
            None,
            [("investigating", 0, 10), ("identified", 10, 15), ("resolved", 15, None)],
        ),
        (
            [(0, "investigating"), (0, "identified"), (5, "resolved")],  # set at once by the declarer
            20,
            [("identified", 0, 5), ("resolved", 5, 20)],
        ),
        (
            [(0, "investigating"), (5, "resolved"), (9, "investigating")],  # reopened: a phase of its own
            None,
            [("investigating", 0, 5), ("resolved", 5, 9), ("investigating", 9, None)],
        ),
        ([(0, "investigating"), (30, "closed")], 30, [("investigating", 0, 30)]),  # nothing lasts after the end
    ],
)
def test_each_status_lasts_until_the_next(
    changes: list[tuple[int, str]], ended: int | None, expected: list[tuple[str, int, int | None]]
) -> None:
    found = phases([(at(minute), status) for minute, status in changes], at(ended) if ended is not None else None)

    assert found == [
        Phase(status=status, start=at(start), end=at(end) if end is not None else None)
        for status, start, end in expected
    ]


@given(minutes=st.lists(st.integers(0, 1000), min_size=1).map(sorted), lasts=st.integers(0, 500))
def test_the_phases_cover_the_incident_without_gap_or_overlap(minutes: list[int], lasts: int) -> None:
    end = at(minutes[-1] + lasts)
    found = phases([(at(minute), str(place)) for place, minute in enumerate(minutes)], end)

    total = sum((one.lasted or timedelta(0) for one in found), timedelta(0))
    assert total == end - at(minutes[0])
    assert all(one.end == other.start for one, other in pairwise(found))


def change(minute: int, before: str, after: str) -> StatusChange:
    return StatusChange(at=at(minute), before=before, after=after, who=ANA, reason="because")


@pytest.mark.parametrize(
    ("changes", "open_"),
    [
        ([], []),
        ([(0, "investigating"), (10, "identified")], ["investigating 0-10", "identified 10-60"]),
        ([(0, "investigating"), (10, "resolved")], ["investigating 0-10"]),  # what follows the end is no gap
        ([(0, "investigating"), (10, "resolved"), (20, "closed")], ["investigating 0-10"]),
        (
            [(0, "investigating"), (10, "resolved"), (20, "monitoring"), (30, "resolved")],
            ["investigating 0-10", "resolved 10-20", "monitoring 20-30"],  # reopened: the gap is told
        ),
        (
            [(0, "investigating"), (10, "resolved"), (20, "closed"), (30, "investigating"), (40, "resolved")],
            ["investigating 0-10", "resolved 10-30", "investigating 30-40"],  # one gap, closed meanwhile or not
        ),
        (
            [(0, "investigating"), (5, "identified"), (10, "resolved"), (20, "closed"), (30, "monitoring")],
            ["investigating 0-5", "identified 5-10", "resolved 10-30", "monitoring 30-60"],
        ),
        (
            [(0, "investigating"), (10, "cancelled"), (30, "investigating")],
            ["investigating 0-10", "cancelled 10-30", "investigating 30-60"],
        ),
        ([(0, "resolved"), (10, "closed")], []),  # it was over when it was declared
    ],
)
def test_the_gap_before_a_reopening_is_a_phase_of_its_own(changes: list[tuple[int, str]], open_: list[str]) -> None:
    found = live_phases(phases([(at(minute), status) for minute, status in changes], at(60)))

    def minute(when: datetime | None) -> int | None:
        return int((when - START).total_seconds() / 60) if when else None

    assert [f"{one.status} {minute(one.start)}-{minute(one.end)}" for one in found] == open_


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ([], None),
        ([change(5, "investigating", "monitoring"), change(9, "monitoring", "resolved")], None),  # it held
        ([change(5, "investigating", "monitoring"), change(9, "monitoring", "identified")], 9),
        ([change(5, "investigating", "resolved"), change(9, "resolved", "closed")], None),
        ([change(9, "resolved", "investigating")], 9),  # reopened
        ([change(9, "closed", "investigating")], 9),
        ([change(5, "investigating", "identified"), change(9, "identified", "cancelled")], None),  # never mitigated
        ([change(5, "monitoring", "identified"), change(9, "monitoring", "identified")], 5),  # the first time
    ],
)
def test_a_mitigation_is_lost_when_the_impact_may_be_back(changes: list[StatusChange], lost: int | None) -> None:
    assert mitigation_lost_at(changes) == (at(lost) if lost else None)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("investigating", "identified", None),  # a step on the way
        ("monitoring", "investigating", None),
        ("monitoring", "resolved", "resolved"),
        ("resolved", "closed", "closed"),
        ("investigating", "cancelled", "cancelled"),
        ("closed", "investigating", "reopened"),
    ],
)
def test_a_summary_tells_the_turns_of_an_incident(before: str, after: str, what: str | None) -> None:
    told = Turn(at=at(7), what=what, who=ANA, reason="because") if what else None

    assert change(7, before, after).turn == told


def test_a_phase_that_goes_on_has_not_lasted_yet() -> None:
    assert Phase(status="investigating", start=START, end=None).lasted is None
