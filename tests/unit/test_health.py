"""When a new process would do better than this one."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from bot.health import Health


def sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = code
    return error


AWAY = OperationalError("SELECT 1", {}, Exception("the server closed the connection"))


class Machine:
    """A machine's time, in seconds, that only the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def time(self) -> float:
        return self.seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def health(machine: Machine) -> Health:
    return Health(machine_time=machine.time)


def fail(health: Health, machine: Machine, problem: Exception, *, every: float, times: int) -> None:
    """A loop that fails and is started again; the last failure is now."""
    for _ in range(times):
        machine.seconds += every
        health.loop_failed("outbox", problem)


def test_a_loop_that_fails_for_over_a_minute_is_named(health: Health, machine: Machine) -> None:
    fail(health, machine, KeyError("what somebody wrote"), every=1, times=61)
    assert health.failing() == {}
    fail(health, machine, KeyError("what somebody wrote"), every=1, times=1)
    assert health.failing() == {"outbox": "has been failing for 61 s, last with KeyError"}


def test_a_loop_that_fails_seldom_is_well(health: Health, machine: Machine) -> None:
    """Each failure is its own: the loop has run for more than a minute in between."""
    fail(health, machine, KeyError(), every=61, times=20)
    assert health.failing() == {}


def test_a_loop_that_has_run_for_a_minute_since_is_well_again(health: Health, machine: Machine) -> None:
    fail(health, machine, KeyError(), every=1, times=100)
    machine.seconds += 60
    assert set(health.failing()) == {"outbox"}
    machine.seconds += 1
    assert health.failing() == {}


@pytest.mark.parametrize(
    "problem",
    [
        AWAY,
        InterfaceError("SELECT 1", {}, Exception("connection already closed")),
        InternalError("UPDATE outbox", {}, Exception("cannot execute UPDATE in a read-only transaction")),
        NoConnectionFree("QueuePool limit reached"),
        OperationalError("BEGIN", {}, sqlite_error(sqlite3.SQLITE_BUSY)),
        OperationalError("COMMIT", {}, sqlite_error(sqlite3.SQLITE_IOERR | 4 << 8)),  # an extended code
        OperationalError("SELECT 1", {}, psycopg.errors.AdminShutdown()),
        InternalError("UPDATE outbox", {}, psycopg.errors.ReadOnlySqlTransaction()),
        # As a task group raises them.
        ExceptionGroup("workers", [AWAY, ExceptionGroup("more", [AWAY])]),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_an_outage_of_the_database_is_no_reason_to_kill_the_bot(
    health: Health, machine: Machine, problem: Exception
) -> None:
    fail(health, machine, problem, every=1, times=3600)
    assert health.failing() == {}


@pytest.mark.parametrize(
    "problem",
    [
        OSError("Value too large for defined data type"),  # a time of a billion years, not the database
        TimeoutError(),
        OperationalError("SELECT 1", {}, sqlite_error(sqlite3.SQLITE_ERROR)),  # no such table
        OperationalError("INSERT", {}, psycopg.errors.ProgramLimitExceeded()),  # a value that no index can hold
        InternalError("SELECT 1", {}, psycopg.errors.InFailedSqlTransaction()),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_what_the_database_did_not_say_of_itself_is_a_fault(
    health: Health, machine: Machine, problem: Exception
) -> None:
    fail(health, machine, problem, every=1, times=62)
    assert set(health.failing()) == {"outbox"}


def test_a_fault_beside_an_outage_is_found(health: Health, machine: Machine) -> None:
    both = ExceptionGroup("workers", [AWAY, ExceptionGroup("more", [AWAY, KeyError()])])
    fail(health, machine, both, every=1, times=62)
    assert health.failing() == {"outbox": "has been failing for 61 s, last with KeyError"}


def test_a_fault_that_shows_between_outages_counts_from_its_first_time(health: Health, machine: Machine) -> None:
    for _ in range(4):
        fail(health, machine, KeyError(), every=10, times=1)
        fail(health, machine, AWAY, every=10, times=1)
    assert health.failing() == {"outbox": "has been failing for 70 s, last with KeyError"}
