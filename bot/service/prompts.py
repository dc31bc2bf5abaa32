"""Prompts keep updates coming: asked in time, then wider and less often, so that a silent night stays readable."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from bot.domain.cadence import next_update_due, prompt_interval, slot_after
from bot.domain.times import iso
from bot.service import roles
from bot.service.desk import UnitOfWork
from bot.service.events import UpdateAsked, UpdateAskedPrivately, UpdateMissed
from bot.service.incidents import by_id
from bot.service.notifications import publish
from bot.store import due_jobs
from bot.store.tables import DueJob, Incident, Prompt

JOB = "update_due"
# The round, counted from the time at which the update was owed, in which everybody who holds a role is asked.
_ROUND_FOR_ALL = 3


async def plan(uow: UnitOfWork, incident: Incident, due: datetime | None) -> None:
    """The next update is owed at `due`; its prompt takes the place of the one that was planned."""
    await cancel(uow, incident)
    incident.next_update_due_at = due
    every = uow.settings.update_every(incident.priority)
    if due is not None and due < uow.now:
        due = slot_after(due, every=every, now=uow.now) if every else None
    if due is not None:
        await _schedule(uow, incident, slot=due, round_=1, level=0, at=due)


async def plan_next(uow: UnitOfWork, incident: Incident, *, last: datetime, promised: datetime | None = None) -> None:
    """After an update (or the declaration): when the next one is owed."""
    every = uow.settings.update_every(incident.priority)
    due = next_update_due(last=last, every=every, promised=promised)
    await plan(uow, incident, max(due, uow.now) if due is not None else None)


async def replan(uow: UnitOfWork, incident: Incident) -> None:
    """After a changed priority: what was promised stands unless the new rhythm is sooner; what is late stays late.

    A clock is not gamed by changing the priority (process 17).
    """
    due = incident.next_update_due_at
    last = incident.last_update_at or incident.declared_at
    rhythm = next_update_due(last=last, every=uow.settings.update_every(incident.priority))
    if rhythm is not None and (due is None or due > uow.now):
        due = max(rhythm, uow.now) if due is None else min(due, max(rhythm, uow.now))
    await plan(uow, incident, due)


async def stop(uow: UnitOfWork, incident: Incident) -> None:
    """No prompts after the end."""
    await settle(uow, incident, "ended")
    await cancel(uow, incident)
    incident.next_update_due_at = None


async def cancel(uow: UnitOfWork, incident: Incident) -> None:
    """Nobody is prompted any more."""
    await due_jobs.cancel(uow.session, incident, JOB, now=uow.now)


async def settle(uow: UnitOfWork, incident: Incident, outcome: str) -> None:
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
    round_ = int(job.payload.get("round", 1))
    everyone = await _everyone(uow, incident) if round_ == _ROUND_FOR_ALL else []
    if everyone:
        await settle(uow, incident, "missed")
        await _ask_privately(uow, incident, slot, everyone)
    elif not await _ask_next(uow, incident, slot, level=level, round_=round_):
        return
    if round_ == _ROUND_FOR_ALL and level == 0:
        await publish(uow, UpdateMissed(incident=incident, owed_at=job.payload["owed_at"]))
    following = _following(uow, incident, slot, round_)
    if level == 0 and following is not None:
        await _schedule(uow, incident, slot=following, round_=round_ + 1, level=0, at=following)


async def _ask_next(uow: UnitOfWork, incident: Incident, slot: datetime, *, level: int, round_: int) -> bool:
    """Asks in the channel whoever is next in this round; False where everybody has been asked."""
    before = await uow.session.scalars(
        select(Prompt.asked).where(Prompt.incident_id == incident.id, Prompt.due_at == slot)
    )
    already = set(before)
    # Who holds the roles may have changed since the first was asked.
    left = [person for person in await _chain(uow, incident) if person not in already]
    if level > 0 and not left:
        return False
    await settle(uow, incident, "missed")
    sent = await _add(uow, incident, slot, level=level, asked=left[0] if left else None)
    await publish(uow, UpdateAsked(incident=incident, prompt_id=sent.id))
    if len(left) > 1 and round_ < _ROUND_FOR_ALL:
        later = uow.now + uow.settings.updates.ask_deputy_after
        following = _following(uow, incident, slot, round_)
        if following is None or later < following:
            await _schedule(uow, incident, slot=slot, round_=round_, level=level + 1, at=later)
    return True


async def _ask_privately(uow: UnitOfWork, incident: Incident, slot: datetime, people: Sequence[str]) -> None:
    """The channel was asked often enough: everybody is asked by themselves, once."""
    for level, person in enumerate(people):
        sent = await _add(uow, incident, slot, level=level, asked=person)
        await publish(uow, UpdateAskedPrivately(incident=incident, prompt_id=sent.id, person=person))


async def _add(uow: UnitOfWork, incident: Incident, slot: datetime, *, level: int, asked: str | None) -> Prompt:
    sent = Prompt(team_id=uow.team_id, incident_id=incident.id, due_at=slot, level=level, sent_at=uow.now, asked=asked)
    uow.session.add(sent)
    await uow.session.flush()
    return sent


def _following(uow: UnitOfWork, incident: Incident, slot: datetime, round_: int) -> datetime | None:
    """When the next round begins; None where the priority asks for no updates."""
    every = uow.settings.update_every(incident.priority)
    return slot_after(slot, every=prompt_interval(every, round_), now=uow.now) if every else None


async def _schedule(
    uow: UnitOfWork, incident: Incident, *, slot: datetime, round_: int, level: int, at: datetime
) -> None:
    owed = iso(incident.next_update_due_at)
    await uow.schedule(
        JOB,
        key=f"{JOB}:{incident.id}:{owed}:{iso(slot)}:{level}",
        due_at=at,
        incident=incident,
        owed_at=owed,
        slot=slot.isoformat(),
        round=round_,
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


async def _everyone(uow: UnitOfWork, incident: Incident) -> list[str]:
    """Everybody who holds a role, each once."""
    held = await roles.current(uow, incident)
    return list(dict.fromkeys(person for people in held.values() for person in people))
