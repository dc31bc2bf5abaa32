"""Slack's mrkdwn as people read it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.readable import Names, clean, emoji, plain, styled, written

NAMES = Names(user={"U1": "Ana Torres"}.__getitem__, channel={"C1": "general"}.__getitem__)


@pytest.mark.parametrize(
    ("mrkdwn", "read"),
    [
        ("<@U1> found it", "@Ana Torres found it"),
        ("<@U1|ana> found it", "@Ana Torres found it"),
        ("see <#C1|general> and <#C1>", "see #general and #general"),
        ("<https://example.com/a?b=1&amp;c|the graph>", "the graph"),
        ("<https://example.com/a?b=1&amp;c>", "https://example.com/a?b=1&c"),
        ("<mailto:ana@example.com|ana@example.com>", "ana@example.com"),
        ("<!here> <!channel>", "@here @channel"),
        ("<!subteam^S1|@database>", "@database"),
        ("due <!date^1540163520^{time}|23:12 UTC>", "due 23:12 UTC"),
        ("R&amp;D &lt;3 a &gt; b", "R&D <3 a > b"),
        ("typed &amp;lt; stays", "typed &lt; stays"),
        (":rotating_light: P1 at 22:54:10", "🚨 P1 at 22:54:10"),
        (":no_such_thing:", ":no_such_thing:"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_a_text_is_read_with_names_and_signs(mrkdwn: str, read: str) -> None:
    assert plain(mrkdwn, NAMES) == read


def test_what_would_move_a_cursor_or_turn_the_writing_is_left_out() -> None:
    assert clean("a\x1b[2Jb\u202ec\x07\r\nd\te") == "a[2Jbc\nd\te"


def test_styles_become_styles_and_single_signs_stay() -> None:
    shown = styled("*P1* since `22:54`, _slow_ and ~down~; 3 * 4 * 5, snake_case_name", NAMES)

    assert shown.plain == "P1 since 22:54, slow and down; 3 * 4 * 5, snake_case_name"
    assert [(shown.plain[span.start : span.end], span.style) for span in shown.spans] == [
        ("P1", "bold"),
        ("22:54", "bold"),
        ("slow", "italic"),
        ("down", "strike"),
    ]


def test_several_lines_flow_into_one() -> None:
    assert styled("State: red\n\n  Next: 23:30", NAMES).plain == "State: red · Next: 23:30"


def test_an_emoji_is_shown_and_an_unknown_one_named() -> None:
    assert [emoji("pushpin"), emoji("+1"), emoji("wave::skin-tone-3"), emoji("our-own")] == [
        "📌",
        "👍",
        "👋",
        ":our-own:",
    ]


def test_blocks_are_read_part_by_part() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": "INC-1"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Commander*\n<@U1>"}]},
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "since"}, {"type": "mrkdwn", "text": "22:52"}]},
        {"type": "markdown", "text": "- a"},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Take"}}]},
    ]

    assert written(blocks) == "INC-1\n*Commander* <@U1>\nsince 22:52\n- a"


@given(st.text())
def test_whatever_is_written_can_be_read(text: str) -> None:
    names = Names(user=str, channel=str)

    assert not set("\x1b\x07\r\u202e") & set(plain(text, names))
    assert "\n" not in styled(text, names).plain
