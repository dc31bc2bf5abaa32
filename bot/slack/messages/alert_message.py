"""A monitor says that something is over: whether the incident is, somebody has to say."""

from slack_sdk.models.blocks import ActionsBlock, ButtonElement

from bot.domain.mrkdwn import Mrkdwn
from bot.slack.messages.incident_card import RESOLVE_BUTTON, UPDATE_BUTTON
from bot.slack.messages.message import SlackMessage


def resolved_alert(text: Mrkdwn, *, number: int) -> SlackMessage:
    buttons = [
        ButtonElement(text="Resolve", action_id=RESOLVE_BUTTON, value=str(number)),
        ButtonElement(text="Post update", action_id=UPDATE_BUTTON, value=str(number)),
    ]
    return SlackMessage(text=text, controls=[ActionsBlock(elements=buttons)])
