"""Numbers for a monitor: right, of one workspace, and read by index however much has been done before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.domain.lifecycle import Status
from bot.store.database import Database
from bot.store.depths import Depths, depths
from bot.store.tables import DueJob, InboxItem, Incident, OutboxItem
from tests.databases import Databases

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def came(state: str, minute: int, *, team: str = "T1") -> InboxItem:
    return InboxItem(
        team_id=team,
        key=f"{state}{minute}",
        lane="C1",
        body={},
        state=state,
        received_at=NOON + timedelta(minutes=minute),
    )


def goes(state: str, minute: int, *, team: str = "T1") -> OutboxItem:
    return OutboxItem(
        team_id=team, lane="C1", step="post", payload={}, state=state, created_at=NOON + timedelta(minutes=minute)
    )


def job(state: str, of: Incident, *, team: str = "T1") -> DueJob:
    return DueJob(team_id=team, incident_id=of.id, key=state, kind="prompt", payload={}, due_at=NOON, state=state)


def incident(number: int, priority: str, status: Status, *, team: str = "T1", **facts: Any) -> Incident:
    return Incident(
        team_id=team,
        number=number,
        title="x",
        status=status,
        priority=priority,
        priority_because="as declared",
        reporter="U1",
        impact_started_at=NOON,
        detected_at=NOON,
        declared_at=NOON,
        **facts,
    )


async def test_what_waits_failed_and_is_open_is_counted_with_the_age_of_the_oldest(database_url: str) -> None:
    database = Database(database_url)
    async with database.write() as session:
        session.add_all([came("applied", 0), came("failed", 1), came("waiting", 2), came("waiting", 3)])
        session.add_all([goes("done", 0), goes("refused", 1), goes("needless", 2)])
        session.add_all([goes("waiting", 4), goes("sending", 3), goes("waiting", 5)])
        session.add_all(
            [
                incident(1, "p1", Status.INVESTIGATING, is_private=True),
                incident(2, "p1", Status.MONITORING),
                incident(3, "p3", Status.IDENTIFIED),
                incident(4, "p2", Status.RESOLVED),
                incident(5, "p2", Status.CLOSED),
                incident(6, "p2", Status.CANCELLED),
            ]
        )
        # Another workspace's
        session.add_all([came("waiting", -9, team="T2"), goes("waiting", -9, team="T2")])
        one = incident(7, "p4", Status.CLOSED)
        other = incident(1, "p1", Status.INVESTIGATING, team="T2")
        session.add_all([one, other])
        await session.flush()
        session.add_all(job(state, one) for state in ("failed", "done", "waiting", "cancelled"))
        session.add(job("failed", other, team="T2"))
    async with database.read() as session:
        found = await depths(session, "T1")
    await database.close()
    assert found == Depths(
        inbox={"waiting": 2, "failed": 1},
        inbox_oldest=NOON + timedelta(minutes=2),
        outbox={"waiting": 2, "sending": 1, "refused": 1},
        outbox_oldest=NOON + timedelta(minutes=3),
        failed_jobs=1,
        open_incidents={"p1": 1, "p3": 1},
        open_private_incidents=1,
    )


async def test_where_there_is_nothing_every_state_is_told_with_0(database_url: str) -> None:
    database = Database(database_url)
    async with database.read() as session:
        found = await depths(session, "T1")
    await database.close()
    assert found == Depths(
        inbox={"waiting": 0, "failed": 0},
        inbox_oldest=None,
        outbox={"waiting": 0, "sending": 0, "refused": 0},
        outbox_oldest=None,
        failed_jobs=0,
        open_incidents={},
        open_private_incidents=0,
    )


async def test_each_query_is_answered_by_an_index(sqlite: Databases, tmp_path: Path) -> None:
    database = Database(sqlite.fresh(tmp_path))
    asked: list[tuple[str, Any]] = []

    @event.listens_for(database.reader.sync_engine, "before_cursor_execute")
    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        asked.append((statement, parameters))

    async with database.read() as session:
        await depths(session, "T1")
        queries = [one for one in asked if one[0].startswith("SELECT")]
        assert len(queries) == 4
        for statement, parameters in queries:
            connection = await session.connection()
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            [how, *_] = [row[-1] for row in plan]
            assert "INDEX ix_" in how, (statement, how)
            assert "state=?" in how or "status=?" in how, (statement, how)
    await database.close()


@pytest.mark.parametrize("table", ["inbox", "outbox", "due_jobs"])
async def test_those_indexes_lead_with_the_state(database_url: str, table: str) -> None:
    """What was done long ago is most of each table."""
    database = Database(database_url)
    async with database.read() as session:
        of_table = {
            "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table",
            "postgresql": "SELECT indexdef FROM pg_indexes WHERE tablename = :table",
        }[session.get_bind().dialect.name]
        indexes = (await session.scalars(text(of_table), {"table": table})).all()
    await database.close()
    assert [one for one in indexes if one is not None and "(state, " in one]
