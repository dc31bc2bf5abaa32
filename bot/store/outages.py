"""Tells an outage of the database from a fault of ours."""

import sqlite3

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# SQLite's codes for a file that is locked, read-only, cut off, full or away. Its general one (a wrong statement, no
# such table) is no outage, and neither are limits that a value is too large for. https://www.sqlite.org/rescode.html
_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
# PostgreSQL's classes: no connection, conflicts between transactions, resources, locks, operators, the system.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = frozenset({"08", "28", "3D", "40", "53", "55", "57", "58"})
_STANDBY = "25006"  # a write to a server that was made a standby


def fault_in(problem: BaseException) -> BaseException | None:
    """What of it is a fault of ours; None where all of it came from a database that is away, full or locked.

    A new process would find the database so too.
    """
    if isinstance(problem, BaseExceptionGroup):
        return next(filter(None, map(fault_in, problem.exceptions)), None)
    return None if _is_outage(problem) else problem


def _is_outage(problem: BaseException) -> bool:
    """Nothing but what the driver says of the database: an OSError of our own is a fault."""
    if isinstance(problem, NoConnectionFree):
        return True
    if not isinstance(problem, OperationalError | InterfaceError | InternalError):
        return False
    if problem.connection_invalidated:
        return True
    code = getattr(problem.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _SQLITE  # what is above the first byte tells more of the same
    state = getattr(problem.orig, "sqlstate", None)
    return state is None or state[:2] in _POSTGRESQL or state == _STANDBY


def first_line(problem: BaseException) -> str:
    """An error as it is kept in a row: what PostgreSQL adds on further lines quotes rows, and so what people wrote."""
    return f"{type(problem).__name__}: {problem}".split("\n", 1)[0]
