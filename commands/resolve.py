"""/incident resolve: the impact has ended, and this is how we know."""

from bot.domain.mrkdwn import Mrkdwn
from bot.service.command import Answer, Call, Command, ResolveForm
from bot.service.lifecycle import check_resolvable, resolve


async def _run(call: Call) -> Answer | ResolveForm:
    incident = await call.incident()
    if not call.line.words and call.can_show_forms:
        await check_resolvable(call.uow, incident)
        return ResolveForm(incident=incident)
    await resolve(call.uow, incident, await call.words())
    return Answer(
        text=Mrkdwn("{} is resolved. {}").format(
            incident.name,
            "I'll post the postmortem draft in the channel."
            if incident.channel_id
            else f"It has no channel: `incident-bot postmortem {incident.name}` writes the draft.",
        )
    )


COMMAND = Command(
    name="resolve",
    usage="HOW IT WAS VERIFIED",
    summary="The impact has ended; a postmortem draft follows.",
    run=_run,
    takes="text",
    order=70,
)
