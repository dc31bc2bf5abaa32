"""An answer with buttons: each stands for a command that is kept with the answer's outbox item."""

import re

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.domain.mrkdwn import Mrkdwn
from bot.slack.messages.message import SlackMessage
from bot.store.tables import OutboxItem

CHOICE_BUTTON = "choice."
_BUTTON_LIMIT = 75
# The time as well as the number: a database that was begun anew counts from 1 again.
_REFERENCE = re.compile(r"(\d+)-(\d+\.\d+)\.(\d+)")


def answer_with_buttons(text: Mrkdwn, item: OutboxItem) -> SlackMessage:
    """The answer of `item`, as AnswerPerson sends it."""
    labels = [str(one["label"]) for one in item.payload["buttons"]]
    buttons = [
        ButtonElement(
            text=label if len(label) <= _BUTTON_LIMIT else label[: _BUTTON_LIMIT - 1] + "…",
            action_id=f"{CHOICE_BUTTON}{index}",
            value=f"{item.id}-{item.created_at.timestamp():.6f}.{index}",
        )
        for index, label in enumerate(labels)
    ]
    return SlackMessage(text=text, controls=[ActionsBlock(block_id="choices", elements=buttons)])


def chosen(value: str) -> tuple[int, str, int] | None:
    """The outbox item's number, its time and the button's place that a pressed button refers to."""
    match = _REFERENCE.fullmatch(value)
    return (int(match[1]), match[2], int(match[3])) if match else None
