"""/healthz, /readyz and /metrics of a bot at work: right, and without anybody's words."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from bot import __version__
from bot.application import Application
from bot.service import prompts
from bot.service.due import Job
from bot.store import inbox
from bot.store.database import Database
from bot.store.migrate import SCHEMA
from bot.store.tables import InboxItem
from bot.web.monitor import Monitor
from bot.web.server import Server
from tests.databases import Databases
from tests.world import World, open_world

pytestmark = pytest.mark.one_database

# All that is told, for whoever builds alerts and boards on it.
NAMES = {
    "incident_bot_acknowledgement_seconds",
    "incident_bot_database_up",
    "incident_bot_due_job_lateness_seconds",
    "incident_bot_due_jobs_failed",
    "incident_bot_inbox_items",
    "incident_bot_inbox_oldest_seconds",
    "incident_bot_info",
    "incident_bot_open_incidents",
    "incident_bot_open_private_incidents",
    "incident_bot_outbox_items",
    "incident_bot_outbox_oldest_seconds",
    "incident_bot_receiving",
    "incident_bot_slack_calls",  # as the parser names a counter: without _total
}


class Watcher:
    """Whoever asks the monitor, over HTTP."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def ask(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self._http.get(path) as reply:
            return reply.status, await reply.json()

    async def until_ready(self, status: int) -> None:
        """Until /readyz answers with this."""
        async with asyncio.timeout(20):
            while (await self.ask("/readyz"))[0] != status:  # noqa: ASYNC110 - the monitor sets no event
                await asyncio.sleep(0.02)

    async def text(self) -> str:
        async with self._http.get("/metrics") as reply:
            assert reply.status == 200
            assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            return await reply.text()

    async def numbers(self) -> dict[str, float]:
        """`name{label=value}` -> value, as Prometheus understands the answer."""
        found = {}
        for family in text_string_to_metric_families(await self.text()):
            for sample in family.samples:
                labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
                key = f"{sample.name}{{{labels}}}" if labels else sample.name
                assert key not in found, "no series is told twice"
                found[key] = sample.value
        return found


def monitor_of(bot: Application) -> Monitor:
    return Monitor(desk=bot.desk, health=bot.health, receiving=bot.receiver.receiving, stalled_for=bot.stalled_for)


@asynccontextmanager
async def watching(world: World) -> AsyncIterator[Watcher]:
    server = Server("--monitor", "127.0.0.1", 0)
    bot = world.bot
    monitor = Monitor(desk=bot.desk, health=bot.health, receiving=bot.receiver.receiving, stalled_for=bot.stalled_for)
    monitor.serve(server.site)
    async with server, aiohttp.ClientSession(f"http://{server.address}") as http:
        yield Watcher(http)


@pytest.fixture
async def watcher(world: World) -> AsyncIterator[Watcher]:
    async with watching(world) as found:
        yield found


def grown(before: dict[str, float], after: dict[str, float], name: str) -> float:
    """Counters belong to the process, which other tests have used before."""
    return after.get(name, 0) - before.get(name, 0)


async def test_a_declaration_and_the_calls_that_failed_show_in_the_metrics(world: World, watcher: Watcher) -> None:
    before = await watcher.numbers()
    assert before["incident_bot_open_incidents{priority=p1}"] == 0
    world.server.faults.set({"error": {"method": "pins.add", "error": "not_pinnable"}})
    world.server.faults.set({"rate_limit": {"method": "conversations.setTopic", "count": 1, "retry_after": 5}})
    world.server.faults.set({"drop_after_accept": {"method": "conversations.invite", "count": 1}})
    channel = await world.declare()
    await world.pass_time(seconds=30)
    await world.say("ben", channel, "Rolled back")
    after = await watcher.numbers()

    calls = "incident_bot_slack_calls_total"
    assert grown(before, after, f"{calls}{{method=conversations.create,result=ok}}") == 1
    assert grown(before, after, f"{calls}{{method=pins.add,result=refused}}") == 1
    assert grown(before, after, f"{calls}{{method=conversations.setTopic,result=busy}}") == 1
    assert grown(before, after, f"{calls}{{method=conversations.setTopic,result=ok}}") == 1
    assert grown(before, after, f"{calls}{{method=conversations.invite,result=unclear}}") == 1
    assert grown(before, after, f"{calls}{{method=response_url,result=ok}}") == 1

    acknowledged = "incident_bot_acknowledgement_seconds"
    assert grown(before, after, f"{acknowledged}_count{{kind=interaction}}") == 1
    assert grown(before, after, f"{acknowledged}_count{{kind=event}}") >= 1
    assert 0 < grown(before, after, f"{acknowledged}_sum{{kind=interaction}}") < 3

    assert after["incident_bot_open_incidents{priority=p1}"] == 1
    assert after["incident_bot_open_incidents{priority=p2}"] == 0
    assert after["incident_bot_outbox_items{state=refused}"] == 1
    assert after["incident_bot_outbox_items{state=waiting}"] == 0
    assert after["incident_bot_outbox_oldest_seconds"] == 0
    assert after["incident_bot_inbox_items{state=waiting}"] == 0
    assert after[f"incident_bot_info{{schema={SCHEMA},version={__version__}}}"] == 1

    await world.command("ana", "resolve Watched it for an hour", channel=channel)
    assert (await watcher.numbers())["incident_bot_open_incidents{priority=p1}"] == 0


