"""A channel's name that Slack takes, whatever the incident is called."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.channel_names import channel_name, slug

LEGAL = re.compile(r"[a-z0-9_-]{1,80}")  # conversations.create: "up to 80 characters, lowercase, no spaces or periods"
DAY = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)


def name(pattern: str, title: str, *, attempt: int = 0) -> str:
    return channel_name(pattern, number=42, title=title, declared_at=DAY, attempt=attempt)


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Checkout returns 503", "checkout-returns-503"),
        ("  R&D: db_primary / EU -- slow!! ", "r-d-db_primary-eu-slow"),  # whatever is illegal is one hyphen
        ("Café à Zürich", "cafe-a-zurich"),  # an accent goes, its letter stays
        ("Straße", "strae"),  # a letter without a decomposition goes: better missing than wrong
        ("２０２６", "2026"),  # a Japanese keyboard's wide digits
        ("決済が失敗", ""),  # another script leaves nothing
        ("<!channel> <@U1>", "channel-u1"),
        ("…", ""),
    ],
)
def test_a_title_becomes_what_a_channel_name_can_hold(title: str, found: str) -> None:
    assert slug(title) == found


@pytest.mark.parametrize(
    ("pattern", "title", "found"),
    [
        ("inc-{number}-{title}", "Checkout down", "inc-42-checkout-down"),  # the packaged one
        ("{date}-{title}", "Checkout down", "20260302-checkout-down"),  # the day on which it was declared, in UTC
        ("INC {number}", "x", "inc-42"),  # capitals and spaces in the pattern
        ("inc-{number:04}", "x", "inc-0042"),
        ("inc-{number}-{title}", "決済が失敗", "inc-42"),  # no hyphen is left hanging
        ("{title}", "決済が失敗", "incident-42"),  # nothing is left: a name all the same
        ("inc-{number}-{title}", "x" * 200, "inc-42-" + "x" * 73),
        ("inc-{number}-{title}", "x" * 72 + " y", "inc-42-" + "x" * 72),  # not cut to end in a hyphen
    ],
)
def test_the_name_follows_the_pattern(pattern: str, title: str, found: str) -> None:
    assert name(pattern, title) == found


def test_a_name_that_is_taken_gets_the_next_number_within_the_limit() -> None:
    names = [name("inc-{title}", "x" * 200, attempt=attempt) for attempt in range(21)]

    assert names[1].endswith("x-2")
    assert names[20].endswith("x-21")
    assert {len(one) for one in names} == {80}
    assert len(set(names)) == 21


patterns = st.lists(
    st.sampled_from(["{number}", "{title}", "{date}", "{number:05}"])
    | st.text(st.characters(exclude_characters="{}"), max_size=30),
    max_size=6,
).map("".join)


@given(pattern=patterns, title=st.text(max_size=200), attempt=st.integers(0, 1000), number=st.integers(1, 10**9))
@example(pattern="", title="", attempt=0, number=1)
@example(pattern="{title}", title="İſ", attempt=3, number=1)  # letters that change when they are lowered
def test_slack_takes_the_name_for_any_title_pattern_and_attempt(
    pattern: str, title: str, attempt: int, number: int
) -> None:
    found = channel_name(pattern, number=number, title=title, declared_at=DAY, attempt=attempt)

    assert LEGAL.fullmatch(found)
