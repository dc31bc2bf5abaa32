"""/incident status: shows how things stand, or sets the status."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.command_line import first_word
from bot.domain.measures import Interval
from bot.domain.mrkdwn import Mrkdwn, mention
from bot.domain.times import span
from bot.domain.typed import plain_keys
from bot.errors import UserError
from bot.service import impact, roles
from bot.service.command import Answer, Call, Command
from bot.service.lifecycle import change_status, live_status
from bot.service.waiting import what_waits
from bot.store.tables import Incident


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    if not call.line.words:
        return Answer(text=await _how_it_stands(call, incident))
    word, more = first_word(await call.words())
    status = live_status(plain_keys(word))
    if more:
        raise UserError(
            f"To say more than the status, send an update: `/incident update {incident.name} status:{status} {more}`."
        )
    await change_status(call.uow, incident, status)
    return Answer(text=Mrkdwn("{} is now *{}*.").format(incident.name, status))


async def _how_it_stands(call: Call, incident: Incident) -> Mrkdwn:
    uow = call.uow
    lines = [
        Mrkdwn("*{}* {} · *{}* · {}").format(
            incident.name, uow.settings.priority_label(incident.priority), incident.status, incident.title
        ),
        Mrkdwn("{}").format(_impact(await impact.intervals(uow, incident), uow.now)),
    ]
    held = await roles.current(uow, incident)
    for role, people in held.items():
        lines.append(
            Mrkdwn("{}: {}").format(uow.settings.role_name(role), Mrkdwn(", ").join(mention(one) for one in people))
        )
    if not held and incident.is_live:
        lines.append(Mrkdwn("Nobody is in charge yet. Take command: `/incident take commander`"))
    if incident.next_update_due_at is not None:
        late = uow.now - incident.next_update_due_at
        lines.append(
            Mrkdwn("Next update due in {}").format(span(-late))
            if late.total_seconds() <= 0
            else Mrkdwn("The next update is overdue by {}").format(span(late))
        )
    if waits := await what_waits(uow, incident):
        waited = span(uow.now - waits.since)
        lines.append(Mrkdwn("Not in Slack yet: {}. Waiting for {}; I keep trying.").format(waits.listed, waited))
    return Mrkdwn("\n").join(lines)


def _impact(periods: Sequence[Interval], now: datetime) -> str:
    """Since when there is impact, and for how long; a gap between two periods had none."""
    total = sum((min(one.end or now, now) - one.start for one in periods), timedelta())
    ongoing = [one for one in periods if one.end is None]
    if not ongoing:
        return f"Impact from {periods[0].start:%Y-%m-%d %H:%M} UTC, {span(total)} in total" if periods else "No impact"
    since = ongoing[-1].start
    more = f", {span(total)} in total" if len(periods) > 1 else ""
    return f"Impact since {since:%Y-%m-%d %H:%M} UTC, for {span(now - since)}{more}"


COMMAND = Command(
    name="status",
    usage="[investigating|identified|monitoring]",
    summary="Shows how things stand, or sets the status.",
    run=_run,
    reads="bare",
    aliases=("show",),
    order=30,
)
