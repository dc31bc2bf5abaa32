"""/incident note: puts a key event on the timeline."""

from bot.domain.mrkdwn import Mrkdwn
from bot.domain.times import parse_past
from bot.service.command import Answer, Call, Command
from bot.service.notes import note
from bot.service.people import zone_of


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    at = None
    if "at" in call.line.options:
        zone = await zone_of(call.uow, call.person)
        at = parse_past(call.line.options["at"], now=call.uow.now, zone=zone, what="at")
    await note(call.uow, incident, await call.words(), at=at)
    return Answer(text=Mrkdwn("Noted on the timeline of {}.").format(incident.name))


COMMAND = Command(
    name="note",
    usage="[at:14:23] TEXT",
    summary="Puts a key event on the timeline; 📌 on a message does the same.",
    run=_run,
    takes="text",
    options=("at",),
    order=51,
)
