"""A message as Slack takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block

from bot.domain.mrkdwn import Mrkdwn, cut

# Slack cuts at 40,000; past 4,000 it asks to split. Nobody reads more in a chat message.
TEXT_LIMIT = 4000


@dataclass(frozen=True, kw_only=True)
class Message:
    """`text` is what is read aloud and shown in notifications, and all there is where there are no blocks."""

    text: Mrkdwn
    blocks: Sequence[Block] = ()

    def to_args(self) -> dict[str, Any]:
        """As chat.postMessage and chat.update take it."""
        args: dict[str, Any] = {"text": cut(self.text, TEXT_LIMIT)}
        if self.blocks:
            args["blocks"] = [block.to_dict() for block in self.blocks]
        return args
