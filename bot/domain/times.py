"""Times and durations as people type and read them."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from bot.domain.typed import plain_keys
from bot.errors import UserError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# Nine digits are more than _LONGEST in any unit, and Python refuses to read numbers of thousands of digits.
_DURATION = re.compile(r"(?:\d{1,9}\s*[smhdw]\s*)+")
_PART = re.compile(r"(\d+)\s*([smhdw])")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(z|utc)?", re.IGNORECASE)
_TS = re.compile(r"[0-9]{1,10}\.[0-9]{1,6}")
_LONGEST = timedelta(days=3650)
_A_WEEK = 7
# The neighbours, and one more: zones have left out a whole day.
_DAYS_AROUND = [timedelta(days=days) for days in range(-2, 3)]


def parse_duration(text: str) -> timedelta | None:
    """`20m`, `1h30m`, `2 h`, `1d`; None where it is no duration."""
    word = text.strip().lower()
    if not _DURATION.fullmatch(word):
        return None
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(word))
    return timedelta(seconds=seconds) if seconds <= _LONGEST.total_seconds() else None


def _clock_times(text: str, near: datetime, zone: tzinfo) -> list[datetime]:
    """Each `14:23` in the days around `near`, in the speaker's zone, with a Z in UTC; none where it is no time."""
    match = _CLOCK.fullmatch(text)
    if not match:
        return []
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        return []
    local = near.astimezone(UTC if match[4] else zone)
    today = local.replace(hour=hour, minute=minute, second=second, microsecond=0)
    found = []
    for days in _DAYS_AROUND:
        # Wall-clock arithmetic, so that "yesterday at 14:23" is right across a change of summer time.
        day = today + days
        first, second_time = day.astimezone(UTC), day.replace(fold=1).astimezone(UTC)
        # In the night in which clocks go back, 01:30 comes twice; where they skip it, fold=1 would lie before it.
        found += [first, max(first, second_time)]
    return found


def _exact_time(text: str, zone: tzinfo) -> datetime | None:
    """ISO 8601; without an offset in the speaker's zone. None where it is none."""
    try:
        when = datetime.fromisoformat(text.upper())  # a phone writes z
        return (when if when.tzinfo else when.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can lead out of the years that Python knows
        return None


def parse_past(text: str, *, now: datetime, zone: tzinfo, what: str) -> datetime:
    """When something began: a clock time is its latest occurrence in the past, in the speaker's zone.

    Accepts `14:23`, `14:23Z`, ISO 8601, `20m` or `20m ago`, `now`. `what` names the option in a refusal.
    """
    text = plain_keys(text)
    word = text.strip().removesuffix("ago").strip()
    if word.lower() == "now":
        return now
    if (age := parse_duration(word)) is not None:
        return now - age
    if clock := _clock_times(word, now, zone):
        return max(one for one in clock if one <= now)
    when = _exact_time(word, zone)
    if when is None:
        raise UserError(
            f"I can't read {what}:{text} as a time. Write {what}:14:23 (your time), {what}:14:23Z (UTC), "
            f"{what}:20m (ago) or {what}:2018-10-21T22:52:00Z.",
            field=what,
        )
    if when > now:
        raise UserError(f"{what}:{text} is in the future. When did it begin?", field=what)
    if when < now - _LONGEST:
        raise UserError(f"{what}:{text} is more than ten years ago. Check the year.", field=what)
    return when


def reads_as_past(text: str) -> bool:
    """Whether `text` has the form of a time that parse_past takes."""
    word = text.strip().removesuffix("ago").strip()
    return word.lower() == "now" or _has_form(word)


def reads_as_next(text: str) -> bool:
    """Whether `text` has the form of a time that parse_next takes."""
    return _has_form(text.strip().removeprefix("in ").strip())


def _has_form(word: str) -> bool:
    return parse_duration(word) is not None or _CLOCK.fullmatch(word) is not None or _exact_time(word, UTC) is not None


def reads_as_date(text: str) -> bool:
    """Whether `text` is a date such as 2026-01-31."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def parse_next(text: str, *, now: datetime, zone: tzinfo) -> datetime:
    """When the next update is promised: `20m`, `2h`, `14:23` (its next occurrence), `14:23Z` or ISO 8601."""
    text = plain_keys(text)
    word = text.strip().removeprefix("in ").strip()
    when: datetime | None
    if (wait := parse_duration(word)) is not None:
        when = now + wait
    elif clock := _clock_times(word, now, zone):
        when = min(one for one in clock if one > now)
    else:
        when = _exact_time(word, zone)
    if when is None:
        raise UserError(f"I can't read next:{text} as a time. Write next:20m, next:2h or next:14:23.", field="next")
    if when <= now:
        raise UserError(f"next:{text} isn't in the future. Write next:20m, next:2h or next:14:23.", field="next")
    return when


def span(duration: timedelta) -> str:
    """`24 h 11 min`, `3 min`, `45 s`; the two largest units that a reader needs."""
    total = max(0, round(duration.total_seconds()))
    minutes, seconds = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {seconds} s" if seconds and minutes < 10 else f"{minutes} min"
    return f"{seconds} s"


def rough(duration: timedelta) -> str:
    """`a day`, `7 days`, else as `span`: for limits and intervals, which are round."""
    days, rest = divmod(duration, timedelta(days=1))
    if rest or not days:
        return span(duration)
    return "a day" if days == 1 else f"{days} days"


def as_typed(duration: timedelta) -> str:
    """`30m`, `90s`: as parse_duration takes it."""
    seconds = round(duration.total_seconds())
    return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"


def clock_time(when: datetime, *, now: datetime, zone: tzinfo) -> str:
    """`14:20`, `Wed 04:10`, `Wed 18 Mar 04:10`: as much of the date as the reader needs, in their zone."""
    there, today = when.astimezone(zone), now.astimezone(zone).date()
    days = (there.date() - today).days
    if days == 0:
        return f"{there:%H:%M}"
    return f"{there:%a %H:%M}" if 0 < days < _A_WEEK else f"{there:%a} {there.day} {there:%b %H:%M}"


def iso(when: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, to the second; what every export uses."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if when else None


def is_ts(text: str) -> bool:
    """Whether it is a Slack message's ts."""
    return _TS.fullmatch(text) is not None


def from_ts(ts: str) -> datetime:
    """The time in a Slack message's ts, which is seconds since the epoch with six digits that make it unique."""
    seconds, _, micros = ts.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int((micros + "000000")[:6]))


def earlier_ts(ts: str, by: timedelta) -> str:
    """The ts of a moment that is `by` before that of `ts`, not before the epoch."""
    return f"{max(0.0, float(ts) - by.total_seconds()):.6f}"
