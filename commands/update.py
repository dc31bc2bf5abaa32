"""/incident update: tells stakeholders how things stand, and when they hear again."""

from bot.domain.times import parse_next
from bot.domain.typed import plain_keys
from bot.service import promise
from bot.service.command import Answer, Call, Command, UpdateForm
from bot.service.lifecycle import live_status
from bot.service.people import zone_of
from bot.service.updates import post_update, text_to_start_from


async def _run(call: Call) -> Answer | UpdateForm:
    incident = await call.incident()
    options = call.line.options
    if not call.line.words and not options and call.can_show_forms:
        return UpdateForm(incident=incident, last_text=await text_to_start_from(call.uow, incident))
    promised = None
    if "next" in options:
        zone = await zone_of(call.uow, call.person)
        promised = parse_next(options["next"], now=call.uow.now, zone=zone)
    if promised is not None and not call.line.words and "status" not in options:
        await promise.hear_sooner(call.uow, incident, promised)
        return await promise.brought_forward(call.uow, incident, call.person)
    status = live_status(plain_keys(options["status"])) if "status" in options else None
    sent = await post_update(call.uow, incident, await call.words(), status=status, promised=promised, key=call.key)
    return await promise.saved(call.uow, incident, sent)


COMMAND = Command(
    name="update",
    usage="[status:identified] [next:20m] TEXT",
    summary="Sends an update to the channel and the stakeholders; in Slack, without words, it shows a form.",
    run=_run,
    takes="text",
    options=("status", "next"),
    order=50,
)
