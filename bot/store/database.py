"""Opens the database, and transactions in it: a file of SQLite's for one process, PostgreSQL for any number."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from bot.errors import StoreError
from bot.files import make_own, too_open
from bot.store.one_trip import OneTripConnection

log = logging.getLogger(__name__)

_EXAMPLES = "sqlite+aiosqlite:///incident-bot.db or postgresql+psycopg://user:password@host/name"
# Connections of one replica; a transaction takes milliseconds, so few are enough.
_CONNECTIONS, _MORE_IN_A_RUSH = 8, 8


class Database:
    """Transactions; on SQLite through two engines, since a writer's BEGIN IMMEDIATE would stop readers too."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            if parsed.drivername in ("sqlite", "sqlite+aiosqlite"):
                self.url = parsed.set(drivername="sqlite+aiosqlite")
                _open_file(parsed.database)
                self.writer = _sqlite_engine(
                    self.url.render_as_string(hide_password=False), begin="BEGIN IMMEDIATE", connections=1
                )
                self.reader = _sqlite_engine(
                    self.url.render_as_string(hide_password=False), begin="BEGIN", connections=5
                )
                self._single = self.writer.execution_options(single_statement=True)
            elif parsed.get_backend_name() == "postgresql":
                self.url = parsed.set(drivername="postgresql+psycopg")
                self.writer = _postgresql_engine(self.url)
                self._single = _postgresql_engine(self.url, single=True)
                # Several queries of one look see one state of things, as they do in SQLite.
                self.reader = self.writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                raise _no_address(f"{parsed.drivername} is neither SQLite nor PostgreSQL")
        except (ArgumentError, NoSuchModuleError, ValueError) as problem:  # ValueError: a port that is no number
            # Not the whole sentence of SQLAlchemy: it repeats the address, and with it a password.
            raise _no_address("it isn't written as one") from problem
        except ImportError as problem:
            raise StoreError(
                f"DATABASE_URL asks for a driver that is not installed ({problem.name}). "
                "For PostgreSQL: pip install 'incident-bot[postgres]'."
            ) from problem

    @property
    def shared(self) -> bool:
        """Whether other processes may be at work in it; a file of SQLite's belongs to one."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def shown(self) -> str:
        """Its address for people, without the password."""
        return self.url.render_as_string(hide_password=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that commits at the end, or leaves nothing behind."""
        async with AsyncSession(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[AsyncConnection]:
        """For one statement, which is a transaction by itself: with fewer exchanges than `write`.

        After an outage the first one fails; it is the caller's to repeat it.
        """
        async with self._single.connect() as connection:
            yield connection

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[AsyncConnection]:
        """A transaction in which tables may be rebuilt.

        SQLite changes little of a table that is there: it is copied, dropped and renamed, which its foreign keys would
        forbid, or follow. They rest meanwhile, and are checked before the commit. That cannot be switched within a
        transaction.
        """
        if self.shared:
            async with self.writer.begin() as connection:
                yield connection
            return
        await self._enforce_foreign_keys(False)
        try:
            async with self.writer.begin() as connection:
                yield connection
                broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
                if broken:
                    raise StoreError(f"The migration was broken off: rows of {broken[0][0]} would have lost theirs.")
        finally:
            await self._enforce_foreign_keys(True)

    async def _enforce_foreign_keys(self, whether: bool) -> None:
        """SQLite's one writing connection keeps it."""
        async with self.statement() as connection:
            await connection.exec_driver_sql(f"PRAGMA foreign_keys={'ON' if whether else 'OFF'}")

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only reads, and sees one state of things."""
        async with AsyncSession(self.reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    async def forget(self) -> None:
        """What was written over is gone from SQLite's log too; in PostgreSQL that is for VACUUM and the archive."""
        if not self.shared:
            async with self._single.connect() as connection:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        await self.writer.dispose()
        await self.reader.dispose()
        await self._single.dispose()


def _no_address(why: str) -> StoreError:
    return StoreError(f"DATABASE_URL is not an address that I can use ({why}). Write for example {_EXAMPLES}.")


def _open_file(name: str | None) -> None:
    """Makes the file, for this user alone, or says what is wrong with it before a connection has less to say."""
    if not name or name == ":memory:":
        raise StoreError("DATABASE_URL names no file; write for example sqlite+aiosqlite:///incident-bot.db.")
    path = Path(name)
    if not path.parent.is_dir():
        raise StoreError(f"The database {name} cannot be opened: there is no folder {path.parent}. Make it first.")
    if path.is_dir():
        raise StoreError(f"The database {name} is a folder; name a file in it.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise StoreError(
            f"The database {path.resolve()} cannot be written by this user. Let it write to {path.resolve().parent}, "
            "or name another file in DATABASE_URL. In a container that folder must be a volume: "
            "--volume incident-bot:/data"
        )
    make_own(path)  # SQLite gives the files beside it the same rights
    if warning := too_open(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")):
        log.warning("%s", warning, extra={"action": "too_open"})


def _postgresql_engine(url: URL, *, single: bool = False) -> AsyncEngine:
    """`single`: one connection for statements that are transactions by themselves and that can be repeated."""
    # A pooler may need statements that are not prepared; psycopg takes a number or None, a URL has words only.
    prepare = str(url.query.get("prepare_threshold", 5))
    # READ COMMITTED, PostgreSQL's own: what must not change under a unit of work is locked by it, row by row.
    # Before each use a connection is tried: after a restart of the server the first command finds a live one.
    engine = create_async_engine(
        url.difference_update_query(["prepare_threshold"]),
        pool_size=1 if single else _CONNECTIONS,
        max_overflow=0 if single else _MORE_IN_A_RUSH,
        pool_pre_ping=not single,
        isolation_level="AUTOCOMMIT" if single else "READ COMMITTED",
        hide_parameters=True,  # what people write does not belong into the log of an error
        connect_args={
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,  # milliseconds, until a network that swallows everything is taken as broken
            "application_name": "incident-bot",
            "prepare_threshold": int(prepare) if prepare.isdigit() else None,
        },
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # The locks of a replica that has stopped in the middle of a transaction, or is cut off, are not held for ever.
        cursor.execute("SET idle_in_transaction_session_timeout = '15s'")
        cursor.execute("SET lock_timeout = '10s'")
        cursor.close()
        connection.commit()

    return engine


def _sqlite_engine(url: str, *, begin: str, connections: int) -> AsyncEngine:
    # One writer: waiting for its turn in the pool is fair and at once, waiting for SQLite's lock is polling.
    # isolation_level=None: the driver must not open a deferred transaction of its own, in which concurrent
    # read-modify-writes lose each other's changes without an error.
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": 30, "async_creator_fn": OneTripConnection},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # With WAL, NORMAL survives a crash of the process but not always one of the machine.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # What is deleted or written over leaves nothing behind in the file.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        if not connection.get_execution_options().get("single_statement"):
            connection.exec_driver_sql(begin)

    return engine
