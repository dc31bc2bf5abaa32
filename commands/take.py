"""/incident take ROLE: the role is yours from now on."""

from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.roles import role_key, take


async def _run(call: Call) -> Answer:
    if not call.line.words:
        raise UserError("Which role? For example `/incident take commander`.")
    role = role_key(call.uow, await call.words())
    incident = await call.incident()
    return Answer(text=await take(call.uow, incident, role, call.person))


COMMAND = Command(name="take", usage="ROLE", summary="Takes a role: commander, tech, comms.", run=_run, order=40)
