"""/incident take ROLE: the role is yours from now on."""

from bot.domain.mrkdwn import Mrkdwn
from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.roles import assign, role_key


async def _run(call: Call) -> Answer:
    if not call.line.words:
        raise UserError("Which role? For example `/incident take commander`.")
    role = role_key(call.uow, await call.words())
    incident = await call.incident()
    name = call.uow.settings.role_name(role)
    if not await assign(call.uow, incident, role, call.person):
        return Answer(text=Mrkdwn("You are {} of {} already.").format(name.lower(), incident.name))
    return Answer(text=Mrkdwn("You are now {} of {}. I sent you what it expects.").format(name.lower(), incident.name))


COMMAND = Command(name="take", usage="ROLE", summary="Takes a role: commander, tech, comms.", run=_run, order=40)
