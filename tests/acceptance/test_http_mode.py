"""`incident-bot run --http`: Slack delivers over HTTP, and only what Slack has signed is taken."""

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.http_mode import signed_headers
from tests.acceptance.test_run import room_of
from tests.processes import LISTENING, Control, Program, running

SECRET = "test-signing-secret"


@pytest.fixture
async def bot(env: dict[str, str], tmp_path: Path) -> AsyncIterator[Program]:
    without = {name: value for name, value in env.items() if name != "SLACK_APP_TOKEN"}
    async with running("run", "--http", "127.0.0.1:0", env=without, cwd=tmp_path) as program:
        await program.line(LISTENING)
        yield program


async def url_of(bot: Program) -> str:
    address = (await bot.line(LISTENING)).removeprefix(LISTENING)
    assert address.startswith("127.0.0.1:")
    assert address != "127.0.0.1:0", "the real port is told"
    return f"http://{address}/slack/events"


async def test_a_declaration_over_http(bot: Program, control: Control) -> None:
    await control.do("app", request_url=await url_of(bot))
    answer = await control.command("declare p1 Checkout returns 503")
    assert answer["ok"]
    name = await room_of(control)
    await control.do("message", channel=name, user="ana", text="Rolled back")
    await control.do("idle")

    answer = await control.command("take commander", channel=name)
    assert "commander" in answer["text"]
    await control.do("app", request_url=None)
    assert await bot.end(within=5) == 0
    assert not [line for line in bot.err if " INFO " not in line], "nothing to complain about"


@pytest.mark.parametrize(
    ("secret", "age", "status"),
    [
        (SECRET, 0, 200),
        (SECRET, 240, 200),
        ("somebody-elses", 0, 401),
        (SECRET, 301, 401),  # a replay: Slack's window is five minutes
        (SECRET, -360, 401),  # dated ahead
    ],
)
async def test_what_is_not_signed_by_slack_just_now_is_refused(
    bot: Program, secret: str, age: int, status: int
) -> None:
    event = {"type": "event_callback", "event_id": f"Ev{age}", "event": {"type": "app_uninstalled"}}
    body = json.dumps(event)
    headers = signed_headers(secret, body, "application/json", now=time.time() - age)
    async with aiohttp.ClientSession() as session, session.post(await url_of(bot), data=body, headers=headers) as reply:
        assert reply.status == status


async def test_what_is_not_signed_at_all_is_refused(bot: Program) -> None:
    async with aiohttp.ClientSession() as session:
        for body in ("{}", "", "command=%2Fincident&text=list", "not json"):
            async with session.post(await url_of(bot), data=body) as reply:
                assert reply.status == 401
        async with session.get(await url_of(bot)) as reply:
            assert reply.status == 405
