"""/incident priority: changes it, with a reason."""

from bot.domain.command_line import first_word
from bot.domain.mrkdwn import Mrkdwn
from bot.domain.priority import read_priority
from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.lifecycle import change_priority


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    scale, label = call.uow.settings.scale, call.uow.settings.priority_label
    word, reason = first_word(await call.words())
    if not word:
        return Answer(
            text=Mrkdwn("{} is {}: {}.").format(incident.name, label(incident.priority), incident.priority_because)
        )
    choice = read_priority(word, scale)
    if choice is None:
        raise UserError(
            f"There is no priority “{word}”. There are: {', '.join(scale.levels)} (also {', '.join(scale.aliases)})."
        )
    await change_priority(call.uow, incident, choice.priority, because=reason)
    doubt = f" It is {choice.because}." if choice.in_doubt else ""
    return Answer(text=Mrkdwn("{} is now {}.{}").format(incident.name, label(choice.priority), doubt))


COMMAND = Command(
    name="priority",
    usage="[p2 REASON]",
    summary="Shows how the priority came about, or changes it.",
    run=_run,
    reads="bare",
    aliases=("severity", "sev"),
    order=60,
)
