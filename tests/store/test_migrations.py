"""The migrations lead to the tables, and the start refuses what it cannot use."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.migrate import SCHEMA, migrate
from bot.store.tables import Base
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
