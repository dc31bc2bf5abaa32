"""When stakeholders hear next: each promise is kept or seen to be broken."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cadence import Punctuality, next_update_due, prompt_interval, slot_after

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HALF_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("every", "promised", "due"),
    [
        (HALF_HOUR, None, NOON + HALF_HOUR),  # the priority's rhythm
        (HALF_HOUR, NOON + 5 * MINUTE, NOON + 5 * MINUTE),  # somebody promised it sooner
        (HALF_HOUR, NOON + 90 * MINUTE, NOON + 90 * MINUTE),  # or later: what was promised counts
        (None, NOON + 90 * MINUTE, NOON + 90 * MINUTE),  # a promise counts where nothing is owed
        (None, None, None),  # a priority without updates
    ],
)
def test_the_next_update_is_due_as_promised_else_after_the_interval(
    every: timedelta | None, promised: datetime | None, due: datetime | None
) -> None:
    assert next_update_due(last=NOON, every=every, promised=promised) == due


@pytest.mark.parametrize(
    ("after", "slot"),
    [
        (0, 30),  # asked on the dot: once more in half an hour
        (1, 30),  # asked a little late: the rhythm stays
        (29, 30),
        (30, 60),  # the second slot is now: the next one
        (-45, 30),  # asked ahead of time: the rhythm starts where it is due
        (300, 330),  # down for five hours: one prompt, not ten
    ],
)
def test_the_next_slot_keeps_the_rhythm_and_skips_what_was_missed(after: int, slot: int) -> None:
    found = slot_after(NOON, every=HALF_HOUR, now=NOON + after * MINUTE)

    assert found == NOON + slot * MINUTE


@given(
    every=st.timedeltas(timedelta(seconds=1), timedelta(days=30)), late=st.timedeltas(timedelta(0), timedelta(days=900))
)
def test_the_next_slot_is_the_first_one_that_lies_ahead(every: timedelta, late: timedelta) -> None:
    now = NOON + late
    found = slot_after(NOON, every=every, now=now)

    assert found - every <= now < found
    assert (found - NOON) % every == timedelta(0)


@pytest.mark.parametrize(
    ("every", "intervals"),
    [
        (30, [30, 30, 60, 120, 240, 240]),  # twice the usual rhythm, then slower and slower, up to four hours
        (45, [45, 45, 90, 180, 240, 240]),  # four hours, not the next doubling
        (24 * 60, [24 * 60] * 6),  # who is owed an update a day is not reminded more often than that
    ],
)
def test_reminders_that_nobody_answers_slow_down(every: int, intervals: list[int]) -> None:
    found = [prompt_interval(every * MINUTE, round_) for round_ in range(1, 7)]

    assert found == [minutes * MINUTE for minutes in intervals]


def test_a_week_of_silence_is_counted_without_running_out_of_numbers() -> None:
    assert prompt_interval(HALF_HOUR, 10_000) == timedelta(hours=4)
    assert prompt_interval(timedelta(microseconds=1), 10_000) > timedelta(seconds=1)


@pytest.mark.parametrize(
    ("sent_after", "late_by"),
    [
        (-600, None),  # early
        (0, None),
        (59, None),  # within the minute
        (60, 60),
        (3600, 3600),  # counted from when it was due, not from the minute after
    ],
)
def test_an_update_is_late_from_a_minute_on(sent_after: int, late_by: int | None) -> None:
    update = Punctuality(due_at=NOON, sent_at=NOON + timedelta(seconds=sent_after))

    assert update.late_by == (timedelta(seconds=late_by) if late_by else None)


def test_an_update_that_nobody_was_owed_is_never_late() -> None:
    assert Punctuality(due_at=None, sent_at=NOON).late_by is None
