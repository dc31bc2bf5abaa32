"""What people type after /incident, as thumbs, autocorrection and the clipboard leave it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.command_line import first_word, nearest, parse_command_line, spell
from bot.domain.typed import plain_keys

KNOWN = ("since", "service", "category", "private")
VERBS = ("declare", "status", "note", "update", "resolve", "help", "close", "cancel")

anything = st.text(max_size=300)
# Texts in which options, quotes, references and verbs turn up far more often than by chance.
typed = st.lists(
    st.sampled_from(
        [*KNOWN, *VERBS, ":", '"', "“", "”", "„", "«", "»", " ", "\n", "\u00a0", "INC-1", "#inc", "٣", "<@U1>", "p1"]
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
        ('x since: "20 m ago" y', "x y", {"since": "20 m ago"}),  # quoted, behind a thumb's space
        ("x since:“２０ m” y", "x y", {"since": "20 m"}),  # a time is read as a plain keyboard writes it
        ("x --private z", "x z", {"private": "yes"}),  # a wish needs no value
        ("x --private no z", "x z", {"private": "no"}),
        ("x (since 14:23)", "x (since 14:23)", {}),  # no sign: text
        ("x sicne:14:23", "x", {"since": "14:23"}),  # a letter amiss, and a value that can be nothing else
        ("x service=api", "x", {"service": "api"}),
        ("x since:", "x since:", {}),  # nothing follows
        ("service:a :: since:14:23 x", "since:14:23 x", {"service": "a"}),  # what follows is text
        ("see https://a.example/since:1", "see https://a.example/since:1", {}),  # within a word
        ("error:503 on node:7", "error:503 on node:7", {}),  # a colon that is none of ours
        ("a\nb\tc\u00a0d", "a b c d", {}),  # every kind of space
        ("a \u200fب", "a \u200fب", {}),  # a mark that says which way a letter runs
        ("x sicne: 14:23", "x sicne: 14:23", {}),  # two slips at once are too many to be sure
        ("x once:14:23", "x once:14:23", {}),  # a word of its own, though not far from since
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
        ("x vice:versa", ()),  # a word of its own
    ],
)
def test_a_misspelt_option_stays_in_the_text_and_is_pointed_out(
    text: str, suspects: tuple[tuple[str, str], ...]
) -> None:
    line = parse_command_line(text, KNOWN)

    assert line.suspects == suspects
    assert line.words == text


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("Payment service: refunds fail", ("service: refunds", "service", "refunds", True, "Payment fail")),
        ("Down since: the deploy", ("since: the", "since", "the", False, "Down deploy")),
        ('Down since: "the deploy"', ('since: "the deploy"', "since", "the deploy", False, "Down")),
        ("Down since=deploy", ("since=deploy", "since", "deploy", False, "Down")),
        ("sick (service:refunds) of it", ("(service:refunds)", "service", "refunds", True, "sick of it")),
        ("service: a, or service: b", ("service: a,", "service", "a,", True, "or service: b")),  # the first
    ],
)
def test_what_may_be_text_is_in_doubt(text: str, doubt: tuple[str, str, str, bool, str]) -> None:
    found = parse_command_line(text, KNOWN).doubt

    assert found is not None
    assert (found.typed, found.key, found.value, found.readable, found.others) == doubt


@pytest.mark.parametrize("text", ["Leak private: secret plans", "Leak private= secret plans"])
def test_talk_of_what_is_private_is_no_option_and_whoever_declares_is_asked(text: str) -> None:
    line = parse_command_line(text, KNOWN)

    assert (line.words, line.options, line.doubt) == (text, {}, None)


def test_a_status_counts_in_front_and_is_talk_behind() -> None:
    in_front = parse_command_line("status: identified A bad deploy", ("status", "next"))
    behind = parse_command_line("Page says status: identified by us", ("status", "next"))

    assert (in_front.words, in_front.options, in_front.doubt) == ("A bad deploy", {"status": "identified"}, None)
    assert behind.options == {}
    assert behind.doubt is not None


def test_a_priority_counts_in_front_and_is_talk_behind() -> None:
    in_front = parse_command_line("priority: sev-2? Search is slow", ("priority",))
    behind = parse_command_line("Ticket has priority: p2 since noon", ("priority",))

    assert (in_front.words, in_front.options) == ("Search is slow", {"priority": "sev-2?"})
    assert behind.options == {}


def test_text_behind_two_colons_is_text_beyond_doubt() -> None:
    assert parse_command_line("service:a :: service: b", KNOWN).is_text
    assert parse_command_line("service: b", KNOWN).is_text is False


@pytest.mark.parametrize(
    ("verb", "words", "number", "options", "typed"),
    [
        ("help", "", None, {}, "help"),
        ("note", "Failed over", None, {}, "note :: Failed over"),
        ("note", "Failed over", 3, {}, "INC-3 note :: Failed over"),
        ("update", "", 3, {"next": "30m"}, "INC-3 update next:30m"),
        ("declare", "Down", None, {"at": "14:23", "service": "the api"}, 'declare at:14:23 service:"the api" :: Down'),
        ("declare", "", None, {"service": ""}, 'declare service:""'),
        ("declare", "", None, {"service": "a"}, "declare service:a"),
        ("declare", "", None, {"service": "“api”"}, 'declare service:"“api”"'),  # else its quotes would be taken off
        ("declare", "", None, {"service": 'the "new" api'}, 'declare service:“the "new" api”'),
        ("declare", "", None, {"service": 'the "new” api'}, 'declare service:«the "new” api»'),
        ("declare", "", None, {"service": 'all "of” them» too'}, 'declare service:"all of” them» too"'),
    ],
)
def test_a_command_is_spelt_so_that_it_can_be_typed(
    verb: str, words: str, number: int | None, options: dict[str, str], typed: str
) -> None:
    assert spell(verb, words, number=number, options=options) == typed


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


# the verb and the nearest name


@given(text=anything | typed)
def test_the_first_word_and_the_rest_make_the_text(text: str) -> None:
    head, tail = first_word(text)

    assert [head, *tail.split()] == (text.split() or [""])
    assert tail == tail.strip()


@pytest.mark.parametrize(
    ("word", "meant"),
    [("Declar", "declare"), ("statsu", "status"), ("q", None), ("", None)],
)
def test_the_nearest_name_is_guessed(word: str, meant: str | None) -> None:
    assert nearest(word, VERBS) == meant
