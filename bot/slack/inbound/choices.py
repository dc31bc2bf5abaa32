"""The buttons of an answer: a press does what the button stands for, as the person who was asked, once."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.errors import UserError
from bot.service.command import Answer, Command, Form
from bot.service.desk import UnitOfWork
from bot.slack.inbound.commands import carry_out
from bot.slack.inbound.interactions import Interactions
from bot.slack.inbound.requester import Requester
from bot.slack.messages.choices import CHOICE_BUTTON, chosen
from bot.store import inbox
from bot.store.purge import KEEP
from bot.store.tables import OutboxItem

_TOO_OLD = "I no longer know what this button was for. Type the command again."


def listen(app: AsyncApp, interactions: Interactions, commands: Mapping[str, Command]) -> None:
    async def handle_choice(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        requester = Requester.from_body(body, context)

        async def doing(uow: UnitOfWork) -> Answer | Form:
            answer, command = await _meant(uow, body["actions"][0]["value"])
            if answer.payload["person"] != requester.person:
                raise UserError("This question was for somebody else. Type the command yourself.")
            # Stored with what is done: a second press, or the other button, finds it.
            key = f"choice:{answer.id}"
            if not await inbox.first_time(uow.session, team_id=uow.team_id, key=key, received_at=uow.now):
                raise UserError("You've already answered this. Type the command again to do something else.")
            return await carry_out(
                uow, commands, command, replace(requester, key=key, channel_id=answer.payload["channel_id"])
            )

        await interactions.do(replace(requester, replaces=True), doing)
        await ack()

    app.action(re.compile(re.escape(CHOICE_BUTTON) + r"\d+"))(handle_choice)


async def _meant(uow: UnitOfWork, value: str) -> tuple[OutboxItem, str]:
    """The answer that a button belongs to, and the command that it stands for."""
    reference = chosen(value)
    answer = await uow.session.get(OutboxItem, reference[0]) if reference else None
    if reference is None or answer is None or answer.team_id != uow.team_id or answer.created_at < uow.now - KEEP:
        raise UserError(_TOO_OLD)
    buttons = answer.payload.get("buttons") or []
    if f"{answer.created_at.timestamp():.6f}" != reference[1] or reference[2] >= len(buttons):
        raise UserError(_TOO_OLD)
    return answer, buttons[reference[2]]["command"]
