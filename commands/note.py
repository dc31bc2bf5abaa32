"""/incident note: puts a key event on the timeline."""

from bot.domain.mrkdwn import Mrkdwn, plain
from bot.service.command import Answer, Call, Command
from bot.service.notes import note


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    await note(call.uow, incident, plain(call.line.words))
    return Answer(text=Mrkdwn("Noted on the timeline of {}.").format(incident.name))


COMMAND = Command(
    name="note",
    usage="TEXT",
    summary="Puts a key event on the timeline; 📌 on a message does the same.",
    run=_run,
    order=51,
)
