"""HTTP mode: signed requests to a request URL, with a real Bolt app behind it and with bare handlers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox.delivery.http_mode import RequestUrlError, sign, signed_headers
from tests.sandbox.bots import WatchedClock, bolt_app, got, listening, over_http, serving, settled


async def test_a_bolt_app_hears_messages_in_order_over_http() -> None:
    async with serving() as server:
        app = bolt_app(server, process_before_response=True)
        heard: asyncio.Queue[str] = asyncio.Queue()

        @app.event("message")
        async def hear(event: dict[str, Any]) -> None:
            heard.put_nowait(event["text"])

        async with over_http(server, app):
            texts = [f"message {number}" for number in range(10)]
            for text in texts:
                await server.workspace.post_message(user="ana", channel="incidents", text=text)
            assert [await got(heard) for _ in texts] == texts
            await settled(server)
            assert server.workspace.apps[0].delivery.given_up == []


async def test_commands_and_modals_work_over_http() -> None:
    async with serving() as server:
        app = bolt_app(server, process_before_response=True)

        @app.command("/incident")
        async def command(ack: Any, command: dict[str, Any]) -> None:
            await ack(f"got {command['text']}, {command['is_enterprise_install']}")

        async with over_http(server, app):
            answer = await server.workspace.run_command(
                user="ana", channel="general", command="/incident", text="a & b"
            )
            assert (answer.ok, answer.text) == (True, "got a &amp; b, false")


async def test_an_answer_that_is_json_is_shown_with_its_blocks() -> None:
    async def handle(request: web.Request) -> web.Response:
        body = await request.text()
        if request.content_type == "application/json":
            return web.Response(text=json.loads(body).get("challenge", ""))
        assert parse_qs(body)["command"] == ["/incident"]
        return web.json_response({"response_type": "in_channel", "text": "for all"})

    async with serving() as server, listening(handle) as url:
        await server.workspace.apps[0].use_request_url(url)
        answer = await server.workspace.run_command(user="ana", channel="general", command="/incident", text="")
        assert (answer.text, answer.response_type) == ("for all", "in_channel")
        assert list(server.workspace.channel("general").messages.values())[-1].text == "for all"


async def test_bolt_refuses_a_forged_signature() -> None:
    async with serving() as server:
        app = bolt_app(server)
        async with over_http(server, app) as url, aiohttp.ClientSession() as session:
            body = json.dumps({"type": "event_callback", "event": {"type": "message"}})
            genuine = signed_headers("test-signing-secret", body, "application/json", now=time.time())
            forged = signed_headers("somebody-elses", body, "application/json", now=time.time())
            stale = signed_headers("test-signing-secret", body, "application/json", now=time.time() - 3600)
            statuses = []
            for headers in (genuine, forged, stale):
                async with session.post(url, data=body, headers=headers) as response:
                    statuses.append(response.status)
            assert statuses == [404, 401, 401]  # 404: taken as genuine, but nobody listens to it


def test_the_signature_is_slacks() -> None:
    # The example in Slack's documentation on verifying requests.
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121"
        ".803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == expected


async def test_a_failing_url_gets_its_event_again_with_number_and_reason() -> None:
    requests: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def handle(request: web.Request) -> web.Response:
        body = await request.json()
        if "challenge" in body:
            return web.json_response({"challenge": body["challenge"]})
        requests.put_nowait(dict(request.headers))
        return web.Response(status=500)

    clock = WatchedClock()
    async with serving(clock=clock) as server, listening(handle) as url:
        await server.workspace.apps[0].use_request_url(url)
        await server.workspace.post_message(user="ana", channel="incidents", text="hello")
        headers = [await got(requests), await got(requests)]
        for _ in range(2):
            clock.jump(await clock.next_sleeper())
            headers.append(await got(requests))
        await settled(server)
        assert [one.get("X-Slack-Retry-Num") for one in headers] == [None, "1", "2", "3"]
        assert [one.get("X-Slack-Retry-Reason") for one in headers] == [None, "http_error", "http_error", "http_error"]


class Url:
    """A request URL that takes the challenge and answers all else with one status."""

    def __init__(self, status: int, **headers: str) -> None:
        self._status = status
        self._headers = headers
        self.heard: asyncio.Queue[dict[str, str]] = asyncio.Queue()

    async def handle(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json" and "challenge" in (body := await request.json()):
            return web.json_response({"challenge": body["challenge"]})
        self.heard.put_nowait(dict(request.headers))
        return web.Response(status=self._status, headers={k.replace("_", "-"): v for k, v in self._headers.items()})


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_every_status_of_success_acknowledges(status: int) -> None:
    url = Url(status)
    async with serving() as server, listening(url.handle) as address:
        await server.workspace.apps[0].use_request_url(address)
        await server.workspace.post_message(user="ana", channel="incidents", text="hello")
        await settled(server)
        answer = await server.workspace.run_command(
            user="ana", channel="incidents", command="/incident", text="", wait=0
        )
        assert (answer.ok, url.heard.qsize()) == (True, 2)


async def test_an_app_can_ask_not_to_be_sent_an_event_again() -> None:
    url = Url(500, X_Slack_No_Retry="1")
    async with serving() as server, listening(url.handle) as address:
        await server.workspace.apps[0].use_request_url(address)
        await server.workspace.post_message(user="ana", channel="incidents", text="hello")
        await got(url.heard)
        await settled(server)
        assert url.heard.empty()
        assert len(server.workspace.apps[0].delivery.given_up) == 1


async def test_an_event_that_got_no_answer_in_time_says_so_when_it_comes_again() -> None:
    reasons: asyncio.Queue[str | None] = asyncio.Queue()

    async def handle(request: web.Request) -> web.Response:
        body = await request.json()
        if "challenge" in body:
            return web.Response(text=body["challenge"])
        reasons.put_nowait(request.headers.get("X-Slack-Retry-Reason"))
        if reasons.qsize() == 1:
            await asyncio.Event().wait()
        return web.Response()

    async with serving(ack_within=0.2) as server, listening(handle) as url:
        await server.workspace.apps[0].use_request_url(url)
        await server.workspace.post_message(user="ana", channel="incidents", text="hello")
        await settled(server)
        assert [await got(reasons), await got(reasons)] == [None, "http_timeout"]


async def test_a_slow_url_times_out() -> None:
    reached = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            return web.Response(text=(await request.json())["challenge"])
        reached.set()
        await asyncio.Event().wait()
        return web.Response()

    async with serving(ack_within=0.05) as server, listening(handle) as url:
        await server.workspace.apps[0].use_request_url(url)
        answer = await server.workspace.run_command(user="ana", channel="general", command="/incident", text="")
        assert reached.is_set()
        assert (answer.ok, answer.error) == (False, "operation_timeout")


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, "http_service_error"), (404, "http_service_error")],
)
async def test_a_failing_command_is_shown_to_the_person_and_not_retried(status: int, error: str) -> None:
    calls: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            return web.Response(text=(await request.json())["challenge"])
        calls.append(await request.text())
        return web.Response(status=status)

    async with serving() as server, listening(handle) as url:
        await server.workspace.apps[0].use_request_url(url)
        answer = await server.workspace.run_command(user="ana", channel="general", command="/incident", text="")
        assert (answer.ok, answer.error, len(calls)) == (False, error, 1)
        assert error in answer.text


@pytest.mark.parametrize(
    "answer",
    [
        lambda challenge: web.Response(text=challenge),
        lambda challenge: web.Response(text=f"challenge={challenge}", content_type="application/x-www-form-urlencoded"),
        lambda challenge: web.json_response({"challenge": challenge}),
    ],
    ids=["plain text", "a form", "JSON"],
)
async def test_a_challenge_is_answered_in_three_ways(answer: Callable[[str], web.Response]) -> None:
    async def handle(request: web.Request) -> web.Response:
        return answer((await request.json())["challenge"])

    async with serving() as server, listening(handle) as url:
        await server.workspace.apps[0].use_request_url(url)
        assert server.workspace.apps[0].request_url == url


@pytest.mark.parametrize("said", ["hello", "the challenge is {}", '{{"echo": "{}"}}'])
async def test_a_url_that_does_not_answer_the_challenge_is_not_taken(said: str) -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(text=said.format((await request.json())["challenge"]))

    async with serving() as server, listening(handle) as url:
        with pytest.raises(RequestUrlError, match="challenge"):
            await server.workspace.apps[0].use_request_url(url)
        assert server.workspace.apps[0].request_url is None


async def test_a_url_where_nobody_listens_is_not_taken() -> None:
    async with serving() as server:
        with pytest.raises(RequestUrlError, match="no answer"):
            await server.workspace.apps[0].use_request_url("http://127.0.0.1:9/slack/events")
