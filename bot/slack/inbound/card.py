"""The buttons on the card and on prompts."""

import re
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.domain.mrkdwn import Mrkdwn
from bot.service import roles, updates
from bot.service.command import Answer, Form, ResolveForm, UpdateForm
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_number
from bot.service.lifecycle import check_resolvable
from bot.slack.inbound.interactions import Interactions
from bot.slack.inbound.requester import Requester
from bot.slack.messages.incident_card import RESOLVE_BUTTON, TAKE_ROLE_BUTTON, UPDATE_BUTTON


def listen(app: AsyncApp, interactions: Interactions) -> None:
    async def handle_take_role(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        async def doing(uow: UnitOfWork) -> Answer:
            incident = await by_number(uow, _number(body))
            role = roles.role_key(uow, body["actions"][0]["action_id"].removeprefix(TAKE_ROLE_BUTTON))
            name = uow.settings.role_name(role).lower()
            held = (await roles.current(uow, incident)).get(role, [])
            if held and body["user"]["id"] not in held and not uow.settings.roles[role].several:
                # The card that was clicked may be older than what somebody else did a second ago.
                return Answer(
                    text=Mrkdwn("<@{}> is {} already. To follow them, type `/incident take {}`.").format(
                        held[0], name, role
                    )
                )
            return Answer(text=await roles.take(uow, incident, role, body["user"]["id"]))

        await interactions.do(Requester.from_body(body, context), doing)
        await ack()

    async def handle_open_update(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        async def doing(uow: UnitOfWork) -> Form:
            incident = await by_number(uow, _number(body))
            return UpdateForm(incident=incident, last_text=await updates.text_to_start_from(uow, incident))

        await interactions.do(Requester.from_body(body, context), doing)
        await ack()

    async def handle_open_resolve(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        async def doing(uow: UnitOfWork) -> Form:
            incident = await by_number(uow, _number(body))
            await check_resolvable(uow, incident)
            return ResolveForm(incident=incident)

        await interactions.do(Requester.from_body(body, context), doing)
        await ack()

    app.action(re.compile(re.escape(TAKE_ROLE_BUTTON) + ".+"))(handle_take_role)
    app.action(UPDATE_BUTTON)(handle_open_update)
    app.action(RESOLVE_BUTTON)(handle_open_resolve)


def _number(body: dict[str, Any]) -> int:
    return int(body["actions"][0]["value"])
