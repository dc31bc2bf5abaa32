"""Updates to stakeholders: each "next update at" is a promise, which bot.service.prompts keeps in mind."""

from datetime import datetime

from sqlalchemy import select

from bot.domain.cadence import next_update_due
from bot.domain.lifecycle import Status, check_transition
from bot.domain.times import iso
from bot.errors import UserError
from bot.service import prompts
from bot.service.desk import UnitOfWork
from bot.service.events import UpdatePosted
from bot.service.guards import check_live
from bot.service.notifications import publish
from bot.service.people import notice
from bot.service.promise import check_promise
from bot.store.tables import Incident, Update


async def post_update(
    uow: UnitOfWork,
    incident: Incident,
    text: str,
    *,
    status: Status | None = None,
    promised: datetime | None = None,
    key: str | None = None,
) -> Update:
    """Tells stakeholders how things stand; `promised` is when they hear again, else the priority's interval.

    `key` names what sent it: the same key again finds the same update.
    """
    if uow.actor is None:
        raise UserError("An update needs somebody who sends it.")
    if key is not None:
        known = await uow.session.scalar(select(Update).where(Update.team_id == uow.team_id, Update.key == key))
        if known is not None:
            return known
    check_live(incident)
    text = text.strip()
    if not text:
        raise UserError("An update needs a text: what is affected, what is being done, what comes next.", field="text")
    if promised is not None:
        check_promise(uow, incident, promised)
    was_due_at = incident.next_update_due_at
    if status is not None and status is not incident.status:
        await set_live_status(uow, incident, status)
    posted = Update(
        team_id=uow.team_id,
        incident_id=incident.id,
        key=key,
        at=uow.now,
        person=uow.actor,
        status=incident.status,
        text=text,
        was_due_at=was_due_at,
    )
    uow.session.add(posted)
    await uow.session.flush()
    await prompts.settle(uow, incident, "answered")
    incident.last_update_at = uow.now
    await plan_next(uow, incident, last=uow.now, promised=promised)
    posted.next_due_at = incident.next_update_due_at
    if incident.acknowledged_at is None:
        incident.acknowledged_at = uow.now
    await notice(uow, uow.actor)
    uow.record(
        incident,
        "update",
        text,
        update_id=posted.id,
        was_due_at=iso(was_due_at),
        next_due_at=iso(posted.next_due_at),
    )
    await publish(uow, UpdatePosted(incident=incident, update_id=posted.id))
    return posted


async def last_update(uow: UnitOfWork, incident: Incident) -> Update | None:
    """The newest one."""
    found: Update | None = await uow.session.scalar(
        select(Update).where(Update.incident_id == incident.id).order_by(Update.at.desc(), Update.id.desc()).limit(1)
    )
    return found


async def text_to_start_from(uow: UnitOfWork, incident: Incident) -> str:
    """The last update's text, to be changed rather than written anew; refused where the incident has ended."""
    check_live(incident)
    last = await last_update(uow, incident)
    return last.text if last else ""


async def set_live_status(uow: UnitOfWork, incident: Incident, status: Status) -> None:
    """Moves between the live states; monitoring means that the impact was mitigated."""
    check_transition(incident.name, incident.status, status)
    before = incident.status
    incident.status = status
    if status is Status.MONITORING:
        incident.mitigated_at = incident.mitigated_at or uow.now
    uow.record(incident, "status", before=str(before), after=str(status))


async def plan_next(uow: UnitOfWork, incident: Incident, *, last: datetime, promised: datetime | None = None) -> None:
    """After an update (or the declaration): when the next one is owed."""
    every = uow.settings.update_every(incident.priority)
    due = next_update_due(last=last, every=every, promised=promised)
    await prompts.plan(uow, incident, max(due, uow.now) if due is not None else None)


async def replan(uow: UnitOfWork, incident: Incident) -> None:
    """After a changed priority: what was promised stands unless the new rhythm is sooner; what is late stays late.

    A clock is not gamed by changing the priority (process 17).
    """
    due = incident.next_update_due_at
    last = incident.last_update_at or incident.declared_at
    rhythm = next_update_due(last=last, every=uow.settings.update_every(incident.priority))
    if rhythm is not None and (due is None or due > uow.now):
        due = max(rhythm, uow.now) if due is None else min(due, max(rhythm, uow.now))
    await prompts.plan(uow, incident, due)


async def stop(uow: UnitOfWork, incident: Incident) -> None:
    """No prompts after the end."""
    await prompts.settle(uow, incident, "ended")
    await prompts.cancel(uow, incident)
    incident.next_update_due_at = None
