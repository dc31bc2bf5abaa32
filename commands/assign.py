"""/incident assign ROLE @person."""

from bot.domain.mrkdwn import Mrkdwn, mention, mentioned, plain
from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.people import by_handle
from bot.service.roles import assign, role_key


async def _run(call: Call) -> Answer:
    words = call.line.words
    people = mentioned(words)
    if len(people) > 1:
        raise UserError("One person at a time, please: `/incident assign comms @ana`.")
    typed = [word for word in words.split() if not word.startswith("<@")]
    person = people[0] if people else None
    if person is None:
        # Not a mention that Slack resolved: a handle as text, from a phone or the command line.
        handle = next((word for word in typed if word.startswith("@")), None)
        typed = [word for word in typed if word != handle]
        known = await by_handle(call.uow, handle) if handle else None
        if handle and known is None:
            raise UserError(f"I do not know {plain(handle)}. Pick the person from Slack's list after typing @.")
        person = known.user_id if known else None
    if not typed or person is None:
        raise UserError("Say which role and who: `/incident assign comms @ana`.")
    role = role_key(call.uow, plain(" ".join(typed)))
    incident = await call.incident()
    name = call.uow.settings.role_name(role)
    if not await assign(call.uow, incident, role, person):
        return Answer(text=Mrkdwn("{} is {} of {} already.").format(mention(person), name.lower(), incident.name))
    return Answer(text=Mrkdwn("{} is now {} of {}.").format(mention(person), name.lower(), incident.name))


COMMAND = Command(name="assign", usage="ROLE @person", summary="Gives a role to a person.", run=_run, order=41)
