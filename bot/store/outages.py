"""Tells an outage of the database from a fault of ours."""

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# InternalError is what PostgreSQL says of a write to a server that was made a standby.
_OUTAGES = (OperationalError, InterfaceError, InternalError, NoConnectionFree, OSError)


def is_outage(problem: BaseException) -> bool:
    """Whether this came from a database that is away, full or locked: a new process of ours would find it so too."""
    return isinstance(problem, _OUTAGES)
