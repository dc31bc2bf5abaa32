"""What the database promises."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from bot.store.database import Database
from bot.store.tables import Counter, DueJob, Workspace
from tests.world import migrated_database


async def test_forty_concurrent_read_modify_writes_lose_none(tmp_path: Path) -> None:
    """With aiosqlite's own settings three of forty survive, without an error."""
    await migrated_database(tmp_path / "a.db")
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
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


async def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    await migrated_database(tmp_path / "a.db")
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")

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


async def test_a_time_without_its_zone_is_refused(tmp_path: Path) -> None:
    await migrated_database(tmp_path / "a.db")
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")
    naive = datetime(2026, 3, 2, 14, 30, tzinfo=UTC).replace(tzinfo=None)

    async def store_naive() -> None:
        async with database.write() as session:
            session.add(DueJob(team_id="T1", key="k", kind="x", payload={}, due_at=naive))

    with pytest.raises(StatementError, match="without its zone"):
        await store_naive()
    await database.close()