async def test_the_names_are_these(world: World, watcher: Watcher) -> None:
    await world.declare()
    families = {family.name: family for family in text_string_to_metric_families(await watcher.text())}
    assert set(families) == NAMES
    assert all(family.documentation for family in families.values())


async def test_what_waits_for_slack_grows_old_and_is_gone_when_slack_is_back(world: World, watcher: Watcher) -> None:
    world.server.faults.set({"error": {"method": "conversations.create", "error": 503}})
    await world.command("ana", "declare p1 Checkout returns 503")
    await world.pass_time(minutes=2)
    found = await watcher.numbers()
    assert found["incident_bot_outbox_items{state=waiting}"] >= 1
    assert found["incident_bot_outbox_oldest_seconds"] == 120
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    found = await watcher.numbers()
    assert found["incident_bot_outbox_items{state=waiting}"] == 0
    assert found["incident_bot_outbox_oldest_seconds"] == 0


async def test_what_could_not_be_applied_or_done_is_counted(
    world: World, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.declare()

    async def fail(*_: object) -> None:
        raise RuntimeError("what somebody wrote")

    before = await watcher.numbers()
    async with world.bot.desk.work() as uow:  # an item that holds nothing
        row = {"key": "Ev1", "lane": "C1", "body": {}, "state": "waiting", "received_at": uow.now}
        uow.session.add(InboxItem(team_id=uow.team_id, **row))
    await world.settle()
    monkeypatch.setitem(world.bot._jobs._jobs, prompts.JOB, Job(run=fail, what="fail"))
    await world.pass_time(minutes=40)
    after = await watcher.numbers()
    assert after["incident_bot_inbox_items{state=failed}"] == 1
    assert after["incident_bot_due_jobs_failed"] == 1
    assert grown(before, after, "incident_bot_due_job_lateness_seconds_count") == 0, "it was not done"


async def test_a_job_that_is_done_on_time_is_not_late(world: World, watcher: Watcher) -> None:
    before = await watcher.numbers()
    await world.declare()
    await world.pass_time(minutes=31)
    after = await watcher.numbers()
    lateness = "incident_bot_due_job_lateness_seconds"
    assert grown(before, after, f"{lateness}_count") == 1
    assert grown(before, after, f"{lateness}_sum") == 0, "the clock stood still while it was done"


async def test_nothing_that_people_wrote_and_nobodys_name_is_told(world: World, watcher: Watcher) -> None:
    world.server.faults.set({"error": {"method": "chat.postMessage", "error": "restricted_action"}})
    channel = await world.declare("p1 Merger with Globex leaked private:yes service:payroll")
    await world.say("ana", channel, "Globex knows")
    asked = [await watcher.text(), *[json.dumps((await watcher.ask(path))[1]) for path in ("/healthz", "/readyz")]]
    told = "\n".join(line for line in "\n".join(asked).splitlines() if not line.startswith("#"))
    people = [name for user in world.workspace.users.values() for name in (user.id, user.name)]
    rooms = [name for room in world.workspace.channels.values() for name in (room.id, room.name)]
    wrote = ["merger", "globex", "leaked", "knows", "payroll"]
    words = set(re.split(r"[^a-z0-9_-]+", told.lower())) - {""}
    assert words & {word.lower() for word in [*wrote, *people, *rooms]} == set()
    assert "incident_bot_open_private_incidents 1.0" in told, "that there is one is no secret"
    assert 'incident_bot_open_incidents{priority="p1"} 0.0' in told, "how urgent it is, is one"


async def test_a_bot_at_work_lives_and_is_ready(watcher: Watcher) -> None:
    assert await watcher.ask("/healthz") == (200, {"healthy": True, "loops": {}})
    checks = dict.fromkeys(("running", "database", "schema", "receiving", "inbox"), "ok")
    assert await watcher.ask("/readyz") == (200, {"ready": True, "checks": checks})


ASKED_FOR_METRICS = [
    (False, "", "", 404),  # the port that Slack comes to
    (False, "", "Bearer ", 404),
    (False, "s3cret", "", 401),
    (False, "s3cret", "Bearer s3cre", 401),
    (False, "s3cret", "Bearer s3crét", 401),
    (False, "s3cret", "Bearer s3cret", 200),
    (True, "", "", 200),
    (True, "s3cret", "", 401),  # who sets a token wants it asked for
    (True, "s3cret", "Bearer s3cret", 200),
]


async def test_metrics_need_an_address_of_their_own_or_a_token(world: World, subtests: pytest.Subtests) -> None:
    for own_address, token, sent, status in ASKED_FOR_METRICS:
        server, monitor = Server("--http", "127.0.0.1", 0), monitor_of(world.bot)
        monitor.serve(server.site, metrics=own_address, token=token)
        with subtests.test(own_address=own_address, token=token, sent=sent):
            async with server, aiohttp.ClientSession(f"http://{server.address}") as http:
                async with http.get("/metrics", headers={"Authorization": sent} if sent else {}) as reply:
                    assert reply.status == status
                    assert status == 200 or "incident" not in await reply.text()
                for path in ("/healthz", "/readyz"):
                    async with http.get(path) as reply:
                        assert reply.status == 200, "an orchestrator has no token"


async def test_another_schema_than_this_versions_is_not_ready(world: World, watcher: Watcher) -> None:
    async with world.bot.desk.database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    status, answer = await watcher.ask("/readyz")
    assert status == 503
    assert answer["checks"]["schema"] == f"the database has 9999, this version works with {SCHEMA}"
    assert answer["checks"]["database"] == "ok"
    assert (await watcher.ask("/healthz"))[0] == 200


async def test_a_stop_shows_at_once_and_does_not_ask_the_database(world: World, watcher: Watcher) -> None:
    world.bot.health.stopping = True
    assert await watcher.ask("/readyz") == (503, {"ready": False, "checks": {"running": "a stop has begun"}})
    assert (await watcher.ask("/healthz"))[0] == 200


async def test_a_loop_that_keeps_failing_is_named(
    world: World, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    health = world.bot.health
    for seconds in (0.0, 30.0, 61.0):
        monkeypatch.setattr(health, "_machine_time", lambda now=seconds: now)
        health.loop_failed("outbox", KeyError("what somebody wrote"))
    expected = {"outbox": "has been failing for 61 s, last with KeyError"}
    assert await watcher.ask("/healthz") == (503, {"healthy": False, "loops": expected})


async def test_probes_do_not_pile_up_before_a_database_that_does_not_answer(
    postgresql: Databases, tmp_path: Path
) -> None:
    """Not in SQLite, where readers wait for nobody."""
    url = postgresql.fresh(tmp_path)
    other = Database(url)
    async with open_world(url) as world, watching(world) as watcher:
        async with other.write() as session:
            await session.execute(text("LOCK TABLE alembic_version, inbox IN ACCESS EXCLUSIVE MODE"))
            asking = [asyncio.create_task(watcher.ask("/readyz")) for _ in range(20)]
            most, done = 0, set[asyncio.Task[Any]]()
            while len(done) < len(asking):
                waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'alembic_version'::regclass"
                most = max(most, await session.scalar(text(waiting)) or 0)
                done, _ = await asyncio.wait(asking, timeout=0.05)
            assert most == 1
            for status, answer in [task.result() for task in asking]:
                assert status == 503
                assert answer["checks"]["database"] == "no answer within 2 s"

            found = await watcher.numbers()
            assert found["incident_bot_database_up"] == 0
            assert not [name for name in found if "_outbox_" in name or "_open_" in name], "old numbers would mislead"
            assert [name for name in found if "acknowledgement" in name]
        async with asyncio.timeout(60):  # a busy machine may take more than a probe's two seconds once more
            while (await watcher.ask("/readyz"))[0] != 200:
                pass
            while (await watcher.numbers())["incident_bot_database_up"] != 1:
                pass
    await other.close()
    postgresql.drop(url)


async def test_it_is_not_ready_while_nothing_is_applied(
    world: World, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await world.declare()
    assert (await watcher.ask("/readyz"))[1]["checks"]["inbox"] == "ok"
    monkeypatch.setattr("bot.web.monitor._SECONDS_WITHOUT_PROGRESS", 0.05)

    async def fail(*_: object, **__: object) -> list[str]:
        raise KeyError("whatever keeps it from going on")

    with monkeypatch.context() as trouble:
        trouble.setattr(inbox, "take_lanes", fail)
        await world.workspace.post_message(user="ben", channel=channel, text="Hello?")
        await watcher.until_ready(503)
        assert "although something waits" in (await watcher.ask("/readyz"))[1]["checks"]["inbox"]
    await watcher.until_ready(200)
