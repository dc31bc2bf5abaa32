"""/incident close: ends the record of a resolved incident."""

from bot.domain.mrkdwn import Mrkdwn
from bot.service.command import Answer, Call, Command
from bot.service.lifecycle import close


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    await close(call.uow, incident)
    return Answer(text=Mrkdwn("{} is closed.").format(incident.name))


COMMAND = Command(
    name="close", usage="", summary="Ends the record of a resolved incident.", run=_run, takes="nothing", order=71
)
