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
    "said",
    [
        "private : no yes",
        "private:no yes",
        "private: no, yes",
        "private:no – yes",
        "private:no/yes",
        "--private no yes",
        "privat:no yes",
        "private:“no” yes",
        "private：ｎｏ ｙｅｓ",
    ],
)
@pytest.mark.parametrize("text", ["{} Salary file leaked", "Salary file leaked {}"])
def test_no_and_yes_is_neither(said: str, text: str) -> None:
    """`private : no yes` was once read as no, and announced."""
    line = parse_command_line(text.format(said), DECLARE)

    assert line.options["private"].lower() not in YES | NO


def test_what_may_be_the_text_behind_a_no_is_not_taken_from_it() -> None:
    assert parse_command_line("private:no Yes button is broken", DECLARE).words == "Yes button is broken"
    assert parse_command_line("Yes button is broken private:no yes", DECLARE).words == "Yes button is broken"
    assert parse_command_line("Button is broken (private:no yes). ", DECLARE).words == "Button is broken"
    assert parse_command_line("Button is broken private:no yes, they say", DECLARE).options == {"private": "no yes"}
    assert parse_command_line("service:no yes", DECLARE).options == {"service": "no"}
    assert parse_command_line("private:no yesterday's jobs fail", DECLARE).options == {"private": "no"}
    assert parse_command_line("private:no 1 node is down", DECLARE).options == {"private": "no"}
    assert parse_command_line("private:yes No one can log in", DECLARE).options == {"private": "yes"}


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


@pytest.mark.parametrize(
    "text",
    [
        "Checkout down",
        "privateer sank",
        "deprivation",
        "secret rotated",
        "DB-secret rotated",
        "Secret: the key is in the log",
        "Public no longer sees prices",
        "Public no-op endpoint is down",
        "No public address is left",
        "Not the public site, only internal tools",
        "Public: nothing loads",
        "Hidden costs on the bill",
        "Internal yes-man service fails",
        "Visibility: thick fog",
        "Privileges revoked, privs lost",
        "Internal tools are down — hidden behind the VPN",
        "public 0.5 % of requests fail",
        "Unpublished posts are visible",
    ],
)
def test_other_words_are_left_alone(text: str) -> None:
    assert not sounds_private(text)


def test_the_order_is_no_part_of_the_title() -> None:
    assert without_order("Salary file leaked private yes") == "Salary file leaked"
    assert without_order("private yes") == "private yes"
    assert without_order("Private network down") == "Private network down"
    assert without_order("private:yes  Salary file\nleaked") == "Salary file leaked"


@pytest.mark.parametrize(
    "order",
    ["priv:yes", "--priv", "—priv", "pvt:yes", "isPrivate: yes", "public:n", "public：no", "secret:y", "hidden:“yes”"],
)
@pytest.mark.parametrize("text", ["{} Salary file “A–B” leaked", "Salary file {} “A–B” leaked"])
def test_no_order_is_part_of_the_title(order: str, text: str) -> None:
    assert without_order(text.format(order)) == "Salary file “A–B” leaked"


@pytest.mark.parametrize(
    "text",
    [
        "Secret: 1 of 3 leaked",
        "Private on-call rota is empty",
        "Public no longer",
        "re-private yesterday",
        "Private yes-man",
        "Visibility: none",
    ],
)
def test_what_may_be_part_of_the_title_stays(text: str) -> None:
    assert without_order(text) == text


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
        "x priv:yes",
        "x --priv",
        "x —priv",
        "priv x",
        "x pvt:yes",
        "x prvt:yes",
        "x prv=y",
        "x isPrivate",
        "x isPrivate:yes",
        "x is_private",
        "makePrivate x",
        "x isConfidential",
        "x public:n",
        "x public:0",
        "x public: “no”",
        "x public=false",
        "x public no",
        "public no x",
        "x visible:no",
        "x announce:never",
        "x non public",
        "x non_public",
        "x un-public",
        "x !public",
        "x --no-public",
        "x not_public",
        "this must not be made public",
        "this isn’t public",
        "x secret:y",
        "x secret:1",
        "x secret=>true",
        "x secret yes",
        "x --secret",
        "x hidden:yes",
        "x hidden :yes",
        "x --hidden",
        "x internal:on",
        "x visibility:hidden",
        "x unlisted",
        "x 𝐩𝐫𝐢𝐯",
        "x s\u200becret:yes",
    ],
)
def test_a_wish_is_heard_however_it_is_put(text: str) -> None:
    assert sounds_private(text)
