"""The outbox as a queue: items are leased, in order for each lane."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.store.tables import OutboxItem

UNFINISHED = ("waiting", "sending")


def _may_go_out(team_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """An item may go out when its time has come, the one that it waits for is finished, and no earlier item of its
    lane is unfinished."""
    earlier, awaited = aliased(OutboxItem), aliased(OutboxItem)
    return (
        OutboxItem.team_id == team_id,
        OutboxItem.state == "waiting",
        or_(OutboxItem.not_before.is_(None), OutboxItem.not_before <= now),
        ~exists().where(awaited.id == OutboxItem.after_id, awaited.state.in_(UNFINISHED)),
        ~exists().where(
            earlier.team_id == OutboxItem.team_id,
            earlier.lane == OutboxItem.lane,
            earlier.id < OutboxItem.id,
            earlier.state.in_(UNFINISHED),
        ),
    )


async def claim(
    session: AsyncSession, team_id: str, *, now: datetime, machine_time: float, lease: float, most: int
) -> Sequence[OutboxItem]:
    """Leases up to `most` items that may go out now, urgent ones first; `lease` in seconds of machine time.

    An item whose lease ran out was being sent when its process died: whether it had its effect is unclear.
    """
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.team_id == team_id, OutboxItem.state == "sending", OutboxItem.leased_until < machine_time)
        .values(state="waiting", unclear=True)
    )
    rows = await session.scalars(
        select(OutboxItem)
        .where(*_may_go_out(team_id, now))
        .order_by(OutboxItem.urgency, OutboxItem.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    items = rows.all()
    for item in items:
        item.state, item.leased_until = "sending", machine_time + lease
    return items


async def release_orphans(session: AsyncSession, team_id: str) -> None:
    """At the start of the only process on a database: whatever is marked as being sent was cut off."""
    await session.execute(
        update(OutboxItem)
        .where(OutboxItem.team_id == team_id, OutboxItem.state == "sending")
        .values(state="waiting", unclear=True, leased_until=None)
    )


async def next_time(session: AsyncSession, team_id: str, *, now: datetime) -> datetime | None:
    """When the next item that has been told to wait may go out."""
    found: datetime | None = await session.scalar(
        select(func.min(OutboxItem.not_before)).where(
            OutboxItem.team_id == team_id, OutboxItem.state == "waiting", OutboxItem.not_before > now
        )
    )
    return found


async def ready(session: AsyncSession, team_id: str, *, now: datetime, machine_time: float) -> bool:
    """Whether there is anything to claim."""
    cut_off = and_(OutboxItem.team_id == team_id, OutboxItem.state == "sending", OutboxItem.leased_until < machine_time)
    found = await session.scalar(select(OutboxItem.id).where(or_(cut_off, and_(*_may_go_out(team_id, now)))).limit(1))
    return found is not None


async def busy(session: AsyncSession, team_id: str, *, now: datetime) -> bool:
    """Whether anything is being sent or could be sent now."""
    sending = and_(OutboxItem.team_id == team_id, OutboxItem.state == "sending")
    found = await session.scalar(select(OutboxItem.id).where(or_(sending, and_(*_may_go_out(team_id, now)))).limit(1))
    return found is not None
