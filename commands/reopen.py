"""/incident reopen: it was not over."""

from bot.domain.mrkdwn import Mrkdwn
from bot.service.command import Answer, Call, Command
from bot.service.lifecycle import reopen


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    await reopen(call.uow, incident, await call.words())
    return Answer(text=Mrkdwn("{} is open again: investigating.").format(incident.name))


COMMAND = Command(
    name="reopen", usage="REASON", summary="It was not over: back to investigating.", run=_run, takes="text", order=72
)
