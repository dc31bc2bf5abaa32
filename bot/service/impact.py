"""When people felt an incident: intervals, since what was resolved may come back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.domain.lifecycle import LIVE
from bot.domain.measures import Interval, Measures, Milestones, measure, total
from bot.service.desk import UnitOfWork
from bot.store.tables import ImpactInterval, Incident


async def begin(uow: UnitOfWork, incident: Incident, at: datetime) -> None:
    """There is impact from `at` on."""
    uow.session.add(ImpactInterval(team_id=uow.team_id, incident_id=incident.id, started_at=at))
    await uow.session.flush()


async def end(uow: UnitOfWork, incident: Incident, at: datetime) -> None:
    """The impact has ended; nothing where it had already."""
    for row in await _rows(uow, incident):
        if row.ended_at is None:
            row.ended_at = at
    await uow.session.flush()


async def resume(uow: UnitOfWork, incident: Incident) -> None:
    """It never ended: the last interval goes on, as where an incident was cancelled by mistake."""
    rows = await _rows(uow, incident)
    if rows:
        rows[-1].ended_at = None
    await uow.session.flush()


async def intervals(uow: UnitOfWork, incident: Incident) -> list[Interval]:
    """When there was impact, the earliest first."""
    return [Interval(start=row.started_at, end=row.ended_at) for row in await _rows(uow, incident)]


async def lasted(uow: UnitOfWork, incident: Incident) -> timedelta | None:
    """How long the impact lasted in all; None while it lasts."""
    if incident.status in LIVE:  # what ends an incident ends its impact
        return None
    return total(await intervals(uow, incident))


async def measures(uow: UnitOfWork, incident: Incident) -> Measures:
    """The incident's response measures, as far as they are known by now."""
    return measure(
        Milestones(
            impact_started_at=incident.impact_started_at,
            detected_at=incident.detected_at,
            declared_at=incident.declared_at,
            acknowledged_at=incident.acknowledged_at,
            mitigated_at=incident.mitigated_at,
            resolved_at=incident.resolved_at,
            impact=await intervals(uow, incident),
        )
    )


async def _rows(uow: UnitOfWork, incident: Incident) -> Sequence[ImpactInterval]:
    rows = await uow.session.scalars(
        select(ImpactInterval)
        .where(ImpactInterval.incident_id == incident.id)
        .order_by(ImpactInterval.started_at, ImpactInterval.id)
    )
    return rows.all()
