"""Updates to stakeholders: each "next update at" is a promise, which bot.service.prompts keeps in mind."""

from datetime import datetime

from sqlalchemy import select

from bot.domain.lifecycle import Status
from bot.domain.times import iso
from bot.errors import UserError
from bot.service import lifecycle, prompts
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
        await lifecycle.set_live_status(uow, incident, status)
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
    await prompts.plan_next(uow, incident, last=uow.now, promised=promised)
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
