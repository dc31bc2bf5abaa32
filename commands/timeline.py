"""/incident timeline: what happened, oldest first."""

from bot.domain.mrkdwn import Mrkdwn, cut, link
from bot.service.command import Answer, Call, Command
from bot.service.timeline import items

_MOST = 30  # what a person reads at once; the postmortem has all


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    found = await items(call.uow, incident)
    lines = [Mrkdwn("*Timeline of {}* (UTC)").format(incident.name)]
    if len(found) > _MOST:
        lines.append(Mrkdwn("_the newest {} of {}_").format(_MOST, len(found)))
    day = None
    for item in found[-_MOST:]:
        if item.at.date() != day:
            day = item.at.date()
            lines.append(Mrkdwn("*{}*").format(f"{day:%a %d %b %Y}"))
        when = f"{item.at:%H:%M:%S}"
        lines.append(
            Mrkdwn("{} {}: {}").format(
                link(item.link, when) if item.link else when, item.who, cut(" ".join(item.text.split()), 160)
            )
        )
    return Answer(text=Mrkdwn("\n").join(lines))


COMMAND = Command(
    name="timeline",
    usage="",
    summary="Shows what happened, with links to the messages.",
    run=_run,
    takes="nothing",
    reads="always",
    order=52,
)
