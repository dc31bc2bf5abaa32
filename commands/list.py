"""/incident list: the open incidents, in the order in which they are to be worked."""

from bot.domain.mrkdwn import Mrkdwn, channel_link
from bot.domain.times import span
from bot.service import roles
from bot.service.command import Answer, Call, Command
from bot.service.guests import sees_only_own
from bot.service.incidents import open_ones

_MOST = 25  # a screen; Slack takes 3,000 characters in a section


async def _run(call: Call) -> Answer:
    found, how_many = await open_ones(call.uow, most=_MOST)
    only_own = await sees_only_own(call.uow)
    if not found and only_own:
        return Answer(text=Mrkdwn("No incident whose channel you're in is open."))
    if not found:
        return Answer(text=Mrkdwn("No incident is open. `/incident declare` declares one."))
    lines = []
    commanders = await roles.holders(call.uow, call.uow.settings.commander_role, found)
    for incident in found:
        commander = commanders.get(incident.id, [])
        lines.append(
            Mrkdwn("• *{}* {} · {} · {} · open for {} · {}{}").format(
                incident.name,
                call.uow.settings.priority_label(incident.priority),
                incident.status,
                incident.title,
                span(call.uow.now - incident.declared_at),
                Mrkdwn("commander <@{}>").format(commander[0]) if commander else "no commander",
                Mrkdwn(" · {}").format(channel_link(incident.channel_id)) if incident.channel_id else "",
            )
        )
    if how_many > len(found):
        lines.append(Mrkdwn("… and {} more").format(how_many - len(found)))
    if only_own:
        lines.append(Mrkdwn("You see the incidents whose channel you're in."))
    return Answer(text=Mrkdwn("\n").join(lines))


COMMAND = Command(
    name="list",
    usage="",
    summary="Lists the open incidents, most urgent first.",
    run=_run,
    takes="nothing",
    about_incident=False,
    aliases=("ls",),
    reads="always",
    order=20,
)
