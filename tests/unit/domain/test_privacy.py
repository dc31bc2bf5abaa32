"""Nobody's wish for privacy is overlooked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.command_line import parse_command_line
from bot.domain.privacy import NO, YES, sounds_private, without_order

DECLARE = ("since", "detected", "service", "category", "impact", "urgency", "private", "priority")


@pytest.mark.parametrize(
    "wish",
    [
        "private:yes",
        "private: yes",
        "private :yes",
        "private=yes",
        "private = true",
        "--private",
        "–private",  # what a phone makes of a hyphen
        "—private",  # and of two
        "--private=yes",
        "--private yes",
        "privat:yes",
        "Private：yes",  # full-width
        "private:\u00a0yes",
        "pri\u200bvate:yes",
        "private:“yes”",
        "(private:yes)",
        "private:yes.",
    ],
)
@pytest.mark.parametrize("text", ["{} Salary file leaked", "Salary file {} leaked", "Salary file leaked {}"])
def test_an_option_is_one_however_it_is_spelt(wish: str, text: str) -> None:
    line = parse_command_line(text.format(wish), DECLARE)

    assert line.options["private"].lower() in YES
    assert line.words == "Salary file leaked"


@pytest.mark.parametrize(
    "text",
    [
        "private payroll leak",
        "Salary file leaked private yes",
        "(confidential) x",
        "x privat",
        "#private x",
        "x ｐｒｉｖａｔｅ",
    ],
)
def test_a_word_is_asked_about(text: str) -> None:
    assert sounds_private(text)


@pytest.mark.parametrize("text", ["Checkout down", "privateer sank", "deprivation", "secret rotated"])
def test_other_words_are_left_alone(text: str) -> None:
    assert not sounds_private(text)


def test_the_order_is_no_part_of_the_title() -> None:
    assert without_order("Salary file leaked private yes") == "Salary file leaked"
    assert without_order("private yes") == "private yes"
    assert without_order("Private network down") == "Private network down"
    assert without_order("private:yes  Salary file\nleaked") == "Salary file leaked"


pieces = st.lists(
    st.sampled_from(
        [*'-–—:：= \u00a0\u200b“”"()[],.', "private", "Privat", "confidential", "yes", "no", "p1", "x", "since:", "::"]
    ),
    max_size=12,
).map("".join)


@given(before=pieces, after=pieces, wish=st.sampled_from(["private", "confidential", "privat", "Private"]))
def test_no_text_with_a_wish_becomes_public_without_a_question(before: str, after: str, wish: str) -> None:
    """Public it is only where somebody wrote private:no."""
    text = f"{before} {wish} {after}"
    line = parse_command_line(text, DECLARE)

    private = line.options.get("private", "").lower()
    asked = line.doubt is not None or sounds_private(" ".join([line.words, *line.options.values()]))
    said_no = private in NO
    assert private in YES or asked or said_no or private


@pytest.mark.parametrize(
    "text",
    [
        "privacy:yes x",
        "public:no x",
        "secret: yes x",
        "prviate salaries",
        "confidental salary",
        "not public: x",
        "nonpublic x",
    ],
)
def test_a_wish_is_heard_however_it_is_put(text: str) -> None:
    assert sounds_private(text)
