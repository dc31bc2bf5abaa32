"""/incident priority: changes it, with a reason."""

from bot.domain.command_line import first_word, spell
from bot.domain.mrkdwn import Mrkdwn
from bot.domain.priority import priority_in_front
from bot.service import asking
from bot.service.command import Answer, Call, Command
from bot.service.lifecycle import change_priority


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    scale, label = call.uow.settings.scale, call.uow.settings.priority_label
    words = call.line.words
    if not words:
        return Answer(
            text=Mrkdwn("{} is {}: {}.").format(incident.name, label(incident.priority), incident.priority_because)
        )
    stated = priority_in_front(words, scale, any_name=True)
    choice = stated.choice if stated else None
    if stated is None or choice is None:
        word, reason = (stated.word, stated.rest) if stated else first_word(words)
        raise asking.which_priority(
            scale, word, spelled=lambda level: spell("priority", f"{level} {reason}".strip(), number=incident.number)
        )
    await change_priority(call.uow, incident, choice.priority, because=await call.readable(stated.rest))
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
