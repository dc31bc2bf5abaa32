"""What the database promises."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from bot.service.incidents import by_number
from bot.store.database import Database
from bot.store.tables import Counter, DueJob, Workspace
from tests.databases import Databases
from tests.world import World


async def test_forty_concurrent_read_modify_writes_lose_none(sqlite: Databases, tmp_path: Path) -> None:
    """With aiosqlite's own settings three of forty survive, without an error. In PostgreSQL rows are locked instead."""
    database = Database(sqlite.fresh(tmp_path))
    async with database.write() as session:
        session.add(Counter(team_id="T1", name="n", value=0))

    async def count() -> None:
        async with database.write() as session:
            row = (await session.scalars(select(Counter))).one()
            await asyncio.sleep(0)
            row.value += 1

    await asyncio.gather(*(count() for _ in range(40)))
    async with database.read() as session:
        assert (await session.scalars(select(Counter.value))).one() == 40
    await database.close()


async def test_forty_who_change_the_same_incident_at_once_lose_nothing(world: World) -> None:
    await world.declare()

    async def add_a_word(number: int) -> None:
        async with world.bot.desk.work() as uow:
            incident = await by_number(uow, 1)
            await asyncio.sleep(0)
            incident.description += f" {number}"

    await asyncio.gather(*(add_a_word(number) for number in range(40)))
    async with world.bot.desk.look() as uow:
        assert sorted(map(int, (await by_number(uow, 1)).description.split())) == list(range(40))


async def test_a_transaction_that_fails_leaves_nothing(database_url: str) -> None:
    database = Database(database_url)

    async def fail_midway() -> None:
        async with database.write() as session:
            session.add(Workspace(team_id="T1", name="x", url="x", bot_user_id="U1", bot_id="B1"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_midway()
    async with database.read() as session:
        assert (await session.scalars(select(Workspace))).all() == []
    await database.close()


async def test_a_time_without_its_zone_is_refused(database_url: str) -> None:
    database = Database(database_url)
    naive = datetime(2026, 3, 2, 14, 30, tzinfo=UTC).replace(tzinfo=None)

    async def store_naive() -> None:
        async with database.write() as session:
            session.add(DueJob(team_id="T1", key="k", kind="x", payload={}, due_at=naive))

    with pytest.raises(StatementError, match="without its zone"):
        await store_naive()
    await database.close()


async def test_a_replica_that_stops_in_a_transaction_holds_its_locks_for_seconds(
    postgresql: Databases, tmp_path: Path
) -> None:
    url = postgresql.fresh(tmp_path)
    for address in (url, f"{url}&prepare_threshold=none"):
        database = Database(address)
        async with database.read() as session:
            assert await session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "15s"
            assert await session.scalar(text("SHOW lock_timeout")) == "10s"
        await database.close()
    postgresql.drop(url)
