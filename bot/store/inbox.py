"""The inbox as a queue: stored in batches, applied in order for each lane of a source."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from bot.store.base import Moment, holdable
from bot.store.tables import InboxItem
from bot.store.upsert import insert_into


class Payload(NamedTuple):
    """What `store` takes: a payload under its key, whose it is, and the lane in which it is applied."""

    source: str
    key: str
    lane: str
    body: Mapping[str, Any]


# One statement with all rows in one value: half the time of a transaction with a value for each column of each row,
# and Slack waits for it.
_STORE = {
    "sqlite": "SELECT :team, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), "
    "json_extract(value, '$[3]'), 'waiting', :received_at, 0 FROM json_each(:rows) WHERE true",
    "postgresql": "SELECT :team, value ->> 0, value ->> 1, value ->> 2, "
    "value -> 3, 'waiting', :received_at, 0 FROM json_array_elements(CAST(:rows AS json))",
}
_STORE_INTO = {
    name: text(
        f"INSERT INTO inbox (team_id, source, key, lane, body, state, received_at, attempts) {rows} "
        "ON CONFLICT (team_id, key) DO NOTHING"
    ).bindparams(bindparam("received_at", type_=Moment))
    for name, rows in _STORE.items()
}


# As JSON escapes it; behind an even number of backslashes, or it is a text about one.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


async def store(
    connection: AsyncConnection, team_id: str, payloads: Sequence[Payload], *, received_at: datetime
) -> None:
    """Stores them all, to be applied; one whose key is known changes nothing."""
    rows = json.dumps(payloads, ensure_ascii=False)
    if "\\u0000" in rows:
        rows = _NUL.sub(r"\1", rows)
    values = {"team": team_id, "rows": holdable(rows), "received_at": received_at}
    await connection.execute(_STORE_INTO[connection.dialect.name], values)


async def first_time(session: AsyncSession, *, team_id: str, key: str, received_at: datetime) -> bool:
    """Keeps the key of a command, click or submission that is done in this transaction; False where it was kept before.

    Another process that is just doing the same is waited for.
    """
    statement = insert_into(session, InboxItem).values(
        team_id=team_id,
        source="slack",
        key=key,
        lane="interaction",
        body={},
        state="applied",
        received_at=received_at,
        attempts=0,
    )
    statement = statement.on_conflict_do_nothing(index_elements=["team_id", "key"]).returning(InboxItem.id)
    return await session.scalar(statement) is not None


async def take_lanes(session: AsyncSession, team_id: str, source: str, *, but: Collection[str], most: int) -> list[str]:
    """A source's lanes in which something waits, the longest wait first, less those that another process is at work in.

    They are this transaction's until it ends: it holds the oldest item of each. `but`: lanes to be left alone.
    """
    heads = (
        select(func.min(InboxItem.id).label("id"))
        .where(*_waiting(team_id, source), InboxItem.lane.not_in(but))
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


async def waiting(session: AsyncSession, team_id: str, source: str, lane: str, *, most: int) -> Sequence[InboxItem]:
    """What waits in a lane of the source, oldest first."""
    rows = await session.scalars(
        select(InboxItem)
        .where(*_waiting(team_id, source), InboxItem.lane == lane)
        .order_by(InboxItem.id)
        .limit(most)
        # An item that was committed late may have made another process begin in this lane: each item is for one.
        .with_for_update(skip_locked=True)
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


async def anything_waits(session: AsyncSession, team_id: str, source: str, *, but: Collection[str] = ()) -> bool:
    """Whether anything of the source could be applied now."""
    found = await session.scalar(
        select(InboxItem.id).where(*_waiting(team_id, source), InboxItem.lane.not_in(but)).limit(1)
    )
    return found is not None


def _waiting(team_id: str, source: str) -> tuple[ColumnElement[bool], ...]:
    return InboxItem.team_id == team_id, InboxItem.state == "waiting", InboxItem.source == source


async def failed(session: AsyncSession, team_id: str) -> Sequence[InboxItem]:
    """What was set aside, oldest first."""
    rows = await session.scalars(
        select(InboxItem).where(InboxItem.team_id == team_id, InboxItem.state == "failed").order_by(InboxItem.id)
    )
    return rows.all()


def try_again(items: Sequence[InboxItem]) -> None:
    """They wait to be applied again, as if they had just come."""
    for one in items:
        one.state, one.attempts = "waiting", 0
