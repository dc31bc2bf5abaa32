"""How far away the next update may be promised, and what is said of it."""

from datetime import datetime, timedelta

from bot.domain.command_line import spell
from bot.domain.mrkdwn import Mrkdwn, channel_link
from bot.domain.question import Button
from bot.domain.times import as_typed, clock_time, iso, rough, span
from bot.errors import UserError
from bot.service import prompts
from bot.service.command import Answer
from bot.service.desk import UnitOfWork
from bot.service.events import UpdatePromisedSooner
from bot.service.guards import check_live
from bot.service.notifications import publish
from bot.service.people import zone_or_utc
from bot.store.tables import Incident, Update

# Beyond so many intervals stakeholders would hear much later than they are used to: said aloud.
_FAR = 4


def check_promise(uow: UnitOfWork, incident: Incident, promised: datetime) -> None:
    """Refuses a promise beyond the priority's longest: nobody would be reminded for as long."""
    longest = uow.settings.longest_promise(incident.priority)
    if promised > uow.now + longest:
        every = uow.settings.update_every(incident.priority) or longest
        raise UserError(
            f"That's too far away. {incident.name} is {uow.settings.priority_label(incident.priority)}, so the next "
            f"update comes within {rough(longest)}. Try next:{as_typed(min(every, longest))}.",
            field="next",
        )


def is_far(uow: UnitOfWork, incident: Incident, due: datetime | None) -> bool:
    """Whether the next update is promised for much later than the priority's interval."""
    every = uow.settings.update_every(incident.priority)
    return due is not None and every is not None and due - uow.now > _FAR * every


async def hear_sooner(uow: UnitOfWork, incident: Incident, promised: datetime) -> None:
    """Brings the next update forward without posting one; putting it off takes an update that says so."""
    check_live(incident)
    check_promise(uow, incident, promised)
    due = incident.next_update_due_at
    if due is not None and due <= uow.now:
        raise UserError(
            f"{incident.name}'s update is {span(uow.now - due)} late. Post one: "
            f"`/incident update {incident.name} next:20m TEXT`.",
            field="text",
        )
    if due is not None and promised >= due:
        raise UserError(
            f"{incident.name}'s next update is promised for sooner. To put it off, post an update: "
            f"`/incident update {incident.name} next:2h TEXT`.",
            field="text",
        )
    uow.record(incident, "promise", before=iso(due), after=iso(promised))
    await prompts.plan(uow, incident, promised)
    await publish(uow, UpdatePromisedSooner(incident=incident, due=promised.isoformat()))


async def brought_forward(uow: UnitOfWork, incident: Incident, person: str) -> Answer:
    """The answer to hear_sooner."""
    return Answer(text=Mrkdwn("{}: {}").format(incident.name, await _next(uow, incident, person)))


async def saved(uow: UnitOfWork, incident: Incident, sent: Update) -> Answer:
    """The answer to an update, which is on its way: where it goes, and what was promised."""
    announced = incident.posting("announcement")
    announcements = announced.place if announced else uow.settings.channels.announcements
    stakeholders = Mrkdwn("{}").format(announcements) if announcements.startswith("#") else channel_link(announcements)
    channel = channel_link(incident.channel_id) if incident.channel_id else None
    if incident.is_private:
        where = Mrkdwn("Posting to {} only, since it's private…").format(channel or "its channel")
    elif channel is None:
        where = Mrkdwn("Posting to {}…").format(stakeholders)
    else:
        where = Mrkdwn("Posting to {} and {}…").format(channel, stakeholders)
    return Answer(
        text=Mrkdwn("{}'s update is saved. {} {}").format(
            incident.name, where, await _next(uow, incident, sent.person)
        ),
        buttons=_shorter(uow, incident),
    )


async def _next(uow: UnitOfWork, incident: Incident, person: str) -> str:
    """`Next update by 14:20 (in 30 min).`, in the reader's zone."""
    due = incident.next_update_due_at
    if due is None:
        return "No further updates planned."
    zone = await zone_or_utc(uow, person)
    utc = " UTC" if zone.key == "UTC" else ""
    said = f"Next update by {clock_time(due, now=uow.now, zone=zone)}{utc} (in {span(due - uow.now)})"
    every = uow.settings.update_every(incident.priority)
    if every is None or not is_far(uow, incident, due):
        return f"{said}."
    return f"{said}, {round((due - uow.now) / every)} times the usual {rough(every)}."


def _shorter(uow: UnitOfWork, incident: Incident) -> list[Button]:
    every: timedelta | None = uow.settings.update_every(incident.priority)
    if every is None or not is_far(uow, incident, incident.next_update_due_at):
        return []
    command = spell("update", "", number=incident.number, options={"next": as_typed(every)})
    return [Button(label=f"Next update in {rough(every)}", command=command)]
