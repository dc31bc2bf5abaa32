"""/incident assign ROLE @person."""

from bot.domain.mrkdwn import Mrkdwn, mention, plain
from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.people import named
from bot.service.roles import assign, role_key


async def _run(call: Call) -> Answer:
    person = await named(call.uow, call.line.words)
    role_words = " ".join(word for word in call.line.words.split() if not word.startswith(("<@", "@")))
    if not role_words or person is None:
        raise UserError("Say which role and who: `/incident assign comms @ana`.")
    role = role_key(call.uow, plain(role_words))
    incident = await call.incident()
    name = call.uow.settings.role_name(role)
    if not await assign(call.uow, incident, role, person):
        return Answer(text=Mrkdwn("{} is {} of {} already.").format(mention(person), name.lower(), incident.name))
    return Answer(text=Mrkdwn("{} is now {} of {}.").format(mention(person), name.lower(), incident.name))


COMMAND = Command(name="assign", usage="ROLE @person", summary="Gives a role to a person.", run=_run, order=41)
