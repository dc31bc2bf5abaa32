"""People's words in the postmortem stay words: whatever they hold, its tables stay whole and its headings ours."""

import re
from dataclasses import replace
from itertools import groupby, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.render.markdown import Markdown, block, inline, link
from bot.render.words import Words
from bot.resources import packaged
from tests.unit.facts import HOSTILE, in_every_place, report
from tests.unit.readers import PARSER, folded, letters, said, seen, tables, texts

WORDS = Words(packaged("templates"))
PLAIN_SHAPE = [
    token.type for token in PARSER.parse(WORDS.postmortem(in_every_place(lambda _: "plain"))) if token.type != "inline"
]

# one text


@given(text=texts)
@example(text=HOSTILE)
def test_words_on_a_line_are_seen_as_they_were_written(text: str) -> None:
    tokens = PARSER.parse(inline(text))

    assert [seen(token) for token in tokens if token.type == "inline"] == ([folded(text)] if text.strip() else [])
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}


@given(text=texts)
@example(text="Steps\n1.\n2.\n3)")
@example(text="a|b\n:-:")  # a table of one column
@example(text="a\n---\nb\n===")  # headings
@example(text="    code\n\ttoo")
def test_words_on_several_lines_are_seen_line_by_line(text: str) -> None:
    tokens = PARSER.parse(block(text))
    shown = "\n".join(seen(token) for token in tokens if token.type == "inline")

    # Blank lines count between others; before and after them they are no one's words.
    wanted = "\n".join(folded(line) for line in text.splitlines()).strip("\n")
    assert "\n".join(folded(line) for line in shown.split("\n")).strip("\n") == wanted
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}


@given(label=said, url=st.text(letters, max_size=30))
def test_a_link_shows_its_label_and_leads_where_it_should(label: str, url: str) -> None:
    (paragraph,) = (token for token in PARSER.parse(link(label, f"https://a.example/{url}")) if token.type == "inline")

    links = [child for child in paragraph.children or [] if child.type == "link_open"]
    assert seen(paragraph) == folded(label)
    assert len(links) == 1
    assert str(links[0].attrs["href"]).startswith("https://a.example/")


@pytest.mark.parametrize(
    ("label", "url", "written"),
    [
        (
            "14:00",
            "https://acme.slack.com/archives/C1/p1?a=1&b=2",
            "[14:00](https://acme.slack.com/archives/C1/p1?a=1&b=2)",
        ),
        ("x", "https://a.example/(b) c", "[x](https://a.example/%28b%29%20c)"),
        ("x", "https://a.example/%20", "[x](https://a.example/%20)"),  # encoded already
        ("a|b", None, "a\\|b"),  # without an address only the label
    ],
)
def test_a_link_is_written_so_that_nothing_ends_it_early(label: str, url: str | None, written: str) -> None:
    assert link(label, url) == written


def test_an_address_with_other_letters_is_encoded_as_utf_8() -> None:
    assert link("x", "https://a.example/決") == "[x](https://a.example/%E6%B1%BA)"


def test_what_is_markdown_already_is_not_escaped_again() -> None:
    assert inline(Markdown("**x**")) == "**x**"


# the whole document


@given(text=said)
@example(text=HOSTILE)
@example(text="a\nb\r\nc\u2028d")
def test_the_document_has_the_same_shape_whatever_people_wrote(text: str) -> None:
    document = WORDS.postmortem(in_every_place(lambda _: text))

    assert [token.type for token in PARSER.parse(document) if token.type != "inline"] == PLAIN_SHAPE


@given(text=said)
@example(text=HOSTILE)
def test_every_table_stays_whole_and_every_cell_says_what_was_said(text: str) -> None:
    found = tables(WORDS.postmortem(in_every_place(lambda _: text)))
    word = folded(text)

    assert [{len(row) for row in table} for table in found] == [{2}, {4}, {3}, {4}, {3}, {5}, {3}]
    head, _impact, _response, roles, timeline, updates, actions = found
    assert ["Service", word] in head
    assert ["Reported by", word] in head
    assert ["Priority", f"P1 ({word})"] in head
    assert roles[1][:2] == [word, word]
    assert [row[1:] for row in timeline[1:]] == [[word, word]] * 2
    assert updates[1][1:4] == [word, "monitoring", word]
    assert actions[1] == [word, word, "2026-03-31"]


def test_a_hostile_title_is_a_title_and_nothing_else() -> None:
    tokens = PARSER.parse(WORDS.postmortem(report(title=HOSTILE)))

    headings = [seen(following) for token, following in pairwise(tokens) if token.type == "heading_open"]
    assert headings[0] == f"Postmortem: INC-1 {HOSTILE}"
    assert headings[1:] == [
        "Summary",
        "Impact",
        "Response",
        "Roles",
        "Timeline",
        "Updates to stakeholders",
        "Contributing factors",
        "Lessons",
        "Action items",
    ]


def test_a_time_in_the_timeline_links_to_its_message() -> None:
    timeline = WORDS.postmortem(report()).split("## Timeline")[1]

    assert re.findall(r"\[([^]]*)\]\(([^)]*)\)", timeline) == [
        ("2026-03-02 14:20:00", "https://acme.slack.com/archives/C1/p1")
    ]


def test_a_description_keeps_its_lines() -> None:
    document = WORDS.postmortem(report(description="1. Cards | refused\n\n# not a heading\n- not a list"))

    assert "1. Cards | refused\n\u00a0\n# not a heading\n- not a list" in [
        seen(token) for token in PARSER.parse(document) if token.type == "inline"
    ]


def test_what_is_missing_is_said_and_leaves_no_empty_table() -> None:
    document = WORDS.postmortem(
        replace(
            report(
                roles=[],
                updates=[],
                actions=[],
                timeline=[],
                phases=[],
                turns=[],
                target=None,
                resolved_at=None,
                resolution=None,
            ),
            service="",
            category="",
            channel=None,
            description="",
            mitigated_at=None,
            resolved_at=None,
            measures=replace(report().measures, impact_duration=None),
        )
    )

    for said_instead in (
        "It is not resolved: the impact is ongoing.",
        "Nobody held a role.",
        "No update was sent.",
        "None yet.",
    ):
        assert said_instead in document
    assert "None |" not in document
    assert not [key for key, rows in groupby(document.splitlines()) if not key and len([*rows]) > 2], "no gaps"
