"""The inbox as a queue: stored in batches, applied in order for each lane."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

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


def next_waiting(team_id: str, *, but: Collection[str] = ()) -> Select[InboxItem]:
    """The oldest that may be applied now: no earlier one of its lane waits, not even in another process's hands.

    `but`: lanes for which it is known to be too early.
    """
    earlier = aliased(InboxItem)
    return (
        select(InboxItem)
        .where(
            InboxItem.team_id == team_id,
            InboxItem.state == "waiting",
            InboxItem.lane.not_in(but),
            ~exists().where(
                earlier.team_id == InboxItem.team_id,
                earlier.state == "waiting",
                earlier.lane == InboxItem.lane,
                earlier.id < InboxItem.id,
            ),
        )
        .order_by(InboxItem.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def anything_waits(session: AsyncSession, team_id: str, *, but: Collection[str] = ()) -> bool:
    """Whether anything could be applied now, as `next_waiting` has it."""
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
