"""/incident drop ROLE: steps down from a role of one's own."""

from bot.domain.mrkdwn import Mrkdwn
from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.roles import release, role_key


async def _run(call: Call) -> Answer:
    if not call.line.words:
        raise UserError("Which role? For example `/incident drop comms`.")
    role = role_key(call.uow, await call.words())
    incident = await call.incident()
    left = await release(call.uow, incident, role, call.person)
    return Answer(
        text=Mrkdwn("You are no longer {} of {}. {}").format(
            call.uow.settings.role_name(role).lower(),
            incident.name,
            "Others still hold it." if left else "Nobody has taken it over yet.",
        )
    )


COMMAND = Command(name="drop", usage="ROLE", summary="Steps down from a role that you hold.", run=_run, order=42)
