"""A message as Slack takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, MarkdownTextObject, SectionBlock

from bot.domain.mrkdwn import Mrkdwn, cut
from bot.slack.messages.budget import BLOCKS_LIMIT, SECTION_LIMIT, TEXT_LIMIT, fitted, pieces

_MOST_SECTIONS = BLOCKS_LIMIT // SECTION_LIMIT


@dataclass(frozen=True, kw_only=True)
class SlackMessage:
    """`text` is what is read aloud and shown in notifications, and all there is where there are no blocks.

    `blocks` show the same in another form; `controls` stand below the text, which is then shown in sections.
    """

    text: Mrkdwn
    blocks: Sequence[Block] = ()
    controls: Sequence[Block] = ()

    def to_args(self) -> dict[str, Any]:
        """What chat.postMessage and chat.update take of it in one message."""
        return self.in_parts()[0]

    def in_parts(self) -> list[dict[str, Any]]:
        """The whole of it: one message, and what follows in its thread because it did not fit."""
        if self.blocks:
            return [{"text": cut(self.text, TEXT_LIMIT), "blocks": fitted([one.to_dict() for one in self.blocks])}]
        if not self.controls:
            return [{"text": part} for part in pieces(self.text)]
        sections = pieces(self.text, SECTION_LIMIT)
        shown, rest = sections[:_MOST_SECTIONS], sections[_MOST_SECTIONS:]
        blocks = [SectionBlock(text=MarkdownTextObject(text=one)) for one in shown if one]
        first = {
            "text": cut(self.text, TEXT_LIMIT),
            "blocks": fitted([one.to_dict() for one in (*blocks, *self.controls)]),
        }
        return [first, *({"text": part} for part in rest)]
