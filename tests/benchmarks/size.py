"""What people wait for in the database of an organisation that has had a hundred thousand incidents."""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from bot.bootstrap import open_desk
from bot.config import Environment
from bot.service.command import Answer, Call, Form, read
from bot.service.desk import Desk, UnitOfWork
from bot.service.incidents import number_here, of_channel
from bot.slack.inbound.interactions import Interactions
from bot.slack.inbound.membership import Membership
from bot.slack.inbound.requester import Requester
from bot.slack.messages import facts
from bot.slack.outbound.gateway import Gateway
from bot.store.database import Database
from bot.store.tables import Person, Workspace
from commands import find_commands
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.open_incidents import open_incidents
from tests.databases import Databases
from tests.volumes import fill

INCIDENTS = 100_000
MESSAGES = 5_000_000
OPEN = 1_000
TIMES = 50
IN_THE_DATABASE = 20.0  # ms
# Of everything but messages each closed incident has so many: timeline entries, updates, prompts, outbox items …
_OF_EACH = 5
_TEAM, _PERSON = "T1", "U1"
_MESSAGES = text(
    "INSERT INTO messages (team_id, channel_id, ts, person, text, found_missing, files) "
    "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < :each) "
    "SELECT team_id, external_id, (1700001000 + k.i) || '.000001', 'U1', 'It is slow again', false, '[]' "
    "FROM postings JOIN k ON true WHERE external_id LIKE 'COLD%'"
)
_VERSIONS = text(
    "INSERT INTO message_versions (team_id, message_id, version_ts, text) "
    "SELECT team_id, id, ts, text FROM messages WHERE ts > '1700001000'"
)

# What is done to one of the open incidents, by its number.
Doing = Callable[[Desk, int], Awaitable[object]]


async def measure_size(
    kinds: Sequence[Databases],
    folder: Path,
    *,
    incidents: int = INCIDENTS,
    messages: int = MESSAGES,
    still_open: int = OPEN,
    times: int = TIMES,
) -> list[Figure]:
    """The statements of `times` uses of each, summed for each use; and how long the making of the rows took."""
    figures = []
    for databases in kinds:
        place = folder / databases.kind
        url = _new_database(databases, place)
        try:
            began = time.perf_counter()
            await _make_rows(url, incidents, messages, still_open)
            loading = time.perf_counter() - began
            async with open_desk(Environment.read({"DATABASE_URL": url})) as desk:
                for name, (what, doing) in _DOINGS.items():
                    statements, whole = await _measure(desk, doing, still_open=still_open, times=times)
                    figures += _figures(f"size_{databases.kind}_{name}", f"{databases.kind}, {what}", statements, whole)
        finally:
            databases.drop(url)
        what = (
            f"{databases.kind}: making {incidents:,} incidents, {still_open:,} of them open, and {messages:,} messages"
        )
        figures.append(Figure(name=f"size_{databases.kind}_loading", what=what, unit="s", values=(loading,)))
    return figures


def _figures(name: str, what: str, statements: list[float], whole: list[float]) -> list[Figure]:
    return [
        Figure(
            name=f"{name}_{key}",
            what=f"{what}: in the database, {key}",
            unit="ms",
            values=(percentile(statements, share),),
            at_most=IN_THE_DATABASE,
        )
        for key, share in (("median", 0.5), ("p99", 0.99))
    ] + [
        Figure(
            name=f"{name}_whole",
            what=f"{what}: with our own work and the commit, median",
            unit="ms",
            values=(percentile(whole, 0.5),),
        )
    ]


