"""Tells an outage of the database from a fault of ours."""

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

# InternalError is what PostgreSQL says of a write to a server that was made a standby.
_OUTAGES = (OperationalError, InterfaceError, InternalError, NoConnectionFree, OSError)


def fault_in(problem: BaseException) -> BaseException | None:
    """What of it is a fault of ours; None where all of it came from a database that is away, full or locked.

    A new process would find the database so too.
    """
    if isinstance(problem, BaseExceptionGroup):
        return next(filter(None, map(fault_in, problem.exceptions)), None)
    return None if isinstance(problem, _OUTAGES) else problem
