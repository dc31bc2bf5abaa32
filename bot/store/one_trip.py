"""SQLite's thread, with one trip to it for each statement.

aiosqlite keeps a thread for each connection. By its own cursors SQLAlchemy goes there four times for a query: to make
a cursor, to execute, to fetch and to close. A trip takes longer than most of our queries.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import aiosqlite

_CHUNK = 64  # rows; aiosqlite's own, for a way of fetching that nobody uses here


@dataclass(frozen=True, kw_only=True)
class _Result:
    description: Any
    rows: list[Any]
    rowcount: int
    lastrowid: int | None


class OneTripConnection(aiosqlite.Connection):
    def __init__(self, database: str, **arguments: Any) -> None:
        super().__init__(lambda: sqlite3.connect(database, **arguments), _CHUNK)
        self._thread.daemon = True  # as SQLAlchemy has it: a thread that hangs keeps no process alive

    def cursor(self) -> "OneTripCursor":  # type: ignore[override] # SQLAlchemy enters it itself
        return OneTripCursor(self)

    async def run(self, sql: str, parameters: Sequence[Any], *, many: bool = False) -> _Result:
        """Executes and fetches all. Raises what sqlite3 raises, as aiosqlite does."""
        found: _Result = await self._execute(self._run, sql, parameters, many)  # type: ignore[no-untyped-call]
        return found

    def _run(self, sql: str, parameters: Sequence[Any], many: bool) -> _Result:
        cursor = self._conn.executemany(sql, parameters) if many else self._conn.execute(sql, parameters)
        try:
            return _Result(
                description=cursor.description,
                rows=cursor.fetchall() if cursor.description else [],
                rowcount=cursor.rowcount,
                lastrowid=cursor.lastrowid,
            )
        finally:
            cursor.close()


class OneTripCursor:
    """What SQLAlchemy asks of a cursor; it fetches every statement's rows at once anyway."""

    arraysize = 1

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._result = _Result(description=None, rows=[], rowcount=-1, lastrowid=None)

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._result = await self._connection.run(sql, parameters)

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        self._result = await self._connection.run(sql, parameters, many=True)

    async def fetchall(self) -> list[Any]:
        return self._result.rows

    async def close(self) -> None:
        """Nothing of it is open."""

    @property
    def description(self) -> Any:
        return self._result.description

    @property
    def rowcount(self) -> int:
        return self._result.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._result.lastrowid
