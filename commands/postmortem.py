"""/incident postmortem: puts a new draft into the channel."""

from bot.domain.mrkdwn import Mrkdwn
from bot.errors import UserError
from bot.service import postmortem
from bot.service.command import Answer, Call, Command


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    if incident.is_live:
        raise UserError(
            f"{incident.name} is still {incident.status}; the draft is written when it is resolved. "
            "`/incident timeline` shows what is on record so far."
        )
    await postmortem.request_draft(call.uow, incident)
    return Answer(text=Mrkdwn("I'll post a new draft in {}'s channel.").format(incident.name))


COMMAND = Command(
    name="postmortem",
    usage="",
    summary="Writes the postmortem draft again from the record.",
    run=_run,
    takes="nothing",
    order=74,
)
