"""Updates to stakeholders, and the prompts that keep them coming: each "next update at" is a promise."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from bot.domain.cadence import next_update_due, slot_after
from bot.domain.lifecycle import Status, check_transition
from bot.domain.mrkdwn import Mrkdwn
from bot.domain.times import iso
from bot.errors import UserError
from bot.service import roles, telling
from bot.service.desk import UnitOfWork
from bot.service.guards import check_live
from bot.service.incidents import by_id
from bot.service.people import notice
from bot.store.tables import DueJob, Incident, Prompt, Update

JOB = "update_due"


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
    await settle_prompts(uow, incident, "answered")
    incident.last_update_at = uow.now
    await plan_next(uow, incident, last=uow.now, promised=promised)
    posted.next_due_at = incident.next_update_due_at
    if incident.acknowledged_at is None:
        incident.acknowledged_at = uow.now
    await notice(uow, uow.actor)
    uow.record(
        incident,
        "update",
        Mrkdwn("Update sent: {}").format(text),
        update_id=posted.id,
        was_due_at=iso(was_due_at),
        next_due_at=iso(posted.next_due_at),
    )
    await telling.post(uow, incident, "update", update_id=posted.id)
    await telling.post_to_stakeholders(uow, incident, "update", update_id=posted.id)
    await telling.show_state(uow, incident)
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
    uow.record(
        incident, "status", Mrkdwn("Status: {} → {}").format(before, status), before=str(before), after=str(status)
    )


async def plan_next(uow: UnitOfWork, incident: Incident, *, last: datetime, promised: datetime | None = None) -> None:
    """After an update (or the declaration): when the next one is owed."""
    every = uow.settings.update_every(incident.priority)
    due = next_update_due(last=last, every=every, promised=promised)
    await _owe(uow, incident, max(due, uow.now) if due is not None else None)


async def replan(uow: UnitOfWork, incident: Incident) -> None:
    """After a changed priority: what was promised stands unless the new rhythm is sooner; what is late stays late.

    A clock is not gamed by changing the priority (process 17).
    """
    due = incident.next_update_due_at
    last = incident.last_update_at or incident.declared_at
    rhythm = next_update_due(last=last, every=uow.settings.update_every(incident.priority))
    if rhythm is not None and (due is None or due > uow.now):
        due = max(rhythm, uow.now) if due is None else min(due, max(rhythm, uow.now))
    await _owe(uow, incident, due)


async def _owe(uow: UnitOfWork, incident: Incident, due: datetime | None) -> None:
    """The next update is owed at `due`; its prompt takes the place of the one that was planned."""
    await _cancel_prompts(uow, incident)
    incident.next_update_due_at = due
    every = uow.settings.update_every(incident.priority)
    if due is not None and due < uow.now:
        due = slot_after(due, every=every, now=uow.now) if every else None
    if due is not None:
        await _schedule(uow, incident, slot=due, level=0, at=due)


async def _cancel_prompts(uow: UnitOfWork, incident: Incident) -> None:
    await uow.session.execute(
        update(DueJob)
        .where(DueJob.incident_id == incident.id, DueJob.kind == JOB, DueJob.state == "waiting")
        .values(state="cancelled", done_at=uow.now)
    )


async def stop(uow: UnitOfWork, incident: Incident) -> None:
    """No prompts after the end."""
    await settle_prompts(uow, incident, "ended")
    await _cancel_prompts(uow, incident)
    incident.next_update_due_at = None


async def settle_prompts(uow: UnitOfWork, incident: Incident, outcome: str) -> None:
    """What became of the prompts that were still open."""
    await uow.session.execute(
        update(Prompt)
        .where(Prompt.incident_id == incident.id, Prompt.outcome == "open")
        .values(outcome=outcome, answered_at=uow.now if outcome == "answered" else None)
    )


async def prompt(uow: UnitOfWork, job: DueJob) -> None:
    """An update is due: asks the role's holder, or at a later level its deputy, and plans what follows."""
    incident = await by_id(uow, job.incident_id)
    if not incident.is_live or iso(incident.next_update_due_at) != job.payload["owed_at"]:
        return  # an update came, the priority changed or it is over
    slot, level = datetime.fromisoformat(job.payload["slot"]), int(job.payload["level"])
    before = await uow.session.scalars(
        select(Prompt.asked).where(Prompt.incident_id == incident.id, Prompt.due_at == slot)
    )
    already = set(before)
    # Who holds the roles may have changed since the first was asked.
    left = [person for person in await _chain(uow, incident) if person not in already]
    if level > 0 and not left:
        return
    asked = left[0] if left else None
    await settle_prompts(uow, incident, "missed")
    sent = Prompt(team_id=uow.team_id, incident_id=incident.id, due_at=slot, level=level, sent_at=uow.now, asked=asked)
    uow.session.add(sent)
    await uow.session.flush()
    await telling.post(uow, incident, "prompt", prompt_id=sent.id)
    every = uow.settings.update_every(incident.priority)
    following = slot_after(slot, every=every, now=uow.now) if every else None
    if len(left) > 1:
        later = uow.now + uow.settings.updates.ask_deputy_after
        if following is None or later < following:
            await _schedule(uow, incident, slot=slot, level=level + 1, at=later)
    if level == 0 and following is not None:
        await _schedule(uow, incident, slot=following, level=0, at=following)


async def _schedule(uow: UnitOfWork, incident: Incident, *, slot: datetime, level: int, at: datetime) -> None:
    owed = iso(incident.next_update_due_at)
    await uow.schedule(
        JOB,
        key=f"{JOB}:{incident.id}:{owed}:{iso(slot)}:{level}",
        due_at=at,
        incident=incident,
        owed_at=owed,
        slot=slot.isoformat(),
        level=level,
    )


async def _chain(uow: UnitOfWork, incident: Incident) -> Sequence[str]:
    """Who is asked, one after the other: the asked role's holder, then its deputies'; each person once."""
    held = await roles.current(uow, incident)
    people: list[str] = []
    role: str | None = uow.settings.updates.asked_role
    while role is not None:
        if role in held and held[role][0] not in people:
            people.append(held[role][0])
        role = uow.settings.roles[role].deputy
    return people
