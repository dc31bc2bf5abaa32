"""/incident resolve: the impact has ended, and this is how we know."""

from bot.domain.mrkdwn import Mrkdwn
from bot.service.command import Answer, Call, Command, Modal
from bot.service.lifecycle import check_resolvable, resolve
from bot.slack.messages.resolve_modal import resolve_modal


async def _run(call: Call) -> Answer | Modal:
    incident = await call.incident()
    if not call.line.words and call.can_open_modals:
        await check_resolvable(call.uow, incident)
        return Modal(view=resolve_modal(incident))
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
