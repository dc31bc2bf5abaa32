"""Moves everything from one database to another, and compares both before it says so."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import RowMapping, Table, func, insert, select, text, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import StoreError
from bot.progress import Report, unseen
from bot.store.base import holdable
from bot.store.database import Database
from bot.store.migrate import SCHEMA, current_schema, migrate
from bot.store.tables import Base

_ROWS_TOGETHER = 1000


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One table as it is in both databases."""

    table: str
    rows: int
    checksum: str  # SHA-256 over its rows in the order of their keys


async def move(source: Database, target: Database, *, report: Report = unseen) -> Sequence[Moved]:
    """Copies every row into the target, which is empty; raises StoreError, and leaves it empty, where anything differs.

    The source is locked meanwhile and not changed. `report` counts rows: each is copied once and compared once.
    """
    found = await current_schema(source)
    if found != SCHEMA:
        has = f"schema {found}" if found else "no schema"
        raise StoreError(
            f"The database {source.shown} has {has}, and I move schema {SCHEMA} only. "
            "Bring it up to date first: incident-bot migrate."
        )
    await migrate(target)
    tables = Base.metadata.sorted_tables
    try:
        async with _locked(source, tables) as reading, target.write() as writing:
            for session, database in ((reading, source), (writing, target)):
                if database.shared:  # one is idle while the other is read
                    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            for table in tables:
                if await writing.scalar(select(func.count()).select_from(table)):
                    raise StoreError(f"The database {target.shown} is not empty: it has {table.name}. Take a new one.")
            counts = [await reading.scalar(select(func.count()).select_from(table)) or 0 for table in tables]
            done, total = 0, 2 * sum(counts)
            for table in tables:
                report(f"copying {table.name}", done=done, total=total)
                async for rows in _rows(reading, table):
                    await writing.execute(insert(table), [_fitting(row) for row in rows])
                    done += len(rows)
                    report(f"copying {table.name}", done=done, total=total)
                if target.shared:
                    await _number_on(writing, table)
            moved = []
            for table, count in zip(tables, counts, strict=True):
                report(f"comparing {table.name}", done=done, total=total)
                moved.append(await _compared(reading, writing, table))
                done += count
            return moved
    except SQLAlchemyError as problem:
        why = " ".join(str(getattr(problem, "orig", None) or problem).split())
        raise StoreError(f"The move was broken off and nothing was changed: {why}.") from problem


@asynccontextmanager
async def _locked(database: Database, tables: Sequence[Table]) -> AsyncIterator[AsyncSession]:
    """A transaction during which nobody else writes."""
    async with database.write() as session:  # in SQLite that is enough
        if database.shared:
            names = ", ".join(f'"{table.name}"' for table in tables)
            await session.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))
        yield session


async def _rows(session: AsyncSession, table: Table) -> AsyncIterator[Sequence[RowMapping]]:
    """All rows in the order of their keys, some at a time: a history of years does not fit into memory."""
    keys = list(table.primary_key.columns)
    after: tuple[Any, ...] | None = None
    while True:
        statement = select(table).order_by(*keys).limit(_ROWS_TOGETHER)
        if after is not None:
            statement = statement.where(tuple_(*keys) > after)
        rows = (await session.execute(statement)).mappings().all()
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][key.name] for key in keys)


def _fitting(row: RowMapping) -> dict[str, Any]:
    """SQLite's texts may hold what PostgreSQL's cannot."""
    return {name: holdable(value) if isinstance(value, str) else value for name, value in row.items()}


async def _number_on(session: AsyncSession, table: Table) -> None:
    """PostgreSQL gives out the numbers after those that were copied."""
    if "id" in table.columns:
        await session.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - our own table's name
                f'coalesce((SELECT max(id) FROM "{table.name}"), 0) + 1, false)'
            )
        )


async def _compared(source: AsyncSession, target: AsyncSession, table: Table) -> Moved:
    before, after = await _summed(source, table), await _summed(target, table)
    if before != after:
        raise StoreError(
            f"{table.name} differs after the move ({before.rows} rows, {before.checksum[:12]}; "
            f"{after.rows} rows, {after.checksum[:12]}). Nothing was kept in the new database."
        )
    return after


async def _summed(session: AsyncSession, table: Table) -> Moved:
    checksum, count = hashlib.sha256(), 0
    async for rows in _rows(session, table):
        for row in rows:
            line = json.dumps(_fitting(row), sort_keys=True, default=_written)
            checksum.update(line.encode() + b"\n")
        count += len(rows)
    return Moved(table=table.name, rows=count, checksum=checksum.hexdigest())


def _written(value: Any) -> str:
    """What JSON has no form for."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"a {type(value).__name__} has no written form")
