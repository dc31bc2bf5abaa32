"""The migrations lead to the tables, and the start refuses what it cannot use."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, delete, select, text
from sqlalchemy.exc import IntegrityError

from bot.domain.entries import Naming, told
from bot.errors import StoreError
from bot.store import migrate as migrate_module
from bot.store.database import Database
from bot.store.migrate import SCHEMA, migrate
from bot.store.tables import Base, ImpactInterval, Incident, Message, MessageVersion, TimelineEntry
from tests.databases import Databases


@pytest.fixture
def empty_url(each_kind: Databases, tmp_path: Path) -> Iterator[str]:
    """A database of each kind without a schema."""
    url = each_kind.empty(tmp_path)
    yield url
    each_kind.drop(url)


async def test_the_migrated_schema_is_that_of_the_tables(empty_url: str) -> None:
    database = Database(empty_url)
    assert await migrate(database)
    assert not await migrate(database), "a second start finds nothing to do"

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with database.reader.connect() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


def test_the_newest_migration_is_the_one_that_the_start_looks_for() -> None:
    files = (Path(__file__).parents[2] / "bot/store/migrations/versions").glob("*.py")
    assert max(file.name.split("_")[0] for file in files) == SCHEMA


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate_module.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


async def test_what_the_timeline_tells_of_impact_is_known_after_the_migration(empty_url: str) -> None:
    """Before, only the last resolution counted, and a mitigation that did not hold was forgotten."""
    database = Database(empty_url)
    reopened = [("10:20", "investigating", "monitoring"), ("10:40", "monitoring", "resolved")]
    reopened += [("11:40", "resolved", "investigating"), ("12:00", "investigating", "resolved")]
    cancelled = [("10:05", "investigating", "cancelled")]
    async with database.writer.begin() as connection:
        await connection.run_sync(_upgrade, "0003")
        for number, changes in ((1, reopened), (2, cancelled), (3, [])):
            await connection.execute(
                text(
                    "INSERT INTO incidents (id, team_id, number, kind, title, description, status, priority,"
                    " priority_because, is_private, reporter, impact_started_at, detected_at, declared_at) VALUES (:n,"
                    " 'T1', :n, 'incident', 'x', '', 'investigating', 'p1', '', false, 'U1', '2026-03-02 10:00:00',"
                    " '2026-03-02 10:00:00', '2026-03-02 10:00:00')"
                ),
                {"n": number},
            )
            for at, before, after in changes:
                await connection.execute(
                    text(
                        "INSERT INTO timeline_entries (team_id, incident_id, at, kind, text, data) VALUES"
                        " ('T1', :n, :at, 'status', '', :data)"
                    ),
                    {"n": number, "at": f"2026-03-02 {at}:00", "data": json.dumps({"before": before, "after": after})},
                )
    await migrate(database)
    async with database.read() as session:
        rows = (await session.scalars(select(ImpactInterval).order_by(ImpactInterval.id))).all()
        mitigated = (await session.scalars(select(Incident.mitigated_at).order_by(Incident.number))).all()
    assert [
        (row.incident_id, f"{row.started_at:%H:%M}", f"{row.ended_at:%H:%M}" if row.ended_at else None) for row in rows
    ] == [(1, "10:00", "10:40"), (1, "11:40", "12:00"), (2, "10:00", "10:05"), (3, "10:00", None)]
    assert [f"{one:%H:%M}" if one else None for one in mitigated] == ["10:20", None, None]
    await database.close()


_NAMING = Naming(person=lambda user_id: f"@{user_id}", role=str.title, priority=str.upper)


# As they were kept: kind, text, data. What stands in the columns and is told now: words, heading.
_ENTRIES: list[tuple[str, str, dict[str, object], str, str]] = [
    ("note", "Only &lt;Europe&gt; &amp; &lt;@U1&gt;", {}, "Only <Europe> & <@U1>", ""),
    ("declared", "Declared as P2: a: b &amp; c", {"priority": "p2"}, "a: b & c", "Declared as P2"),
    ("update", "Update sent: We&lt;", {"update_id": 1}, "We<", "Update sent"),
    ("action", "Action item: Test: it", {"owner": None}, "Test: it", "Action item"),
    (
        "status",
        "Status: x",
        {"before": "identified", "after": "monitoring"},
        "",
        "Status: identified → monitoring",
    ),
    ("status", "Closed", {"before": "resolved", "after": "closed"}, "", "Closed"),
    (
        "status",
        "Resolved. Verified: a: &amp;",
        {"before": "identified", "after": "resolved"},
        "a: &",
        "Resolved. Verified",
    ),
    (
        "status",
        "Reopened: It is back",
        {"before": "resolved", "after": "investigating", "reason": "It is back"},
        "It is back",
        "Reopened",
    ),
    (
        "priority",
        "Priority: P1 → P2, because: a, because: b",
        {"before": "p1", "after": "p2"},
        "a, because: b",
        "Priority: P1 → P2, because",
    ),
    (
        "priority",
        "Priority: P1 → P2, because: &lt;",
        {"before": "p1", "after": "p2", "because": "<"},
        "<",
        "Priority: P1 → P2, because",
    ),
    (
        "role",
        "Tech is <@U1>, after <@U2>",
        {"role": "tech", "person": "U1", "before": ["U2"], "change": "assigned"},
        "",
        "Tech is @U1, after @U2",
    ),
    ("role", "x", {"role": "tech", "person": "U1", "change": "released"}, "", "@U1 stepped down as Tech"),
    (
        "channel",
        "Channel renamed: #a → #b",
        {"change": "renamed", "name": "b"},
        "",
        "Channel renamed: #a → #b",
    ),
    ("channel", "Channel archived", {"change": "archived", "name": None}, "", "Channel archived"),
    (
        "erased",
        "Erased 2 messages by <@U1>: a &amp; b: c",
        {"instead": "(erased)"},
        "a & b: c",
        "Erased 2 messages by @U1",
    ),
    ("erased", "Erased 1 message: They asked", {"instead": "(erased)"}, "They asked", "Erased 1 message"),
    (
        "promise",
        "Next update promised sooner: by 2026-03-02 15:00 UTC",
        {"before": None, "after": "2026-03-02T15:00:00Z"},
        "",
        "Next update promised sooner: by 2026-03-02 15:00 UTC",
    ),
]


async def test_entries_that_were_kept_as_markup_say_the_same(empty_url: str) -> None:
    database = Database(empty_url)
    async with database.writer.begin() as connection:
        await connection.run_sync(_upgrade, "0012")
        await connection.execute(
            text(
                "INSERT INTO incidents (id, team_id, number, kind, title, description, status, priority,"
                " priority_because, is_private, reporter, impact_started_at, detected_at, declared_at) VALUES (1,"
                " 'T1', 1, 'incident', 'x', '', 'investigating', 'p1', '', false, 'U1', '2026-03-02 10:00:00',"
                " '2026-03-02 10:00:00', '2026-03-02 10:00:00')"
            )
        )
        for kind, markup, data, _, _ in _ENTRIES:
            await connection.execute(
                text(
                    "INSERT INTO timeline_entries (team_id, incident_id, at, kind, text, data) VALUES"
                    " ('T1', 1, '2026-03-02 10:00:00', :kind, :text, :data)"
                ),
                {"kind": kind, "text": markup, "data": json.dumps(data)},
            )
    await migrate(database)
    async with database.read() as session:
        entries = (await session.scalars(select(TimelineEntry).order_by(TimelineEntry.id))).all()
    assert [(one.kind, one.words, told(one.kind, one.data, _NAMING)) for one in entries] == [
        (kind, words, heading) for kind, _, _, words, heading in _ENTRIES
    ]
    await database.close()


async def test_a_database_of_the_first_version_keeps_its_rows(empty_url: str) -> None:
    """SQLite rebuilds tables, which rows that refer to them once forbade."""
    database = Database(empty_url)
    async with database.writer.begin() as connection:
        await connection.run_sync(_upgrade, "0001")
        await connection.execute(
            text(
                "INSERT INTO messages (id, team_id, channel_id, ts, text, files)"
                " VALUES (1, 'T1', 'C1', '1.0', 'x', '[]')"
            )
        )
        await connection.execute(
            text("INSERT INTO message_versions (team_id, message_id, version_ts, text) VALUES ('T1', 1, '1.0', 'x')")
        )
    await migrate(database)
    async with database.write() as session:
        assert (await session.scalars(select(MessageVersion.text))).all() == ["x"]
        with pytest.raises(IntegrityError):  # foreign keys hold again
            await session.execute(delete(Message))
        await session.rollback()
    await database.close()


async def test_replicas_that_start_together_migrate_once(postgresql: Databases, tmp_path: Path) -> None:
    url = postgresql.empty(tmp_path)
    replicas = [Database(url) for _ in range(4)]
    await asyncio.gather(*(migrate(one) for one in replicas))
    async with replicas[0].read() as session:
        assert (await session.scalars(text("SELECT version_num FROM alembic_version"))).all() == [SCHEMA]
    for one in replicas:
        await one.close()
    postgresql.drop(url)


async def test_a_newer_schema_is_refused_with_what_to_do(database_url: str) -> None:
    database = Database(database_url)
    async with database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(StoreError, match="Install the newer incident-bot"):
            await migrate(database)
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense", "DATABASE_URL is not an address"),
        ("oracle+nothing://x", "DATABASE_URL is not an address"),
        ("sqlite://", "names no file"),
        ("sqlite:////does/not/exist.db", "there is no folder /does/not"),
        ("sqlite:////", "is a folder"),
        ("mysql://somewhere/x", "neither SQLite nor PostgreSQL"),
    ],
)
def test_an_address_that_will_not_do_is_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        Database(url)


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_belongs_to_a_workspace(table: object) -> None:
    assert "team_id" in table.columns  # type: ignore[attr-defined]


async def test_a_server_that_is_not_there_is_a_sentence_without_the_password() -> None:
    database = Database("postgresql://bot:secret@127.0.0.1:1/incidents")
    with pytest.raises(StoreError, match=r"postgresql\+psycopg://bot:\*\*\*@127\.0\.0\.1:1.* cannot be used") as caught:
        await migrate(database)
    assert "secret" not in str(caught.value)
    await database.close()
