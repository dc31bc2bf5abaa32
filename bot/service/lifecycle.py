"""Status, priority, resolution and closure of an incident."""

from bot.domain.lifecycle import LIVE, Status, check_transition, how_to_reach, parse_status
from bot.errors import UserError
from bot.service import guests, impact, postmortem, prompts
from bot.service.desk import UnitOfWork
from bot.service.events import (
    IncidentCancelled,
    IncidentClosed,
    IncidentReopened,
    IncidentResolved,
    PriorityChanged,
    StatusChanged,
)
from bot.service.guards import check_live
from bot.service.notifications import publish
from bot.store.tables import Incident


def live_status(word: str) -> Status:
    """The status that a person may set directly, or a refusal that says how the others are reached."""
    found = parse_status(word)
    if found is None:
        raise UserError(f"“{word}” isn't a status you can set. {how_to_reach(word)}", field="status")
    return found


async def set_live_status(uow: UnitOfWork, incident: Incident, status: Status) -> None:
    """Moves between the live states; monitoring means that the impact was mitigated."""
    check_transition(incident.name, incident.status, status)
    before = incident.status
    incident.status = status
    if status is Status.MONITORING:
        incident.mitigated_at = incident.mitigated_at or uow.now
    uow.record(incident, "status", before=str(before), after=str(status))


async def change_status(uow: UnitOfWork, incident: Incident, status: Status) -> None:
    """Between the live states; stakeholders see it on the announcement."""
    await set_live_status(uow, incident, status)
    await publish(uow, StatusChanged(incident=incident, after=str(status)))


async def change_priority(uow: UnitOfWork, incident: Incident, priority: str, *, because: str) -> None:
    """A changed priority needs its reason (process 17) and moves the rhythm of updates."""
    check_live(incident)
    await guests.check(uow, "priority", incident)
    label = uow.settings.priority_label
    if priority == incident.priority:
        raise UserError(f"{incident.name} is {label(priority)} already.")
    if not because.strip():
        raise UserError(
            f"Say why {incident.name} becomes {label(priority)}: "
            f"`/incident priority {incident.name} {priority} REASON`.",
            field="reason",
        )
    before = incident.priority
    incident.priority, incident.priority_because = priority, because.strip()
    uow.record(incident, "priority", because.strip(), before=before, after=priority)
    await prompts.replan(uow, incident)
    await publish(uow, PriorityChanged(incident=incident, before=before, after=priority, because=because.strip()))


async def check_resolvable(uow: UnitOfWork, incident: Incident) -> None:
    """Refuses a resolution where there is nothing to resolve, or for somebody who may not; also before a form."""
    check_transition(incident.name, incident.status, Status.RESOLVED)
    await guests.check(uow, "resolve", incident)


async def resolve(uow: UnitOfWork, incident: Incident, how_verified: str) -> None:
    """The impact has ended, and somebody says how they know (process 33, 34). A postmortem draft follows."""
    await check_resolvable(uow, incident)
    how_verified = how_verified.strip()
    if not how_verified:
        raise UserError(
            "How was it verified? Name the graph, the test or the person: "
            f"`/incident resolve {incident.name} HOW IT WAS VERIFIED`.",
            field="verified",
        )
    before = incident.status
    incident.status, incident.resolved_at, incident.resolution = Status.RESOLVED, uow.now, how_verified
    if incident.mitigated_at is None:
        incident.mitigated_at = uow.now
    await impact.end(uow, incident, uow.now)
    await prompts.stop(uow, incident)
    uow.record(incident, "status", how_verified, before=str(before), after=str(Status.RESOLVED))
    lasted = await impact.lasted(uow, incident)
    resolved = IncidentResolved(
        incident=incident, reason=how_verified, lasted=lasted.total_seconds() if lasted is not None else None
    )
    await publish(uow, resolved)
    await postmortem.request_draft(uow, incident)


async def close(uow: UnitOfWork, incident: Incident) -> None:
    """Resolved is not closed: this ends the record (process 35)."""
    check_transition(incident.name, incident.status, Status.CLOSED)
    await guests.check(uow, "close", incident)
    incident.status, incident.closed_at = Status.CLOSED, uow.now
    uow.record(incident, "status", before=str(Status.RESOLVED), after=str(Status.CLOSED))
    await publish(uow, IncidentClosed(incident=incident))


async def cancel(uow: UnitOfWork, incident: Incident, reason: str) -> None:
    """It was no incident; the record stays."""
    check_transition(incident.name, incident.status, Status.CANCELLED)
    await guests.check(uow, "cancel", incident)
    if not reason.strip():
        raise UserError(f"Say why it was no incident: `/incident cancel {incident.name} REASON`.", field="reason")
    before = incident.status
    incident.status, incident.closed_at = Status.CANCELLED, uow.now
    await impact.end(uow, incident, uow.now)
    await prompts.stop(uow, incident)
    uow.record(incident, "status", reason.strip(), before=str(before), after=str(Status.CANCELLED))
    await publish(uow, IncidentCancelled(incident=incident, reason=reason.strip()))


async def reopen(uow: UnitOfWork, incident: Incident, reason: str) -> None:
    """It was not over: back to investigating; the earlier resolution stays on the timeline."""
    if incident.status in LIVE:
        raise UserError(f"{incident.name} is open: {incident.status}. There's nothing to reopen.")
    check_transition(incident.name, incident.status, Status.INVESTIGATING)
    if not reason.strip():
        raise UserError(
            f"Say what shows that it isn't over: `/incident reopen {incident.name} REASON`.", field="reason"
        )
    before = incident.status
    incident.status = Status.INVESTIGATING
    incident.resolved_at = incident.closed_at = incident.resolution = None
    if before is Status.CANCELLED:
        await impact.resume(uow, incident)
    else:
        await impact.begin(uow, incident, uow.now)
    uow.record(incident, "status", reason.strip(), before=str(before), after=str(Status.INVESTIGATING))
    await prompts.plan_next(uow, incident, last=uow.now)
    await publish(uow, IncidentReopened(incident=incident, reason=reason.strip()))
