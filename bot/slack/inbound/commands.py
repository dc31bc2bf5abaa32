"""/incident, as it comes from Slack."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.domain.references import may_name_one, mentioned_channels
from bot.service.command import Answer, Call, Command, Form, read
from bot.service.desk import UnitOfWork
from bot.service.incidents import number_here, numbers_by_channel
from bot.slack.inbound.interactions import Interactions
from bot.slack.inbound.requester import Requester

# A refusal repeats what was typed when it was worth more than a few words.
_WORTH_REPEATING = 40


def listen(app: AsyncApp, interactions: Interactions, commands: Mapping[str, Command]) -> None:
    async def handle_command(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        text = body.get("text") or ""
        requester = Requester.from_body(body, context)

        async def doing(uow: UnitOfWork) -> Answer | Form:
            return await carry_out(uow, commands, text, requester)

        typed = f"{body.get('command', '/incident')} {text}" if len(text) > _WORTH_REPEATING else ""
        await interactions.do(requester, doing, typed=typed)
        await ack()

    # Whatever the manifest calls it: an organisation may have another /incident already.
    app.command(re.compile(".*"))(handle_command)


async def carry_out(uow: UnitOfWork, commands: Mapping[str, Command], text: str, requester: Requester) -> Answer | Form:
    """Does what `text` asks for, as it is typed after /incident in the requester's channel."""
    here, channels = None, {}
    if may_name_one(text):
        here = await number_here(uow, requester.channel_id)
        channels = await numbers_by_channel(uow, mentioned_channels(text)) if here is not None else {}
    reading = read(commands, text, here=here, channels=channels)
    call = Call(
        uow=uow,
        person=requester.person,
        channel_id=requester.channel_id,
        line=reading.line,
        number=reading.number,
        key=requester.key,
        help=commands,
    )
    return await reading.command.run(call)
