"""What people type after /incident, as thumbs, autocorrection and the clipboard leave it."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.command_line import first_word, nearest, parse_command_line, spell, take_reference
from bot.domain.typed import plain_keys
from bot.errors import UserError
from bot.service.command import read
from commands import find_commands

KNOWN = ("since", "service", "category", "private")
COMMANDS = MappingProxyType(find_commands())

anything = st.text(max_size=300)
# Texts in which options, quotes, references and verbs turn up far more often than by chance.
typed = st.lists(
    st.sampled_from(
        [*KNOWN, *COMMANDS, ":", '"', "“", "”", "„", "«", "»", " ", "\n", "\u00a0", "INC-1", "#inc", "٣", "<@U1>", "p1"]
    )
    | st.text(max_size=5),
    max_size=20,
).map("".join)


# options


@pytest.mark.parametrize("person", ["<@U1|ben>", "<@U1>", "@ben"])
def test_an_option_behind_a_person_is_an_option(person: str) -> None:
    line = parse_command_line(f"Alert on 5xx owner:{person} due:2026-04-01", ("owner", "due"))
    assert (line.words, line.options) == ("Alert on 5xx", {"owner": person, "due": "2026-04-01"})


@pytest.mark.parametrize(
    ("text", "words", "options"),
    [
        ("Checkout down since:14:23", "Checkout down", {"since": "14:23"}),  # the usual place: behind the text
        ("since:14:23 Checkout down", "Checkout down", {"since": "14:23"}),  # before it
        ("Checkout since:14:23 down", "Checkout down", {"since": "14:23"}),  # within it
        ("Since:14:23 x SERVICE:Api", "x", {"since": "14:23", "service": "Api"}),  # a phone writes capitals
        ("x service:a service:b", "x", {"service": "b"}),  # corrected while typing: the last counts
        ('x service:"card payments" y', "x y", {"service": "card payments"}),  # a value with a space
        ("x service:“card payments” y", "x y", {"service": "card payments"}),  # the same on a phone
        ("x service:„card payments“ y", "x y", {"service": "card payments"}),  # the same in German
        ("x service:«card payments» y", "x y", {"service": "card payments"}),  # the same in French
        ('x service:"card payments y', "x payments y", {"service": '"card'}),  # never closed: ends at the space
        ('x service:"" y', "x y", {"service": ""}),  # quoted nothing
        ('x service:"a since:1" y', "x y", {"service": "a since:1"}),  # an option within quotes is text
        ("x since: 14:23", "x", {"since": "14:23"}),  # a thumb's space behind the colon
        ("x since : 20 m ago, y", "x y", {"since": "20 m ago"}),  # before it too, and a time of several words
        ("x since=14:23 y", "x y", {"since": "14:23"}),  # another sign
        ("x since：１４：２３", "x", {"since": "14:23"}),  # a full-width keyboard
        ("x –since:14:23", "x", {"since": "14:23"}),  # a dash
        ("x --since 14:23 --service api", "x", {"since": "14:23", "service": "api"}),  # as in a shell
        ("x since: 1 d 2 h 30 m ago y", "x y", {"since": "1 d 2 h 30 m ago"}),  # each unit by itself
        ("x (since 14:23)", "x (since 14:23)", {}),  # no sign: text
        ("x sicne:14:23", "x", {"since": "14:23"}),  # a letter amiss, and a value that can be nothing else
        ("x service=api", "x", {"service": "api"}),
        ("x since:", "x since:", {}),  # nothing follows
        ("service:a :: since:14:23 x", "since:14:23 x", {"service": "a"}),  # what follows is text
        ("see https://a.example/since:1", "see https://a.example/since:1", {}),  # within a word
        ("error:503 on node:7", "error:503 on node:7", {}),  # a colon that is none of ours
        ("a\nb\tc\u00a0d", "a b c d", {}),  # every kind of space
        ("since:<@U1>", "", {"since": "<@U1>"}),  # what Slack makes of a mention
    ],
)
def test_options_are_taken_out_and_the_rest_stays(text: str, words: str, options: dict[str, str]) -> None:
    line = parse_command_line(text, KNOWN)

    assert (line.words, line.options) == (words, options)


@pytest.mark.parametrize(
    ("text", "suspects"),
    [
        ("x sevice:checkout", (("sevice:checkout", "service"),)),  # a letter lost
        ("x Catgory:dns sinse:9", (("Catgory:dns", "category"), ("sinse:9", "since"))),  # several
        ("x error:503 host:a", ()),  # far from every option
        ("x sevice: checkout", ()),  # text
    ],
)
def test_a_misspelt_option_stays_in_the_text_and_is_pointed_out(
    text: str, suspects: tuple[tuple[str, str], ...]
) -> None:
    line = parse_command_line(text, KNOWN)

    assert line.suspects == suspects
    assert line.words == text


@pytest.mark.parametrize(
    ("text", "typed", "readable", "others"),
    [
        ("Payment service: refunds fail", "service: refunds", True, "Payment fail"),
        ("Down since: the deploy", "since: the", False, "Down deploy"),
        ("Down since=deploy", "since=deploy", False, "Down"),
        ("sick (service:refunds) of it", "(service:refunds)", True, "sick of it"),
    ],
)
def test_what_may_be_text_is_in_doubt(text: str, typed: str, readable: bool, others: str) -> None:
    doubt = parse_command_line(text, KNOWN).doubt

    assert doubt is not None
    assert (doubt.typed, doubt.readable, doubt.others) == (typed, readable, others)


def test_the_bracket_around_an_option_is_no_part_of_its_value() -> None:
    doubt = parse_command_line("sick (service:refunds) of it", KNOWN).doubt

    assert doubt is not None
    assert (doubt.typed, doubt.value, doubt.others) == ("(service:refunds)", "refunds", "sick of it")


@given(text=anything | typed)
def test_what_is_spelt_out_leaves_nothing_in_doubt(text: str) -> None:
    line = parse_command_line(text, KNOWN)
    again = parse_command_line(spell("", line.words, options=line.options), KNOWN)

    assert again.doubt is None
    assert again.words == line.words


@given(text=anything | typed)
def test_without_known_options_every_word_is_kept(text: str) -> None:
    line = parse_command_line(text, ())

    assert line.options == {}
    kept, typed = ([one for one in plain_keys(each).split() if one != "::"] for each in (line.words, text))
    assert kept == typed


@given(text=anything | typed)
def test_any_text_can_be_parsed_and_no_word_is_invented(text: str) -> None:
    line = parse_command_line(text, KNOWN)

    assert set(line.options) <= set(KNOWN)
    assert line.words == " ".join(line.words.split())
    rest = iter(text)
    assert all(letter in rest for letter in line.words if letter != " "), "the words stand in the text in this order"


values = st.text(st.characters(exclude_characters='"', exclude_categories=("Cs",)), max_size=30).map(str.strip)
plain_words = st.lists(st.from_regex(r"[a-zA-Z0-9é日<>@&.!?-]{1,10}", fullmatch=True), max_size=6)


@given(options=st.dictionaries(st.sampled_from(KNOWN), values), words=plain_words, data=st.data())
def test_options_come_back_as_they_were_written(options: dict[str, str], words: list[str], data: st.DataObject) -> None:
    written = list(words)
    for key, value in options.items():
        written.insert(data.draw(st.integers(0, len(written))), f'{key}:"{value}"')

    line = parse_command_line(" ".join(written), KNOWN)

    assert line.options == options
    assert sorted(line.words.split()) == sorted(words)


# verbs and references


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
def test_reading_a_command_refuses_politely_or_reads(text: str) -> None:
    refusal, reading = "", None
    try:
        reading = read(COMMANDS, text)
    except UserError as refused:
        refusal = refused.sentence

    if reading is not None:
        assert set(reading.line.options) <= set(reading.command.options)
    else:
        assert "/incident help" in refusal
        assert len(refusal) < 300, "a long text is not thrown back"


@given(text=anything | typed)
def test_the_first_word_and_the_rest_make_the_text(text: str) -> None:
    head, tail = first_word(text)

    assert [head, *tail.split()] == (text.split() or [""])
    assert tail == tail.strip()


@given(number=st.integers(0, 999_999_999), form=st.sampled_from(["INC-{}", "inc-{}", "Inc{}", "#inc{}", "#INC-{}"]))
def test_every_way_to_write_a_number_names_the_incident(number: int, form: str) -> None:
    assert take_reference(f"{form.format(number)} x") == (number, "x")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("Declar", "declare"), ("statsu", "status"), ("q", None), ("", None)],
)
def test_the_nearest_name_is_guessed(word: str, meant: str | None) -> None:
    assert nearest(word, COMMANDS) == meant
