"""/incident cancel: it was no incident."""

from bot.domain.mrkdwn import Mrkdwn
from bot.service.command import Answer, Call, Command
from bot.service.lifecycle import cancel


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    await cancel(call.uow, incident, await call.words())
    return Answer(text=Mrkdwn("{} is cancelled; its record stays.").format(incident.name))


COMMAND = Command(
    name="cancel", usage="REASON", summary="It was no incident; the record stays.", run=_run, takes="text", order=73
)
