"""`incident-bot run` with an integration: reached in Socket Mode and in HTTP mode, or it says that it can't be."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.test_run import exported, room_of
from tests.monitor import DECLARE, KEY, Monitoring, configured
from tests.processes import CONNECTED, LISTENING, Control, Program, run, running

SERVING = "serving on "
CHECKOUT = {"key": "lb/checkout", "title": "Checkout returns 503", "severity": "critical", "service": "checkout"}


@pytest.fixture
def at_work(env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a bot that knows a monitor."""
    return {**env, "INCIDENT_BOT_CONFIG": str(configured(tmp_path, rules=[DECLARE])), "MONITORING_KEY": KEY}


@asynccontextmanager
async def monitor_at(url: str) -> AsyncIterator[tuple[Monitoring, aiohttp.ClientSession]]:
    async with aiohttp.ClientSession(url) as http:
        yield Monitoring(http), http


async def url_of(bot: Program, where: str) -> str:
    if where == "--http":
        return "http://" + (await bot.line(LISTENING)).removeprefix(LISTENING)
    return (await bot.line(SERVING)).removeprefix(SERVING)


@pytest.mark.parametrize("options", [["--http", "--listen"], ["--monitor", "--listen"]])
async def test_a_monitor_declares_over_each_address(
    control: Control, at_work: dict[str, str], tmp_path: Path, options: list[str]
) -> None:
    addresses = [word for option in options for word in (option, "127.0.0.1:0")]
    async with running("run", *addresses, env=at_work, cwd=tmp_path) as bot:
        url = await url_of(bot, options[-1])
        async with monitor_at(url) as (monitor, http):
            status, answer = await monitor.tell(**CHECKOUT, id="one")
            assert (status, answer) == (202, {"received": "one", "incident": None})
            name = await room_of(control)

            async def told() -> bool:
                return any("*monitoring* reports for INC-1" in text for text in await control.by_bot(name))

            await control.until(told)
            async with http.get("/healthz") as reply:
                assert reply.status == (404 if "--monitor" in options else 200)
            async with http.get("/metrics") as reply:
                assert reply.status == 404, "not without a token, where everybody may come"
            async with http.post("/slack/events", data="{}") as reply:
                assert reply.status == (401 if options == ["--http"] else 404)
        assert await bot.end(within=6) == 0
        assert not [line for line in bot.err if " INFO " not in line], "nothing to complain about"
        assert KEY not in "\n".join(bot.err)
    assert (await exported(at_work))["incident"]["reporter"] == "monitoring"


async def test_a_kill_between_the_answer_and_what_follows_loses_nothing(
    control: Control, at_work: dict[str, str], tmp_path: Path
) -> None:
    """Killed while alerts come in: each that was answered is applied, once, however often it is sent again."""
    answered: set[str] = set()

    async def tell(monitor: Monitoring, number: int) -> None:
        with contextlib.suppress(aiohttp.ClientError):
            status, answer = await monitor.tell(title=f"Alert {number}", id=f"id-{number}", severity="error")
            if status == 202:
                answered.add(answer["received"])

    async with running("run", "--listen", "127.0.0.1:0", env=at_work, cwd=tmp_path) as bot:
        url = await url_of(bot, "--listen")
        async with monitor_at(url) as (monitor, _):
            telling = [asyncio.create_task(tell(monitor, number)) for number in range(40)]
            await asyncio.wait(telling, return_when=asyncio.FIRST_COMPLETED)
            await bot.close()
            await asyncio.gather(*telling)
    assert answered
    async with running("run", "--listen", "127.0.0.1:0", env=at_work, cwd=tmp_path) as bot:
        url = await url_of(bot, "--listen")
        async with monitor_at(url) as (monitor, _):
            for number in range(0, 40, 2):
                await tell(monitor, number)
            await monitor.tell(**CHECKOUT)
        await room_of(control)  # that came last, and is applied
        assert await bot.end(within=6) == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        rows = database.execute("SELECT title FROM alerts WHERE state = 'recorded'").fetchall()
        assert database.execute("SELECT count(*) FROM inbox WHERE state <> 'applied'").fetchone() == (0,)
    kept = [f"id-{title.removeprefix('Alert ')}" for (title,) in rows]
    assert len(kept) == len(set(kept))
    assert set(kept) >= answered


async def test_an_integration_that_nothing_can_reach_is_said(
    control: Control, at_work: dict[str, str], tmp_path: Path
) -> None:
    async with running("run", env=at_work, cwd=tmp_path) as bot:
        await bot.line(CONNECTED)
        assert await bot.end() == 0
    [said] = [line for line in bot.err if "WARNING" in line]
    assert "no address is open for them: start me with --listen HOST:PORT" in said
    assert control.url


async def test_without_integrations_there_is_health_and_no_way_in(env: dict[str, str], tmp_path: Path) -> None:
    async with running("run", "--listen", "127.0.0.1:0", env=env, cwd=tmp_path) as bot:
        url = await url_of(bot, "--listen")
        async with monitor_at(url) as (monitor, http):
            async with http.get("/readyz") as reply:
                assert reply.status in (200, 503)
            assert (await monitor.tell(**CHECKOUT))[0] == 401
        assert await bot.end() == 0


async def test_an_integration_without_its_key_is_refused(at_work: dict[str, str], tmp_path: Path) -> None:
    for key, sentence in (("", "MONITORING_KEY is not set"), ("two words", "MONITORING_KEY holds a space")):
        finished = await run("run", env={**at_work, "MONITORING_KEY": key}, cwd=tmp_path)
        assert finished.code == 1
        assert f"intake.generic.monitoring.key_env: {sentence}" in finished.err
        assert "two words" not in finished.err
