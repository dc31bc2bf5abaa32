"""Times and durations as people type them in a hurry, across midnight, zones and the change of summer time."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.times import (
    as_typed,
    clock_time,
    earlier_ts,
    from_ts,
    is_ts,
    iso,
    parse_duration,
    parse_next,
    parse_past,
    reads_as_date,
    reads_as_next,
    reads_as_past,
    rough,
    span,
)
from bot.errors import UserError

Parse = Callable[..., datetime]

NEW_YORK = ZoneInfo("America/New_York")
KATHMANDU = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead, and no summer time
NOW = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)  # 09:30 in New York

zones = st.sampled_from(
    # whole hours, half hours, quarters; summer time in both hemispheres, by half an hour, at midnight, none
    [
        "America/New_York",
        "Europe/London",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Sydney",
        "Australia/Lord_Howe",
        "Asia/Beirut",
        "America/Havana",
        "Pacific/Kiritimati",
        "UTC",
    ]
).map(ZoneInfo)
moments = st.datetimes(datetime(2015, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
odd_times = st.one_of(
    st.text(max_size=40),
    st.text("0123456789:smhdwzZ -+T.agoinuc٣²", max_size=24),
    st.integers().map(lambda number: f"{number}m"),
    st.integers(10**20, 10**40).map(lambda number: f"{number}d"),
    st.datetimes().map(datetime.isoformat),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
)


def past(text: str, *, now: datetime = NOW, zone: ZoneInfo = NEW_YORK) -> datetime:
    return parse_past(text, now=now, zone=zone, what="since")


def coming(text: str, *, now: datetime = NOW, zone: ZoneInfo = NEW_YORK) -> datetime:
    return parse_next(text, now=now, zone=zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# durations


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("20m", 20),  # the usual one
        ("1h30m", 90),  # two units
        ("2 h", 120),  # with a space
        (" 1H 30M ", 90),  # a phone's capitals
        ("90s", 1.5),
        ("1d", 24 * 60),
        ("1w", 7 * 24 * 60),
        ("0m", 0),  # a duration, if a short one
        ("٢٠m", 20),  # an Arabic keyboard's digits are digits
        ("3650d", 3650 * 24 * 60),  # the longest
    ],
)
def test_a_duration_is_read(text: str, minutes: float) -> None:
    assert parse_duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20",  # of what?
        "m",
        "20min",
        "1.5h",  # 1h30m says it
        "-5m",  # back in time
        "5m ago",
        "²m",  # a digit that is no number
        "3651d",  # over ten years
        "9" * 30 + "m",
    ],
)
def test_what_is_no_duration_is_not_taken_for_one(text: str) -> None:
    assert parse_duration(text) is None


def test_a_number_of_thousands_of_digits_is_no_duration() -> None:
    assert parse_duration("9" * 5000 + "m") is None


@given(seconds=st.integers(0, 10**10))
def test_a_duration_is_shown_in_units_that_add_up(seconds: int) -> None:
    shown = span(timedelta(seconds=seconds))

    read = parse_duration(shown.replace(" min", "m").replace(" ", ""))
    if read is not None:  # centuries are shown, but not read
        assert abs(read.total_seconds() - seconds) < 60


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (61, "1 min 1 s"),  # short ones to the second
        (599, "9 min 59 s"),
        (601, "10 min"),  # from ten minutes on nobody counts seconds
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (87_060, "24 h 11 min"),  # the incident of the demo: hours, not days
        (59.6, "1 min"),  # rounded first, so that there is no "60 s"
        (-5, "0 s"),  # a clock that was set back
    ],
)
def test_a_duration_is_shown_in_the_units_a_reader_needs(seconds: float, shown: str) -> None:
    assert span(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("duration", "shown"),
    [
        (timedelta(minutes=30), "30 min"),
        (timedelta(hours=4), "4 h"),
        (timedelta(days=1), "a day"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=1, hours=1), "25 h"),  # not round: as it is
        (timedelta(0), "0 s"),
    ],
)
def test_a_limit_is_told_in_days_where_it_is_round(duration: timedelta, shown: str) -> None:
    assert rough(duration) == shown


@pytest.mark.parametrize(
    ("seconds", "typed"), [(1800, "30m"), (90, "90s"), (14_400, "240m"), (60, "1m"), (59.6, "1m"), (1, "1s")]
)
def test_a_duration_is_offered_as_it_can_be_typed(seconds: float, typed: str) -> None:
    assert as_typed(timedelta(seconds=seconds)) == typed
    assert parse_duration(typed) == timedelta(seconds=round(seconds))


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        ("2026-03-02T19:20", "14:20"),  # in the reader's zone
        ("2026-03-03T04:59", "23:59"),  # tomorrow in UTC, today for the reader
        ("2026-03-03T05:00", "Tue 00:00"),
        ("2026-03-09T03:10", "Sun 23:10"),  # the sixth day from now
        ("2026-03-09T14:20", "Mon 9 Mar 10:20"),  # in a week “Mon” would be today
        ("2026-03-01T19:20", "Sun 1 Mar 14:20"),  # what is past is never “Sun” alone
    ],
)
def test_a_time_is_shown_with_as_much_of_its_date_as_the_reader_needs(when: str, shown: str) -> None:
    assert clock_time(utc(when), now=NOW, zone=NEW_YORK) == shown


def test_today_is_the_readers_today() -> None:
    now = utc("2026-03-02T20:00")  # the 3rd in Kathmandu, where the machine stands, and the 2nd in New York

    assert clock_time(utc("2026-03-03T06:00"), now=now, zone=KATHMANDU) == "11:45"
    assert clock_time(utc("2026-03-03T06:00"), now=now, zone=NEW_YORK) == "Tue 01:00"


# when it began


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:12", "2026-03-02T14:12"),  # today, in the speaker's zone
        ("9:12", "2026-03-02T14:12"),  # without the zero
        ("09:30", "2026-03-02T14:30"),  # this very minute
        ("09:31", "2026-03-01T14:31"),  # not come yet today, so yesterday's
        ("23:50", "2026-03-02T04:50"),  # yesterday's in New York, today's in UTC
        ("14:23Z", "2026-03-02T14:23"),  # exact
        ("14:23 utc", "2026-03-02T14:23"),  # the same
        ("14:31z", "2026-03-01T14:31"),
        ("09:12:07", "2026-03-02T14:12:07"),
        ("2026-03-02T14:30Z", "2026-03-02T14:30"),  # now
        ("3650d", "2016-03-04T14:30"),  # ten years ago
        ("2016-03-04T14:30Z", "2016-03-04T14:30"),
        ("20m", "2026-03-02T14:10"),
        ("20m ago", "2026-03-02T14:10"),
        ("now", "2026-03-02T14:30"),
        ("Now", "2026-03-02T14:30"),
        ("2018-10-21T22:52:00Z", "2018-10-21T22:52"),
        ("2018-10-21T22:52:00z", "2018-10-21T22:52"),
        ("2018-10-21 18:52", "2018-10-21T22:52"),  # without an offset: the speaker's zone, in which it was summer
        ("2018-10-21T22:52:00+02:00", "2018-10-21T20:52"),
    ],
)
def test_the_beginning_is_the_latest_such_time_in_the_past(text: str, expected: str) -> None:
    assert past(text) == utc(expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "can't read"),
        ("soon", "can't read"),
        ("24:00", "can't read"),
        ("14:60", "can't read"),
        ("14:23:60", "can't read"),  # a leap second is in no clock of ours
        ("²:30", "can't read"),  # a digit that is no number
        ("-5m", "can't read"),
        ("2026-02-30", "can't read"),  # a day that the calendar lacks
        ("2016-03-04T14:29Z", "since:2016-03-04T14:29Z is more than ten years ago"),
        ("2026-03-03", "future"),
        ("9999-12-30T00:00Z", "future"),
    ],
)
def test_a_beginning_that_makes_no_sense_is_refused_at_its_option(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        past(text)

    assert refused.value.field == "since"


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59",  # in New York that is the year 10000 in UTC
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",  # the year 0
        "9" * 5000 + "m",
    ],
)
@pytest.mark.parametrize("parse", [past, coming])
def test_a_time_out_of_all_bounds_is_refused(parse: Parse, text: str) -> None:
    with pytest.raises(UserError):
        parse(text)


def test_a_clock_time_is_exact_however_odd_the_moment() -> None:
    odd = NOW.replace(second=12, microsecond=345678)

    assert past("09:12", now=odd) == utc("2026-03-02T14:12")
    assert coming("10:12", now=odd) == utc("2026-03-02T15:12")


# In New York the clocks went back on 2026-11-01 at 06:00 UTC: 01:00 to 02:00 came twice, at 05:00 and 06:00 UTC.
@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("2026-11-01T05:45", "01:30", "2026-11-01T05:30"),  # the first time round
        ("2026-11-01T06:15", "01:30", "2026-11-01T05:30"),  # the second 01:30 is still to come
        ("2026-11-01T06:45", "01:30", "2026-11-01T06:30"),  # now it has been
        ("2026-11-01T17:00", "12:30", "2026-10-31T16:30"),  # yesterday, in summer time, was more than 24 hours ago
    ],
)
def test_in_the_night_in_which_clocks_go_back_the_latest_of_both_counts(now: str, text: str, expected: str) -> None:
    assert past(text, now=utc(now)) == utc(expected)


# On 2026-03-08 they went forward at 07:00 UTC: 02:00 to 03:00 did not come.
@pytest.mark.parametrize(
    ("parse", "now", "text", "expected"),
    [
        (coming, "2026-11-01T05:45", "01:30", "2026-11-01T06:30"),  # it comes once more tonight
        (coming, "2026-11-01T06:45", "01:30", "2026-11-02T06:30"),
        (past, "2026-03-08T07:10", "02:30", "2026-03-07T07:30"),  # left out tonight
        (past, "2026-03-08T07:10", "01:59", "2026-03-08T06:59"),
        (coming, "2026-03-08T06:00", "02:30", "2026-03-08T07:30"),  # the same stretch of time from now
    ],
)
def test_a_clock_time_is_found_across_the_change_of_summer_time(
    parse: Parse, now: str, text: str, expected: str
) -> None:
    assert parse(text, now=utc(now)) == utc(expected)


# when the next update is promised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20m", "2026-03-02T14:50"),
        ("in 20m", "2026-03-02T14:50"),
        ("10:15", "2026-03-02T15:15"),  # today
        ("09:30", "2026-03-03T14:30"),  # this minute has begun: tomorrow's
        ("14:23Z", "2026-03-03T14:23"),
        ("2026-03-02T16:00Z", "2026-03-02T16:00"),
        ("2026-03-02 11:00", "2026-03-02T16:00"),  # without an offset: the speaker's zone
    ],
)
def test_a_promise_is_the_next_such_time(text: str, expected: str) -> None:
    assert coming(text) == utc(expected)


@pytest.mark.parametrize("text", ["0m", "now", "", "-5m", "2026-03-02T14:30Z", "20m ago", "0001-01-01"])
def test_a_promise_that_is_none_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(UserError, match=r"Write next:20m") as refused:
        coming(text)

    assert refused.value.field == "next"


# what has the form of a time


@pytest.mark.parametrize("text", ["14:23", "14:23Z", "20m", "20 m ago", "now", "NOW", "2018-10-21T22:52:00z"])
def test_the_form_of_a_past_time_is_known(text: str) -> None:
    assert reads_as_past(text)


@pytest.mark.parametrize("text", ["14:23", "in 20m", "20m", "2026-03-02T16:00Z"])
def test_the_form_of_a_coming_time_is_known(text: str) -> None:
    assert reads_as_next(text)


@pytest.mark.parametrize("text", ["", "soon", "the deploy", "ago", "14", "in"])
def test_talk_has_not_the_form_of_a_time(text: str) -> None:
    assert not reads_as_past(text)
    assert not reads_as_next(text)


def test_a_date_is_told_from_talk() -> None:
    assert reads_as_date("2026-01-31")
    assert not reads_as_date("2026-02-30")
    assert not reads_as_date("Friday")


# any text, any time, any zone


@given(text=odd_times, now=moments, zone=zones)
@example(text="01:30", now=datetime(2026, 11, 1, 6, 15, tzinfo=UTC), zone=NEW_YORK)
def test_what_began_lies_in_the_past_and_what_is_promised_in_the_future(
    text: str, now: datetime, zone: ZoneInfo
) -> None:
    for parse, right in ((past, lambda when: when <= now), (coming, lambda when: when > now)):
        try:
            when = parse(text, now=now, zone=zone)
        except UserError:
            continue
        assert right(when)
        assert when.utcoffset() == timedelta(0)


@given(clock=st.times(), now=moments, zone=zones)
def test_a_clock_time_is_never_more_than_a_day_away_but_for_the_change_of_summer_time(
    clock: time, now: datetime, zone: ZoneInfo
) -> None:
    text = f"{clock:%H:%M:%S}"
    day = timedelta(hours=25)

    assert now - day <= past(text, now=now, zone=zone) <= now
    assert now < coming(text, now=now, zone=zone) <= now + day


@given(clock=st.times(), now=moments)
def test_a_clock_time_is_that_time_on_the_speakers_clock(clock: time, now: datetime) -> None:
    text = f"{clock:%H:%M:%S}"

    for when in (
        past(text, now=now, zone=KATHMANDU),
        coming(text, now=now, zone=KATHMANDU),
    ):
        assert f"{when.astimezone(ZoneInfo('Asia/Kathmandu')):%H:%M:%S}" == text


# exports


@given(when=st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive
def test_an_exported_time_can_be_read_back_to_the_second(when: datetime) -> None:
    text = iso(when)

    assert text is not None
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == when.replace(microsecond=0)


def test_an_exported_time_is_in_utc_wherever_it_was_recorded() -> None:
    assert iso(datetime(2026, 3, 2, 20, 15, 30, tzinfo=KATHMANDU)) == "2026-03-02T14:30:30Z"


def test_a_time_that_has_not_come_is_exported_as_none() -> None:
    assert iso(None) is None


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        ("1540162440.000100", "2018-10-21T22:54:00.000100"),  # the digits that make it unique are kept
        ("1540162440.5", "2018-10-21T22:54:00.500000"),
        ("1540162440", "2018-10-21T22:54:00"),
    ],
)
def test_a_slack_ts_is_a_time(ts: str, expected: str) -> None:
    assert from_ts(ts) == utc(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1540162440.000100", True),
        ("1540162440.5", True),
        ("1540162440", False),
        ("11540162440.000100", False),
        ("1540162440.0001000", False),
        ("1540162440.000100 ", False),
        ("None", False),
        ("", False),
    ],
)
def test_a_messages_ts_is_told_from_anything_else(text: str, expected: bool) -> None:
    assert is_ts(text) is expected


@pytest.mark.parametrize(
    ("ts", "by", "earlier"),
    [
        ("1540162440.000100", timedelta(days=2), "1539989640.000100"),  # the digits stay
        ("1540162440.000100", timedelta(milliseconds=500), "1540162439.500100"),
        ("60.000000", timedelta(days=2), "0.000000"),  # Slack refuses what lies before the epoch
        ("0.500000", timedelta(0), "0.500000"),
    ],
)
def test_a_history_is_read_from_some_time_before(ts: str, by: timedelta, earlier: str) -> None:
    assert earlier_ts(ts, by) == earlier
