"""When stakeholders hear next: each promise is kept or seen to be broken."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cadence import Punctuality, next_update_due, slot_after

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