async def _make_rows(url: str, incidents: int, messages: int, still_open: int) -> None:
    closed = incidents - still_open
    database = Database(url)
    async with database.write() as session:
        session.add(Workspace(team_id=_TEAM, name="W", url="https://w.example", bot_user_id="UBOT", bot_id="BBOT"))
        session.add(Person(team_id=_TEAM, user_id=_PERSON, handle="ana", name="Ana Torres", tz="UTC"))
        if not database.shared:
            await session.execute(text("PRAGMA cache_size = -500000"))  # of this connection: the rows are made faster
        await fill(session, _TEAM, incidents=closed, messages_each=_OF_EACH)
        await session.execute(_MESSAGES, {"each": max(1, messages // closed - _OF_EACH)})
        await session.execute(_VERSIONS)
    await database.close()
    rooms = [{"channel_id": _channel(number), "channel_name": f"inc-{number}"} for number in range(1, still_open + 1)]
    later = datetime.now(UTC) + timedelta(hours=1)
    await open_incidents(url, rooms, due=[later] * still_open, commander=_PERSON, reporter=_PERSON)
    if database.shared:  # PostgreSQL does so by itself within a minute; nobody does in SQLite
        async with database.write() as session:
            await session.execute(text("ANALYZE"))
        await database.close()


def _channel(number: int) -> str:
    return f"COPEN{number}"


def _typed(typed: str) -> Doing:
    """/incident TYPED in the channel of an open incident, as the listener does it, to the promise of its answer."""
    commands = find_commands()

    async def do(desk: Desk, number: int) -> None:
        key = f"{typed}:{number}:{time.perf_counter_ns()}"
        asked = Requester(person=_PERSON, key=key, trigger_id=key, response_url="https://w.example/answer")

        answers = []

        async def doing(uow: UnitOfWork) -> Answer | Form:
            reading = read(commands, typed, here=await number_here(uow, _channel(number)))
            call = Call(
                uow=uow,
                person=_PERSON,
                channel_id=_channel(number),
                line=reading.line,
                number=reading.number,
                key=key,
                help=commands,
            )
            answers.append(await reading.command.run(call))
            return answers[-1]

        slack = Gateway(token="", api_url="")
        nobody = Workspace(team_id=desk.team_id, name="", url="", bot_user_id="UBOT", bot_id="BBOT")
        await Interactions(desk, slack, Membership(desk, slack, nobody)).do(asked, doing)
        assert answers, "it was refused"

    return do


async def _prepare_card(desk: Desk, number: int) -> None:
    async with desk.look() as uow:
        incident = await of_channel(uow, _channel(number))
        assert incident is not None
        await facts.card(uow, incident)


_DOINGS: dict[str, tuple[str, Doing]] = {
    "list": ("/incident list", _typed("list")),
    "status": ("/incident status", _typed("status")),
    "card": ("the card's preparation", _prepare_card),
}


async def _measure(desk: Desk, doing: Doing, *, still_open: int, times: int) -> tuple[list[float], list[float]]:
    """ms of each use in the database, and of the whole with its commit; the first, which compiles, does not count."""
    in_the_database, altogether = [], []
    for number in range(times + 1):
        with _statements(desk.database) as statements:
            began = time.perf_counter()
            await doing(desk, number % still_open + 1)
            altogether.append((time.perf_counter() - began) * 1000)
        assert statements, "it asked the database nothing"
        in_the_database.append(sum(statements) * 1000)
    return in_the_database[1:], altogether[1:]


@contextmanager
def _statements(database: Database) -> Iterator[list[float]]:
    """The seconds of each statement that is run meanwhile, as its caller waits for it."""
    seconds: list[float] = []
    began: list[float] = []

    def before(*_: Any) -> None:
        began.append(time.perf_counter())

    def after(*_: Any) -> None:
        seconds.append(time.perf_counter() - began.pop())

    # On PostgreSQL the reader is the writer with other options, and tells through it.
    engines = [database.writer] if database.shared else [database.writer, database.reader]
    for engine in engines:
        event.listen(engine.sync_engine, "before_cursor_execute", before)
        event.listen(engine.sync_engine, "after_cursor_execute", after)
    try:
        yield seconds
    finally:
        for engine in engines:
            event.remove(engine.sync_engine, "before_cursor_execute", before)
            event.remove(engine.sync_engine, "after_cursor_execute", after)


def _new_database(databases: Databases, folder: Path) -> str:
    folder.mkdir()
    return databases.fresh(folder)
