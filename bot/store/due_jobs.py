"""The due jobs as a queue: each is done once, by whoever holds it, when its time has come."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import DueJob, Incident


async def next_due(session: AsyncSession, team_id: str) -> datetime | None:
    """When the next one is due; in the past where one waits to be done."""
    found: datetime | None = await session.scalar(
        select(func.min(DueJob.due_at)).where(DueJob.team_id == team_id, DueJob.state == "waiting")
    )
    return found


async def take(session: AsyncSession, team_id: str, *, now: datetime) -> DueJob | None:
    """One that is due and in nobody else's hands; this transaction's until it ends.

    Its incident is locked with it: the other way round, a command that holds the incident and puts its job off would
    wait for us, and we for it.
    """
    found: DueJob | None = await session.scalar(
        select(DueJob)
        .join(Incident, Incident.id == DueJob.incident_id)
        .where(DueJob.team_id == team_id, DueJob.state == "waiting", DueJob.due_at <= now)
        .order_by(DueJob.due_at, DueJob.id)
        .limit(1)
        .with_for_update(of=[DueJob, Incident], skip_locked=True)
    )
    return found


async def of_slot(session: AsyncSession, team_id: str, key: str) -> DueJob | None:
    """The one of a slot, whatever became of it."""
    found: DueJob | None = await session.scalar(select(DueJob).where(DueJob.team_id == team_id, DueJob.key == key))
    return found


async def cancel(session: AsyncSession, incident: Incident, kind: str, *, now: datetime) -> None:
    """Those of the incident that wait are not done any more."""
    await session.execute(
        update(DueJob)
        .where(DueJob.incident_id == incident.id, DueJob.kind == kind, DueJob.state == "waiting")
        .values(state="cancelled", done_at=now)
    )
