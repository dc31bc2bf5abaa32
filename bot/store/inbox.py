"""The inbox as a queue: stored in batches, applied in order for each lane."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import InboxItem
from bot.store.upsert import insert_into


def item(*, team_id: str, key: str, lane: str, body: Mapping[str, Any], received_at: datetime) -> dict[str, Any]:
    """A payload that waits to be applied, as `store` takes it."""
    return {
        "team_id": team_id,
        "key": key,
        "lane": lane,
        "body": dict(body),
        "state": "waiting",
        "received_at": received_at,
        "attempts": 0,
    }


async def store(session: AsyncSession, items: Sequence[Mapping[str, Any]]) -> None:
    """Stores them all; one whose key is known changes nothing."""
    statement = insert_into(session, InboxItem).on_conflict_do_nothing(index_elements=["team_id", "key"])
    await session.execute(statement, [dict(one) for one in items])


async def first_time(session: AsyncSession, *, team_id: str, key: str, received_at: datetime) -> bool:
    """Keeps the key of a command, click or submission that is done in this transaction; False where it was kept before.

    Another process that is just doing the same is waited for.
    """
    row = item(team_id=team_id, key=key, lane="interaction", body={}, received_at=received_at) | {"state": "applied"}
    statement = insert_into(session, InboxItem).values(row)
    statement = statement.on_conflict_do_nothing(index_elements=["team_id", "key"]).returning(InboxItem.id)
    return await session.scalar(statement) is not None


async def take_lanes(session: AsyncSession, team_id: str, *, but: Collection[str], most: int = 20) -> list[str]:
    """The lanes in which something waits, the longest wait first, less those that another process is at work in.

    They are this transaction's until it ends, since nobody else can have the oldest item of each. `but`: lanes for
    which it is known to be too early.
    """
    heads = (
        select(func.min(InboxItem.id).label("id"))
        .where(InboxItem.team_id == team_id, InboxItem.state == "waiting", InboxItem.lane.not_in(but))
        .group_by(InboxItem.lane)
    )
    rows = await session.execute(
        select(InboxItem.id, InboxItem.lane)
        .where(InboxItem.id.in_(heads.scalar_subquery()), InboxItem.state == "waiting")
        .order_by(InboxItem.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [lane for _, lane in rows]


async def waiting(session: AsyncSession, team_id: str, lane: str, *, most: int) -> Sequence[InboxItem]:
    """What waits in a lane, oldest first."""
    rows = await session.scalars(
        select(InboxItem)
        .where(InboxItem.team_id == team_id, InboxItem.state == "waiting", InboxItem.lane == lane)
        .order_by(InboxItem.id)
        .limit(most)
    )
    return rows.all()


async def mark_applied(session: AsyncSession, items: Sequence[InboxItem]) -> None:
    """They are done with; no second copy is kept of what people wrote."""
    await session.execute(
        update(InboxItem)
        .where(InboxItem.id.in_([item.id for item in items]))
        .values(state="applied", body={}, error=None)
        .execution_options(synchronize_session=False)
    )


async def anything_waits(session: AsyncSession, team_id: str, *, but: Collection[str] = ()) -> bool:
    """Whether anything could be applied now."""
    found = await session.scalar(
        select(InboxItem.id)
        .where(InboxItem.team_id == team_id, InboxItem.state == "waiting", InboxItem.lane.not_in(but))
        .limit(1)
    )
    return found is not None


async def failed(session: AsyncSession, team_id: str) -> Sequence[InboxItem]:
    """What was set aside, oldest first."""
    rows = await session.scalars(
        select(InboxItem).where(InboxItem.team_id == team_id, InboxItem.state == "failed").order_by(InboxItem.id)
    )
    return rows.all()


def put_back(items: Sequence[InboxItem]) -> None:
    """They wait to be applied again, as if they had just come."""
    for one in items:
        one.state, one.attempts = "waiting", 0
