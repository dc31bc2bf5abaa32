"""The bot asks for an update, with a button that opens the form."""

from slack_sdk.models.blocks import ActionsBlock, ButtonElement, MarkdownTextObject, SectionBlock

from bot.domain.mrkdwn import Mrkdwn, cut
from bot.slack.views.incident_card import UPDATE_BUTTON
from bot.slack.views.message import Message


def prompt_message(text: Mrkdwn, *, number: int) -> Message:
    return Message(
        text=text,
        blocks=[
            SectionBlock(text=MarkdownTextObject(text=cut(text, 3000))),
            ActionsBlock(
                elements=[
                    ButtonElement(text="Post update", action_id=UPDATE_BUTTON, value=str(number), style="primary")
                ]
            ),
        ],
    )
