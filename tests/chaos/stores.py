"""The databases of the runs, and what can go wrong with them."""

import asyncio
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy.engine import make_url

from tests.databases import Databases, PostgresServer, SqliteFiles, own_postgres, postgres_server

# pgserver's lock is one object for all servers of a process, and not made for threads.
_one_at_a_time = threading.Lock()


class Store(Protocol):
    """One kind of database, for one run after the other."""

    async def fresh(self, folder: Path) -> str:
        """The address of a new database with the present schema and nothing in it."""
        ...

    async def drop(self, url: str) -> None: ...

    async def disturb(self, url: str, seconds: float) -> None:
        """Makes the database useless for about that long; returns when it is usable again."""
        ...

    async def cut_off(self, url: str) -> bool:
        """Cuts every connection to it; False where there are none to be cut."""
        ...


class SqliteStore:
    def __init__(self, folder: Path) -> None:
        self._databases: Databases = SqliteFiles(folder)

    async def fresh(self, folder: Path) -> str:
        return self._databases.fresh(folder)

    async def drop(self, url: str) -> None:
        self._databases.drop(url)

    async def disturb(self, url: str, seconds: float) -> None:
        """Another connection holds the lock of the writer."""
        connection = await asyncio.to_thread(self._lock, make_url(url).database or "")
        try:
            await asyncio.sleep(seconds)
        finally:
            connection.execute("ROLLBACK")
            connection.close()

    async def cut_off(self, url: str) -> bool:  # noqa: ARG002 - a file
        return False

    @staticmethod
    def _lock(file: str) -> sqlite3.Connection:
        connection = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")
        return connection


class PostgresStore:
    """`own`: pgserver's handle where the server is ours to be restarted."""

    def __init__(self, server: PostgresServer, own: Any = None) -> None:
        self._server = server
        self._own = own

    async def fresh(self, folder: Path) -> str:
        return await asyncio.to_thread(self._server.fresh, folder)

    async def drop(self, url: str) -> None:
        await asyncio.to_thread(self._server.drop, url)

    async def disturb(self, url: str, seconds: float) -> None:
        """Stops the server and starts it again; one that is not ours only loses its connections."""
        if self._own is None:
            await self.cut_off(url)
            return
        await asyncio.to_thread(self._locked, self._own.stop)
        try:
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(self._locked, self._own.start)

    async def cut_off(self, url: str) -> bool:
        return await asyncio.to_thread(self._cut_off, url)

    @staticmethod
    def _locked(do: Any) -> None:
        with _one_at_a_time:
            do()

    @staticmethod
    def _cut_off(url: str) -> bool:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
        with psycopg.connect(plain, autocommit=True) as connection:
            row = connection.execute(f"{others} AND pid <> pg_backend_pid()").fetchone()
        return bool(row and row[0])


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[Store]:
    """Outside any event loop; `folder` holds what has to be kept ready."""
    if kind == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
        yield SqliteStore(folder)
    elif os.environ.get("TEST_DATABASE_URL"):
        with postgres_server() as server:
            yield PostgresStore(server)
    else:
        with own_postgres() as own:
            # Commits reach the log's file at once, or a restart would lose what the bot was told is committed;
            # that the machine itself fails is not tried here.
            own.psql("ALTER SYSTEM SET fsync = off;")
            own.psql("SELECT pg_reload_conf();")
            yield PostgresStore(PostgresServer(make_url(own.get_uri()).set(drivername="postgresql+psycopg")), own)
