"""A priority follows from impact and urgency; where anything is in doubt, the higher one counts."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.priority import (
    Choice,
    Scale,
    check_level,
    choose,
    looks_like_priority,
    priority_in_front,
    read_priority,
)
from bot.errors import UserError

# The table as process 6 has it: rows are impact, columns urgency.
MATRIX = {
    "extensive": {"critical": "p1", "high": "p1", "medium": "p2", "low": "p3"},
    "significant": {"critical": "p1", "high": "p2", "medium": "p2", "low": "p3"},
    "moderate": {"critical": "p2", "high": "p2", "medium": "p3", "low": "p4"},
    "minor": {"critical": "p3", "high": "p3", "medium": "p4", "low": "p4"},
}
URGENCIES = ("critical", "high", "medium", "low")
SCALE = Scale(
    levels=("p1", "p2", "p3", "p4"),
    aliases={"sev1": "p1", "sev2": "p2", "critical": "p1", "all-hands": "p1", "hands": "p3"},
    matrix=MATRIX,
    when_unstated="p2",
)
# An organisation that calls its levels by names, in no order of the alphabet.
NAMED = Scale(
    levels=("urgent", "high", "prio3", "low"),
    aliases={"now": "urgent"},
    matrix={"wide": {"soon": "urgent", "later": "low"}, "narrow": {"soon": "prio3", "later": "high"}},
    when_unstated="high",
)
LEVELS = st.sampled_from(SCALE.levels)


def stated(level: str | None) -> Choice | None:
    return Choice(priority=level, because="as declared") if level else None


# as people type it


@pytest.mark.parametrize(
    ("word", "priority", "in_doubt"),
    [
        ("p1", "p1", False),  # the key
        ("P3", "p3", False),  # a phone's capital
        ("sev2", "p2", False),  # an alias
        ("Critical", "p1", False),
        ("p3?", "p2", True),  # unsure: one higher
        ("p3??", "p2", True),  # more unsure is not two higher
        ("p1?", "p1", True),  # there is none higher
        ("p2/p3", "p2", True),  # between two: the higher
        ("p3/p2", "p2", True),  # in either order
        ("p3|sev2", "p2", True),
        ("p4-p2", "p2", True),
        ("p1/", "p1", False),  # a slip
        ("all-hands", "p1", False),  # a name with a hyphen is one name, even where its half is a name too
        ("all-hands?", "p1", True),
    ],
)
def test_a_priority_is_read_and_doubt_goes_higher(word: str, priority: str, in_doubt: bool) -> None:
    choice = read_priority(word, SCALE)

    assert choice is not None
    assert (choice.priority, choice.in_doubt) == (priority, in_doubt)


@pytest.mark.parametrize("word", ["", "?", "/", "p9", "p1/p9", "checkout", "p1!", "p", "1", "p1X"])
def test_a_word_that_names_no_priority_is_left_alone(word: str) -> None:
    assert read_priority(word, SCALE) is None


@pytest.mark.parametrize(
    ("word", "because"),
    [
        ("p2", "as declared"),
        ("p3?", "one above p3, as in doubt"),
        ("p2/sev1", "the higher of p2 and sev1, as in doubt"),
    ],
)
def test_the_reason_names_what_was_typed(word: str, because: str) -> None:
    choice = read_priority(word, SCALE)

    assert choice is not None
    assert choice.because == because


def test_the_highest_priority_in_doubt_is_not_said_to_be_one_above_itself() -> None:
    choice = read_priority("p1?", SCALE)

    assert choice is not None
    assert choice.because == "the highest, as in doubt"


@given(word=st.text(max_size=30) | st.text("p1234sev?/|-", max_size=12))
def test_any_word_is_read_or_left_alone(word: str) -> None:
    choice = read_priority(word, SCALE)

    assert choice is None or choice.priority in SCALE.levels


@pytest.mark.parametrize(
    ("word", "priority"),
    [("low/urgent", "urgent"), ("now|low", "urgent"), ("low?", "prio3"), ("prio-3", "prio3"), ("PRIO_3", "prio3")],
)
def test_the_order_is_the_scales_and_not_the_alphabets(word: str, priority: str) -> None:
    choice = read_priority(word, NAMED)

    assert choice is not None
    assert choice.priority == priority


# in front of a text


@pytest.mark.parametrize(
    "typed",
    [
        "P1",
        "P1:",
        "sev-1",
        "SEV 1",
        "SEV 1:",
        "(SEV 1)",
        "P1 -",
        "P1 –",
        "P1 —",
        "(p1)",
        "( P1 )",
        "p1,",
        "[P1]",
        "p1.",
        "P1:  ",
        "priority 1:",
        "prio1",
        "(SEV1):",
        "Ｐ１：",
        "p\u200b1",
        "P1!",
        "p1\u00a0–",
    ],
)
def test_every_way_to_write_a_priority_is_one_and_the_title_starts_behind_it(typed: str) -> None:
    stated = priority_in_front(f"{typed} Checkout – half of it – is down", SCALE, any_name=False)

    assert stated is not None
    assert stated.choice is not None
    assert (stated.choice.priority, stated.rest) == ("p1", "Checkout – half of it – is down")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("P1:database is down", "database is down"),  # no space behind it
        ("p2? Search is slow", "Search is slow"),  # unsure
        ("p1/p2 Search is slow", "Search is slow"),  # between two
        ("p1 2 hosts are gone", "2 hosts are gone"),
        ("p1 -5 °C in the server room", "-5 °C in the server room"),  # a minus is no dash
        ("p2 :fire: in the rack", ":fire: in the rack"),
        ("p2 --- ... ---", "--- ... ---"),
        ("p1 (all regions)", "(all regions)"),
        ("p1", ""),
    ],
)
def test_what_follows_is_the_text(text: str, rest: str) -> None:
    stated = priority_in_front(text, SCALE, any_name=False)

    assert stated is not None
    assert stated.choice is not None
    assert stated.rest == rest


@pytest.mark.parametrize("text", ["P0: x", "sev0 x", "p9 x", "SEV 7 x", "p95 latency is high"])
def test_a_level_that_is_not_there_is_told_from_text(text: str) -> None:
    stated = priority_in_front(text, SCALE, any_name=False)

    assert stated is not None
    assert stated.choice is None
    assert text.startswith(stated.word)


def test_the_word_is_told_as_typed_but_for_spaces() -> None:
    stated = priority_in_front("SEV   7: x", SCALE, any_name=False)

    assert stated is not None
    assert stated.word == "SEV 7"


def test_a_level_of_the_scale_is_one_without_a_number_and_another_name_only_where_it_is_asked_for() -> None:
    level = priority_in_front("Urgent: disk full", NAMED, any_name=False)

    assert level is not None
    assert level.choice is not None
    assert (level.choice.priority, level.rest) == ("urgent", "disk full")
    assert priority_in_front("now: disk full", NAMED, any_name=False) is None
    alias = priority_in_front("now: disk full", NAMED, any_name=True)
    assert alias is not None
    assert alias.rest == "disk full"


@pytest.mark.parametrize(
    ("word", "looks"),
    [("p9", True), ("SEV-7??", True), ("priority  2", True), ("P1X", False), ("?p1", False), ("p1000", False)],
)
def test_the_name_and_number_of_some_scale_is_told_from_a_word(word: str, looks: bool) -> None:
    assert looks_like_priority(word) is looks


@pytest.mark.parametrize("word", ["p0", "P0", "sev0", "SEV 0", "SEV  0", "sev-0", "p0?"])
def test_what_is_above_the_scale_is_known(word: str) -> None:
    assert SCALE.is_above(word)
    assert not SCALE.is_above(word.replace("0", "1"))
    assert not SCALE.is_above(word.replace("0", "9"))


def test_no_word_is_above_a_scale_without_numbers_and_a_part_number_above_none() -> None:
    nameless = Scale(levels=("urgent", "low"), aliases={}, matrix={}, when_unstated="low")

    assert not nameless.is_above("p0")
    assert not SCALE.is_above("p0X")
    assert not SCALE.is_above("?p0")


@pytest.mark.parametrize(
    "text", ["low disk space", "critical: disk", "p1.example.com is down", "p1's host", "2 hosts", ""]
)
def test_other_texts_start_with_no_priority(text: str) -> None:
    assert priority_in_front(text, SCALE, any_name=False) is None


@given(text=st.text(max_size=40) | st.text("p1 2:sev-–()[]?", max_size=15))
def test_any_text_is_read_and_nothing_is_invented(text: str) -> None:
    stated = priority_in_front(text, SCALE, any_name=True)

    assert stated is None or text.rstrip().endswith(stated.rest)


# from impact and urgency


@pytest.mark.parametrize(("impact", "urgency"), [*product(MATRIX, URGENCIES)])
def test_the_matrix_decides_and_says_so(impact: str, urgency: str) -> None:
    choice = choose(SCALE, stated=None, impact=impact, urgency=urgency)

    assert choice == Choice(priority=MATRIX[impact][urgency], because=f"impact {impact} × urgency {urgency}")


@pytest.mark.parametrize(
    ("said", "impact", "urgency", "priority", "because"),
    [
        # nothing is known: what the configuration says
        (None, None, None, "p2", "no priority was given"),
        # half is known: the worst that the other half could make of it
        (None, "moderate", None, "p2", "the highest for impact moderate; urgency unknown"),
        (None, None, "low", "p3", "the highest for urgency low; impact unknown"),
        # declared and derived differ: the higher one, from either side
        ("p1", "minor", "low", "p1", "declared p1, but impact minor × urgency low gives p4: the higher one"),
        ("p4", "extensive", "high", "p1", "declared p4, but impact extensive × urgency high gives p1: the higher one"),
    ],
)
def test_in_doubt_the_higher_one_counts_and_the_reason_is_told(
    said: str | None, impact: str | None, urgency: str | None, priority: str, because: str
) -> None:
    choice = choose(SCALE, stated=stated(said), impact=impact, urgency=urgency)

    assert choice == Choice(priority=priority, because=because, in_doubt=True)


@pytest.mark.parametrize(
    ("said", "impact", "urgency", "because"),
    [
        ("p3", None, None, "as declared"),  # nothing speaks against it
        ("p3", "minor", "high", "impact minor × urgency high"),  # both agree: the matrix is the better reason
    ],
)
def test_where_nothing_is_in_doubt_nothing_is_raised(
    said: str, impact: str | None, urgency: str | None, because: str
) -> None:
    choice = choose(SCALE, stated=stated(said), impact=impact, urgency=urgency)

    assert choice == Choice(priority=said, because=because)


@given(
    said=LEVELS | st.none(),
    impact=st.sampled_from(sorted(MATRIX)) | st.none(),
    urgency=st.sampled_from(URGENCIES) | st.none(),
)
def test_a_further_hint_never_lowers_a_declared_priority(
    said: str | None, impact: str | None, urgency: str | None
) -> None:
    choice = choose(SCALE, stated=stated(said), impact=impact, urgency=urgency)

    assert choice.because
    if said:
        assert SCALE.higher(choice.priority, said) == choice.priority


@pytest.mark.parametrize(
    ("said", "impact", "urgency", "priority"),
    [
        ("high", "wide", "soon", "urgent"),  # first in the scale, last in the alphabet
        ("urgent", "narrow", "later", "urgent"),
        (None, "wide", None, "urgent"),
        (None, "narrow", None, "high"),
        (None, None, "soon", "urgent"),
        (None, None, "later", "high"),
    ],
)
def test_the_higher_one_is_the_one_that_the_scale_puts_first(
    said: str | None, impact: str | None, urgency: str | None, priority: str
) -> None:
    assert choose(NAMED, stated=stated(said), impact=impact, urgency=urgency).priority == priority


# levels


@pytest.mark.parametrize("word", ["extensive", "Extensive", "EXTENSIVE"])
def test_a_level_is_found_in_any_case(word: str) -> None:
    assert check_level(word, tuple(MATRIX), "impact") == "extensive"


def test_an_unknown_level_is_refused_with_those_there_are() -> None:
    with pytest.raises(UserError, match="There are: critical, high, medium, low") as refused:
        check_level("huge", URGENCIES, "urgency")

    assert refused.value.field == "urgency"
