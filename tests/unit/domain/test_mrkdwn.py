"""Slack's markup: people's words stay words, whatever they type, and nothing that is cut turns into markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.mrkdwn import Mrkdwn, channel_link, cut, escape, link, markup, mention, mentioned, plain, unbroken

anything = st.text(max_size=200)
# Texts in which markup turns up far more often than by chance.
hostile = st.lists(
    st.sampled_from(["<!channel>", "<@U1>", "<#C1|x>", "<https://a.example|b>", "&lt;", "&amp;", "<", ">", "&", "|"])
    | st.text(max_size=4),
    max_size=12,
).map("".join)
texts = anything | hostile
ALIVE = re.compile(r"<[!@#h]")
WHOLE = re.compile(r"(?:[^&<>]|&(?:amp|lt|gt);|<[^<>]*>)*")  # nothing begun that is not ended


# writing


@given(text=texts)
def test_what_is_escaped_reads_as_it_was_typed_and_is_not_alive(text: str) -> None:
    assert plain(escape(text)) == text
    assert not ALIVE.search(escape(text))


@given(text=texts)
def test_whatever_is_put_into_markup_is_escaped_by_every_way_in(text: str) -> None:
    ways = [
        markup(text),
        Mrkdwn("{}").format(text),
        Mrkdwn("{one}").format(one=text),
        Mrkdwn("{:>1}").format(text),
        Mrkdwn("{!s}").format(text),
        Mrkdwn("") + text,
        Mrkdwn(", ").join([text]),
    ]

    assert {str(one) for one in ways} <= {escape(text), escape(text) or " "}
    assert all(isinstance(one, Mrkdwn) for one in ways)


@given(text=texts)
def test_markup_is_escaped_once_however_often_it_is_handed_on(text: str) -> None:
    assert Mrkdwn("{}").format(markup(markup(text))) == escape(text)


def test_numbers_and_names_are_formatted_as_asked_and_parts_are_joined() -> None:
    assert Mrkdwn("{:02d} {:>4}|{!r}").format(7, "R&D", "<") == "07  R&amp;D|'&lt;'"
    assert Mrkdwn(" & ").join(["<a>", mention("U1")]) == "&lt;a&gt; & <@U1>"


def test_markup_by_intention_stays_alive_beside_words() -> None:
    said = Mrkdwn("{} in {}: {}").format(mention("U1"), channel_link("C1"), "<@U2> & co")

    assert said == "<@U1> in <#C1>: &lt;@U2&gt; &amp; co"


@given(label=texts, url=st.text("abc:/?&=<>|%\"'", max_size=30))
def test_a_link_stays_one_link_whatever_its_label_holds(label: str, url: str) -> None:
    written = link(f"https://a.example/{url}", label)

    assert re.fullmatch(r"<https://a\.example/[^<>|]*\|[^<>|]*>", written, re.DOTALL)


@pytest.mark.parametrize(
    ("url", "label", "written"),
    [
        ("https://a.example/x?b=1&c", "the graph", "<https://a.example/x?b=1&amp;c|the graph>"),
        ("https://a.example/a|b", "a|b", "<https://a.example/a%7Cb|a¦b>"),  # a bar would end the address
        ("https://a.example", "<R&D>", "<https://a.example|&lt;R&amp;D&gt;>"),
    ],
)
def test_a_link_leads_where_it_says(url: str, label: str, written: str) -> None:
    assert link(url, label) == written


# cutting


@given(text=texts, limit=st.integers(1, 120))
def test_a_cut_text_keeps_the_limit_and_leaves_no_broken_markup(text: str, limit: int) -> None:
    short = cut(text, limit)

    assert len(short) <= limit
    assert WHOLE.fullmatch(short)
    assert not ALIVE.search(short)


@given(
    parts=st.lists(
        st.sampled_from([mention("U12345678"), channel_link("C12345678"), link("https://a.example", "b & c")])
        | texts.map(markup),
        max_size=10,
    ),
    limit=st.integers(1, 120),
)
def test_cut_markup_keeps_the_limit_and_leaves_no_broken_markup(parts: list[Mrkdwn], limit: int) -> None:
    short = cut(Mrkdwn(" ").join(parts), limit)

    assert len(short) <= limit
    assert WHOLE.fullmatch(short)


@pytest.mark.parametrize(
    ("text", "limit", "left"),
    [
        ("Checkout down", 13, "Checkout down"),  # it fits
        ("Checkout down", 12, "Checkout do…"),
        ("R&D", 7, "R&amp;D"),  # counted as Slack counts: escaped
        ("R&D", 6, "R…"),  # not R&amp…
        (Mrkdwn("by <@U1> now"), 9, "by <@U1>…"),
        (Mrkdwn("by <@U1> now"), 8, "by …"),  # not <@U1…
        ("x", 1, "x"),
    ],
)
def test_a_text_is_cut_before_what_does_not_fit(text: str, limit: int, left: str) -> None:
    assert cut(text, limit) == left


@pytest.mark.parametrize(
    ("start", "left"),
    [
        ("R&amp;D is", "R&amp;D is"),
        ("R&am", "R"),
        ("by <@U1", "by "),
        ("by <@U1>", "by <@U1>"),
        ("<https://a.example|the gr", ""),
    ],
)
def test_the_start_of_a_message_ends_before_what_was_begun(start: str, left: str) -> None:
    assert unbroken(start) == left


# reading


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<@U1> found it", "@ana found it"),  # known
        ("<@U2> found it", "@U2 found it"),  # not known
        ("<@U2|ben>", "@ben"),  # not known, but Slack says the name
        ("<#C1|general> <#C1>", "#general #C1"),
        ("<!here> <!channel>", "@here @channel"),
        ("<!subteam^S1|@database>", "@database"),
        ("<!subteam^S1>", "@subteam"),
        ("<!date^1540163520^{time}|23:12 UTC>", "23:12 UTC"),
        ("<https://a.example/?b=1&amp;c>", "https://a.example/?b=1&c"),
        ("<http://deploy.sh|deploy.sh> broke", "deploy.sh broke"),  # as Slack sends what was typed without http://
        ("<https://Acme.com/|acme.com>", "acme.com"),
        ("<https://acme.com|acme.com/>", "acme.com/"),
        ("<https://acme.com/|HTTPS://acme.com>", "HTTPS://acme.com"),
        ("<mailto:ana@acme.com|ana@acme.com>", "ana@acme.com"),
        ("<mailto:ana@acme.com|Ana>", "Ana (mailto:ana@acme.com)"),
        ("<https://a.example|the graph>", "the graph (https://a.example)"),  # a document has no links behind words
        ("<mailto:a@example.com|a@example.com>", "a@example.com"),
        ("R&amp;D &lt;3 a &gt; b", "R&D <3 a > b"),
        ("typed &amp;lt; stays", "typed &lt; stays"),  # decoded once
        ("a < b", "a < b"),
    ],
)
def test_a_message_reads_as_people_see_it(text: str, seen: str) -> None:
    assert plain(text, {"U1": "ana"}.get) == seen


@given(text=texts)
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(plain(text, {"U1": "<@U1>"}.get), str)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("<@U1> and <@W2|ben>, <@U1>", ["U1", "W2"]),  # in order, each once
        ("&lt;@U1&gt; <#C1> <!here>", []),  # typed, not mentioned
        ("", []),
    ],
)
def test_the_people_who_are_mentioned_are_found(text: str, people: list[str]) -> None:
    assert mentioned(text) == people


@given(text=texts)
def test_nobody_is_mentioned_by_words_that_were_escaped(text: str) -> None:
    assert mentioned(escape(text)) == []
