"""An incident that is named is noticed, whatever phones, brackets and habits make of its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.references import Named, loose_references, may_name_one, mentioned_channels, take_reference

CHANNELS = {"C0123": 2, "mails-late": 2}


def first(text: str) -> Named | None:
    return next(loose_references(text, CHANNELS), None)


@given(number=st.integers(0, 999_999_999), form=st.sampled_from(["INC-{}", "inc-{}", "Inc{}", "#inc{}", "#INC-{}"]))
def test_every_way_to_write_a_number_names_the_incident(number: int, form: str) -> None:
    assert take_reference(f"{form.format(number)} x") == (number, "x")


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("INC-3: it is back", 3, "it is back"),  # as one begins a sentence
        ("inc-3, it is back", 3, "it is back"),
        ("INC-3", 3, ""),
        (" it is back ", None, "it is back"),
        ("INC-3X is a part number", None, "INC-3X is a part number"),
        (",INC-3 it is back", None, ",INC-3 it is back"),
    ],
)
def test_an_incident_is_named_in_front(text: str, number: int | None, rest: str) -> None:
    assert take_reference(text) == (number, rest)


LOOSE = [
    "INC 2",
    "(INC-2)",
    "{INC-2}",
    "[INC-2]:",
    "`INC-2`",
    "*INC-2*",
    '"INC-2"',
    "inc_2",
    "inc.2",
    "INC#2",
    "INC-002",
    "INC-2.",
    "INC-2's",
    "please INC-2",
    "re: INC-2",
    "for the INC-2",
    "incident 2",
    "incident number 2:",
    "Incident no. 2",
    "incident nr2",
    "incident #2",
    "number 2",
    "#2",
    "#2:",
    "2:",
    "INC-②",
    "INC-²",
    "INC–２",
    "𝐈𝐍𝐂-𝟐",
    "&gt;INC-2",  # as Slack sends a >
    "&lt;INC-2&gt;",
    ":fire: INC-2",
    ":+1: INC-2",
    "<https://a.example/x|INC-2>",
    "<https://a.example/browse/INC-2>",
    "<https://a.example/INC-2-review|how it went>",
    "<#C0123|mails-late>",
    "<#C0123|>",
    "<#C0123>:",
    "(<#C0123|mails-late>)",
    "#mails-late",
    "#Mails-Late",
    "<https://a.slack.com/archives/C0123/p1772461800000100>",
    "<#C9|inc-2-mails-late>",  # its number is in the name, whoever may see it
]


@pytest.mark.parametrize("name", LOOSE)
def test_an_incident_is_noticed_however_it_is_named(name: str) -> None:
    assert first(f"{name} mails (all of them) flow") == Named(number=2, before="", after="mails (all of them) flow")
    assert may_name_one(name)


@pytest.mark.parametrize("name", [one for one in LOOSE if not one.endswith(("2", "+", "'s"))] + ["INC-2:", "INC 2"])
def test_nothing_need_follow(name: str) -> None:
    assert first(name) == Named(number=2, before="", after="")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("INC-2/mails flow", "mails flow"),
        ("INC-2–mails flow", "mails flow"),
        ("INC——2:mails flow", "mails flow"),
        ("INC-2(mails) flow", "(mails) flow"),
        ("INC 2<@U1> says so", "<@U1> says so"),
        ("INC 2 &lt;none&gt; lost", "&lt;none&gt; lost"),
        ("INC-2 (mails) flow", "(mails) flow"),
    ],
)
def test_what_separates_goes_and_what_begins_a_word_stays(text: str, after: str) -> None:
    assert first(text) == Named(number=2, before="", after=after)


@pytest.mark.parametrize(
    "text",
    [
        "INC-3X is a part number",
        "INC-9999999999 has too many digits",
        "#48213 is merged",  # a pull request
        "#2.5 is out",
        "#20% more",
        "number 2.5 is out",
        "incident 14:23 to 15:00",
        "incident 2.5 h long",
        "2 nodes are replaced",
        "14:23 restarted",
        "incoming 2 requests",
        "the 2 nodes",
        "<#C9|general> confirmed it",
        "#general confirmed it",
        "<@U1|inc-2> confirmed it",
        ":: INC-2 was it",  # text beyond doubt
        "",
    ],
)
def test_other_words_name_no_incident(text: str) -> None:
    assert first(text) is None


def test_what_stands_before_a_name_is_kept_as_it_was_written() -> None:
    found = list(loose_references("“P3”\u200b INC 2 – as INC-3 was", CHANNELS))

    assert found == [
        Named(number=2, before="“P3”\u200b", after="– as INC-3 was"),
        Named(number=3, before="“P3”\u200b INC 2 – as", after="was"),
    ]


@pytest.mark.parametrize("name", ["<#C0123|mails-late>", "<#C9|inc-2-mails-late>", "#mails-late"])
def test_a_channel_is_found_behind_other_words(name: str) -> None:
    assert first(f"p3 {name} only one customer") == Named(number=2, before="p3", after="only one customer")


def test_far_into_a_line_nobody_says_which_incident_it_is_about() -> None:
    assert first("x " * 29 + "INC-2") is not None
    assert first("x " * 30 + "INC-2") is None


unseen = st.text(st.sampled_from("\u200b\u2060\ufeff\u00ad\u200d\ufe0f\u3164"), max_size=3)
wide = st.text(st.sampled_from(" \u00a0\u3000\u2003\n"), min_size=1, max_size=3)
behind = st.lists(st.sampled_from(["mails", "flow", "—", "２", "(all)", "“now”", "é", "&amp;", "<@U1>"]), max_size=4)


@given(
    around=st.tuples(unseen, unseen, unseen, unseen),
    name=st.sampled_from(
        ["INC 2", "INC——2", "ＩＮＣ－２", "【INC-2】", "（INC-2）", "«INC-2»", "INC—②：", "inc\u30002"]
    ),
    space=wide,
    words=behind.map(" ".join),
)
def test_whatever_surrounds_a_name_the_words_behind_it_are_those_that_were_typed(
    around: tuple[str, str, str, str], name: str, space: str, words: str
) -> None:
    one, two, three, four = around
    found = first(f"{one}{space}{two}{name}{three}{space}{words}{four}")

    assert found is not None
    assert (found.number, found.before) == (2, "")
    assert found.after == (f"{words}{four}" if words else "")


def test_the_channels_that_are_mentioned_are_found() -> None:
    text = "<#C1|a> b <#C2> <https://a.slack.com/archives/C3/p1> #D-e &#39; a#f <#C4|>"

    assert set(mentioned_channels(text)) == {"C1", "C2", "C3", "d-e", "C4"}


def test_a_channels_id_may_have_no_digit() -> None:
    assert may_name_one("resolve <https://a.slack.com/archives/CABCDEFGH> mails flow")
    assert may_name_one("resolve <#CABCDEFGH> mails flow")


@pytest.mark.parametrize("text", ["resolve mails flow", "note see <https://a.example>", "take commander"])
def test_most_lines_name_no_incident(text: str) -> None:
    assert not may_name_one(text)


@given(text=st.text(st.sampled_from("<>|#:&gt;+-_/ \n2inc*."), max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    for named in loose_references(text, {}):
        assert text.startswith(named.before) or text.strip().startswith(named.before)
        assert text.strip().endswith(named.after)
