"""Whatever people write fits into Slack's messages, and nothing of it is lost."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, HeaderBlock, MarkdownTextObject, SectionBlock

from bot.domain.mrkdwn import Mrkdwn, escape, link, mention
from bot.slack.messages.budget import BLOCKS_LIMIT, MOST_BLOCKS, SECTION_LIMIT, TEXT_LIMIT, fitted, pieces
from bot.slack.messages.message import SlackMessage

markup = st.lists(
    st.text(max_size=30).map(escape)
    | st.sampled_from([mention("U0ANA"), link("https://a.example/b?c&d", "a & b"), "\n> ", " ", "\n", escape("&" * 50)])
    | st.integers(1, 400).map(lambda times: escape("& " * times)),
    max_size=40,
).map(lambda parts: Mrkdwn("".join(parts)))
BUTTON = ActionsBlock(elements=[ButtonElement(text="Post update", action_id="x", value="1")])


def _bare(text: str) -> str:
    return re.sub(r"[\s>]", "", text)


@given(text=markup, limit=st.integers(60, 500))
@example(text=Mrkdwn("\n> <https://a.example/b?c&amp;d|a &amp; b>000000000000<@U0ANA>"), limit=60)
def test_the_pieces_of_a_text_are_the_text(text: Mrkdwn, limit: int) -> None:
    found = pieces(text, limit)

    assert all(len(one) <= limit for one in found)
    assert _bare("".join(found)) == _bare(text)
    assert not any(re.search(r"&[a-z]{0,4}$|<[^<>]*$", one) for one in found[:-1]), "no markup is broken"


def test_a_link_that_is_longer_than_a_message_does_not_keep_the_rest_waiting() -> None:
    text = Mrkdwn("> ") + link("https://a.example/" + "x" * 300, "here") + "\n> end"

    found = pieces(text, 100)

    assert all(len(one) <= 100 for one in found)
    assert _bare("".join(found)) == _bare(text)


@given(text=markup)
def test_a_message_with_buttons_stays_within_all_limits_and_loses_nothing(text: Mrkdwn) -> None:
    first, *rest = SlackMessage(text=text, controls=[BUTTON]).in_parts()

    shown = [block["text"]["text"] for block in first["blocks"] if block["type"] == "section"]
    assert all(len(one) <= SECTION_LIMIT for one in shown)
    assert _counted(first["blocks"]) <= BLOCKS_LIMIT
    assert all(len(one["text"]) <= TEXT_LIMIT for one in (first, *rest))
    assert _bare("".join([*shown, *(one["text"] for one in rest)])) == _bare(text)


@given(texts=st.lists(st.integers(0, 3000), max_size=60))
def test_blocks_that_show_a_state_are_shortened_only_as_far_as_needed(texts: list[int]) -> None:
    blocks: list[Block] = [HeaderBlock(text="INC-1")]
    blocks += [SectionBlock(text=MarkdownTextObject(text="&amp;" * (size // 5) or "x")) for size in texts]

    raw = [one.to_dict() for one in blocks]
    before = _counted(raw[: MOST_BLOCKS - 2] + raw[-2:] if len(raw) > MOST_BLOCKS else raw)
    shown = fitted(raw)

    assert len(shown) <= MOST_BLOCKS
    assert _counted(shown) <= BLOCKS_LIMIT
    if before <= BLOCKS_LIMIT:
        assert _counted(shown) == before


def _counted(blocks: list[dict]) -> int:  # type: ignore[type-arg]
    return sum(
        len(text["text"])
        for block in blocks
        for text in ([block["text"]] if "text" in block else [one["text"] for one in block.get("elements", [])])
    )
