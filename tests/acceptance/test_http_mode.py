"""`incident-bot run --http`: Slack delivers over HTTP, and only what Slack has signed is taken."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox.delivery.http_mode import signed_headers
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


NONSENSE: Sequence[tuple[Mapping[str, str], bytes, int]] = (
    ({"X-Slack-Request-Timestamp": "abc"}, b"{}", 401),
    ({"X-Slack-Request-Timestamp": "-1e9"}, b"{}", 401),
    ({"X-Slack-Request-Timestamp": "\u0661\u0662"}, b"{}", 401),  # digits, to Python
    ({"X-Slack-Request-Timestamp": "9" * 400}, b"{}", 401),
    ({"X-Slack-Signature": "v0=\u00e9"}, b"{}", 401),
    ({}, b"\xff\xfe{}", 400),
    ({"Content-Type": "application/json; charset=klingon"}, b'{"type": "event_callback"}', 200),
    ({"Content-Encoding": "gzip"}, b"\x1f\x8b\xff no gzip at all", 400),
    ({"Content-Encoding": "br"}, b"\xff no brotli either", 400),
    ({}, b"[" * 100_000, 400),
    ({}, b'{"type": "event_callback", "event": []}', 400),
    ({}, b'{"type": "event_callback", "event": "no object", "team_id": []}', 400),
    ({}, b"[1, 2]", 400),
    ({}, b"null", 400),
    ({}, b"{", 400),
    ({"Content-Type": "application/x-www-form-urlencoded"}, b"payload=%5B%5D", 400),
    ({"Content-Type": "application/x-www-form-urlencoded"}, b"payload=nonsense", 400),
)


async def test_what_slack_never_sends_gets_a_status_and_no_traceback(bot: Program) -> None:
    """Signed, where that is possible: whoever has the secret may still send nonsense."""
    url = await url_of(bot)
    async with aiohttp.ClientSession() as session:
        for headers, body, status in NONSENSE:
            sent_at = str(int(time.time()))
            proof = hmac.new(SECRET.encode(), b"v0:" + sent_at.encode() + b":" + body, hashlib.sha256).hexdigest()
            signed = {"X-Slack-Request-Timestamp": sent_at, "X-Slack-Signature": f"v0={proof}"}
            signed["Content-Type"] = "application/json"
            async with session.post(url, data=body, headers=signed | dict(headers)) as reply:
                assert reply.status == status, (headers, body[:40])
    assert not [line for line in bot.err if "Traceback" in line or " ERROR " in line]


async def test_what_is_no_http_leaves_no_traceback(bot: Program) -> None:
    address = (await bot.line(LISTENING)).removeprefix(LISTENING)
    host, _, port = address.rpartition(":")
    for said in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"POST /slack/events HTTP/1.1\r\n: \r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(said + b"\r\n\r\n")
        await reader.read(100)
        writer.close()
    assert not [line for line in bot.err if "Traceback" in line or " ERROR " in line]
