"""Writes postmortem drafts, and keeps them."""

from collections.abc import Callable
from uuid import uuid4

from bot.domain.report import IncidentReport
from bot.service.desk import UnitOfWork
from bot.service.events import PostmortemWritten
from bot.service.incidents import by_id
from bot.service.notifications import publish
from bot.service.report import report
from bot.store.tables import DueJob, Incident, Postmortem

JOB = "postmortem_draft"

# Makes the document; wired in from the report room.
DraftWriter = Callable[[IncidentReport], str]


async def request_draft(uow: UnitOfWork, incident: Incident) -> None:
    """Promises a new draft; it is written in a transaction of its own, so that none can undo what led to it."""
    await uow.schedule(JOB, key=f"{JOB}:{incident.id}:{uuid4().hex}", due_at=uow.now, incident=incident)


async def write_draft(uow: UnitOfWork, job: DueJob, write: DraftWriter) -> None:
    """Writes a draft from what is on record now and puts it into the channel; earlier ones stay."""
    incident = await by_id(uow, job.incident_id)
    if incident.is_live:
        return  # reopened meanwhile: the next resolution asks for one
    made = Postmortem(
        team_id=uow.team_id,
        incident_id=incident.id,
        made_at=uow.now,
        markdown=write(await report(uow, incident)),
    )
    uow.session.add(made)
    await uow.session.flush()
    await publish(uow, PostmortemWritten(incident=incident, postmortem_id=made.id))
