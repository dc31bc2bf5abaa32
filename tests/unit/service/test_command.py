"""A line behind /incident becomes a command, the incident it means and its words, or a refusal with a way on."""

from types import MappingProxyType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.question import Question
from bot.errors import UserError
from bot.service.command import read
from commands import find_commands

COMMANDS = MappingProxyType(find_commands())

anything = st.text(max_size=300)
# Texts in which options, quotes, references and verbs turn up far more often than by chance.
typed = st.lists(
    st.sampled_from(
        [*COMMANDS, "since", "private", ":", '"', "“", "”", "„", " ", "\n", "\u00a0", "INC-1", "#inc", "٣", "<@U1>"]
    )
    | st.text(max_size=5),
    max_size=20,
).map("".join)


@pytest.mark.parametrize(
    ("text", "verb", "number", "words"),
    [
        ("", "help", None, ""),  # a bare /incident
        ("INC-3", "status", 3, ""),  # an incident alone: how does it stand?
        ("note INC-3 found it", "note", 3, "found it"),  # the incident behind the verb
        ("INC-3 note found it", "note", 3, "found it"),  # before it
        ("inc3 NOTE x", "note", 3, "x"),  # as thumbs write it
        ("#inc-3 note x", "note", 3, "x"),  # as channels are named
        ("note incident 3 is worse", "note", None, "incident 3 is worse"),  # talk of an incident names none
        ("note 3 nodes are gone", "note", None, "3 nodes are gone"),  # a number is no incident
        ("show", "status", None, ""),  # an alias
    ],
)
def test_a_command_is_read(text: str, verb: str, number: int | None, words: str) -> None:
    reading = read(COMMANDS, text)

    assert (reading.command.name, reading.number, reading.line.words) == (verb, number, words)


@pytest.mark.parametrize("space", ["\n", "\t", "\u00a0", "\n\n", "\u2003"])
def test_a_line_break_or_a_pasted_space_ends_the_verb_and_the_reference(space: str) -> None:
    reading = read(COMMANDS, f"INC-3{space}note{space}found it")

    assert (reading.command.name, reading.number, reading.line.words) == ("note", 3, "found it")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("declair x", "Did you mean `/incident declare`?"),  # close to one
        ("xyzzy", "`/incident help` lists what there is."),  # close to none
        ("INC-99999999999 note x", "There's no `/incident INC-99999999999`"),  # no number has eleven digits
    ],
)
def test_an_unknown_verb_is_refused_with_a_way_on(text: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        read(COMMANDS, text)

    assert said in refused.value.sentence


@given(text=anything | typed)
@example(text="DECLARE DECLARE")
def test_reading_a_command_refuses_politely_or_reads(text: str) -> None:
    try:
        reading = read(COMMANDS, text)
    except UserError as refused:
        refusal = refused
    else:
        assert set(reading.line.options) <= set(reading.command.options)
        return
    assert "/incident help" in refusal.sentence or (isinstance(refusal, Question) and refusal.buttons)
    assert len(refusal.sentence) < 300, "a long text is not thrown back"
