"""Which way an incident may go from each status, and what a refusal tells people to do instead."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.lifecycle import ENDED, LIVE, TRANSITIONS, Status, check_transition, how_to_reach, parse_status
from bot.errors import UserError

# One row for each status, one column for each that is wanted, in the order of Status:
# investigating, identified, monitoring, resolved, closed, cancelled.
WAYS = {
    Status.INVESTIGATING: "-xxx x",  # a cause need not be known before it is over; it may have been nothing
    Status.IDENTIFIED: "x-xx x",  # the theory may fall
    Status.MONITORING: "xx-x x",  # the fix may not hold
    Status.RESOLVED: "x  -x ",  # it comes back, or the owner confirms; it cannot become nothing any more
    Status.CLOSED: "x   - ",  # even then it can come back
    Status.CANCELLED: "x    -",  # it was something after all
}
ALL = [(current, wanted, mark) for current, row in WAYS.items() for wanted, mark in zip(Status, row, strict=True)]


@pytest.mark.parametrize(("current", "wanted"), [(one, other) for one, other, mark in ALL if mark == "x"])
def test_the_way_is_open(current: Status, wanted: Status) -> None:
    check_transition("INC-1", current, wanted)


@pytest.mark.parametrize(("current", "wanted"), [(one, other) for one, other, mark in ALL if mark != "x"])
def test_the_way_is_refused_with_the_incident_and_its_status(current: Status, wanted: Status) -> None:
    with pytest.raises(UserError, match=rf"^INC-1 is (still |already )?{current}") as refused:
        check_transition("INC-1", current, wanted)

    assert refused.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("current", "wanted", "sentence"),
    [
        (Status.MONITORING, Status.MONITORING, "INC-1 is already monitoring."),
        (
            Status.RESOLVED,
            Status.MONITORING,
            "INC-1 is already resolved. Reopen it first: `/incident reopen INC-1 REASON`.",
        ),
        (
            Status.CLOSED,
            Status.RESOLVED,
            "INC-1 is already closed. Reopen it first: `/incident reopen INC-1 REASON`.",
        ),
        (
            Status.MONITORING,
            Status.CLOSED,
            "INC-1 is still monitoring. Resolve it first: `/incident resolve INC-1 HOW IT WAS VERIFIED`.",
        ),
        (Status.CANCELLED, Status.CLOSED, "INC-1 is cancelled, and only a resolved incident can be closed."),
    ],
)
def test_a_refusal_says_what_to_do_next(current: Status, wanted: Status, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        check_transition("INC-1", current, wanted)

    assert refused.value.sentence == sentence


def test_a_live_incident_can_always_be_resolved_and_an_ended_one_always_reopened() -> None:
    assert set(Status) == LIVE | ENDED
    assert not LIVE & ENDED
    assert all(Status.RESOLVED in TRANSITIONS[one] for one in LIVE)
    assert all(Status.INVESTIGATING in TRANSITIONS[one] for one in ENDED)


def test_only_a_resolved_incident_can_be_closed() -> None:
    assert [one for one, other in product(Status, Status) if other is Status.CLOSED and other in TRANSITIONS[one]] == [
        Status.RESOLVED
    ]


# words


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("identified", Status.IDENTIFIED),
        ("Monitoring", Status.MONITORING),  # a phone's capital
        ("resolved", None),  # has a command of its own, which asks how it was verified
        ("closed", None),
        ("fixed", None),
        ("", None),
    ],
)
def test_a_live_status_is_read(word: str, status: Status | None) -> None:
    assert parse_status(word) is status


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("resolved", "Use `/incident resolve HOW IT WAS VERIFIED`."),
        ("Closed", "Use `/incident close`."),
        ("cancelled", "Use `/incident cancel REASON`."),
        ("fixed", "There are: investigating, identified, monitoring."),
    ],
)
def test_the_way_to_another_status_is_told(word: str, said: str) -> None:
    assert how_to_reach(word) == said


@given(word=st.text(max_size=30))
def test_any_word_is_a_live_status_or_gets_a_way_on(word: str) -> None:
    assert parse_status(word) in {None, *LIVE}
    assert how_to_reach(word).endswith(".")
