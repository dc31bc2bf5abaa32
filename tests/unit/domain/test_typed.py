"""Phones write other signs than keyboards: syntax is read as a plain keyboard would have written it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.typed import Typed, for_terminal, plain_keys, shows_nothing, visible


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("“card payments”", '"card payments"'),
        ("–private", "-private"),
        ("—private", "--private"),
        ("private：yes", "private:yes"),
        ("since:１２：００", "since:12:00"),
        ("20\u00a0m", "20 m"),
        ("20\u2009m", "20 m"),
        ("pri\u200bvate", "private"),
        ("٣", "3"),
        ("②", "2"),
        ("𝐈𝐍𝐂-𝟐", "INC-2"),
        ("№ 2", "No 2"),
        ("5²", "5²"),  # not 52
    ],
)
def test_each_sign_has_its_plain_twin(typed: str, plain: str) -> None:
    assert plain_keys(typed) == plain


@given(text=st.text(max_size=100))
def test_what_was_written_is_found_again_from_the_twin(text: str) -> None:
    typed = Typed(text)

    assert typed.plain == plain_keys(text)
    pieces = [typed.written(place, place + 1) for place in range(len(typed.plain))]
    assert plain_keys("".join(pieces)) == typed.plain or "--" in typed.plain
    assert text.endswith(typed.written(0))


@pytest.mark.parametrize("text", ["", "\u200b\u200b", "\u202e", "\u2060 \u00ad", "\ufe0f", "\u3164", "\x1b\x07"])
def test_what_shows_nothing_is_found_out(text: str) -> None:
    assert shows_nothing(text)


@pytest.mark.parametrize("text", ["x", "👩‍💻", "決", "\u200bx", "."])
def test_what_shows_something_is_left_alone(text: str) -> None:
    assert not shows_nothing(text)


@pytest.mark.parametrize(
    ("text", "shown", "printed"),
    [
        ("a\x1b[31mb", "a[31mb", "a[31mb"),  # no colour
        ("a\u202eb", "ab", "ab"),  # no turning around
        ("a\u200bb", "ab", "a\u200bb"),  # harmless in a terminal
        ("a\tb\nc", "a\tb\nc", "a\tb\nc"),
    ],
)
def test_orders_go_and_nothing_takes_their_place(text: str, shown: str, printed: str) -> None:
    assert visible(text) == shown
    assert for_terminal(text) == printed


def test_nothing_turns_the_text_around_and_emoji_stay_whole() -> None:
    assert visible("pay\u202etuo 👩‍💻 is \u200bdown") == "paytuo 👩‍💻 is down"


@given(text=st.text(max_size=100))
def test_a_terminal_takes_nothing_for_an_order(text: str) -> None:
    shown = for_terminal(text + "\x1b[31m\x9b2J")

    assert not any((ord(sign) < 32 and sign not in "\n\t") or 127 <= ord(sign) < 160 for sign in shown)
