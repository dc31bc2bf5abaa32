"""The bot asks for an update, with a button that opens the form."""

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.domain.mrkdwn import Mrkdwn
from bot.slack.messages.incident_card import UPDATE_BUTTON
from bot.slack.messages.message import SlackMessage


def prompt_message(text: Mrkdwn, *, number: int) -> SlackMessage:
    button = ButtonElement(text="Post update", action_id=UPDATE_BUTTON, value=str(number), style="primary")
    return SlackMessage(text=text, controls=[ActionsBlock(elements=[button])])
