"""Socket Mode, with real Bolt apps and with a bare client for what Bolt hides."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox import SandboxServer
from tests import slack_facts
from tests.sandbox.bots import (
    BareSocket,
    WatchedClock,
    bolt_app,
    got,
    in_socket_mode,
    serving,
    settled,
    unknown_keys,
    web_client,
)


def event_texts(app: Any) -> asyncio.Queue[str]:
    """The texts of the messages that a Bolt app hears, in order."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    @app.event("message")
    async def hear(event: dict[str, Any]) -> None:
        heard.put_nowait(event["text"])

    return heard


async def say(server: SandboxServer, *texts: str) -> None:
    for text in texts:
        await server.workspace.post_message(user="ana", channel="incidents", text=text)


async def test_a_bolt_app_hears_messages_in_order() -> None:
    async with serving() as server:
        app = bolt_app(server)
        heard = event_texts(app)
        async with in_socket_mode(app):
            texts = [f"message {number}" for number in range(20)]
            await say(server, *texts)
            assert [await got(heard) for _ in texts] == texts
            await settled(server)
            assert server.workspace.unacknowledged() == 0


async def test_an_app_hears_only_of_channels_that_it_is_in() -> None:
    async with serving() as server:
        app = bolt_app(server)
        heard = event_texts(app)
        async with in_socket_mode(app):
            await server.workspace.post_message(user="ana", channel="general", text="not for you")
            await say(server, "for you")
            assert await got(heard) == "for you"


async def test_each_payload_goes_to_one_of_two_connections() -> None:
    async with serving() as server, BareSocket(server) as one, BareSocket(server) as other:
        assert (one.hello["num_connections"], other.hello["num_connections"]) == (1, 2)
        await say(server, *(f"message {number}" for number in range(6)))
        first = [(await one.take())["payload"]["event"]["text"] for _ in range(3)]
        second = [(await other.take())["payload"]["event"]["text"] for _ in range(3)]
        assert sorted(first + second) == [f"message {number}" for number in range(6)]
        await settled(server)


async def test_many_envelopes_are_in_flight_at_once() -> None:
    async with serving() as server, BareSocket(server) as socket:
        await say(server, "one", "two", "three")
        envelopes = [await socket.receive() for _ in range(3)]
        assert server.workspace.unacknowledged() == 3
        for envelope in envelopes:
            await socket.acknowledge(envelope)
        await settled(server)


async def test_an_event_is_retried_at_once_then_after_a_minute_then_after_five_and_given_up() -> None:
    clock = WatchedClock()
    start = clock.time()
    async with serving(ack_within=0.02, clock=clock) as server, BareSocket(server) as socket:
        await say(server, "anybody there?")
        attempts = [await socket.receive(), await socket.receive()]
        assert await clock.next_sleeper() == start + 60
        assert server.workspace.unacknowledged() == 0, "a retry that waits for its time does not count"
        clock.jump(start + 60)
        attempts.append(await socket.receive())
        assert await clock.next_sleeper() == start + 360
        clock.jump(start + 360)
        attempts.append(await socket.receive())
        await settled(server)
        assert [attempt["retry_attempt"] for attempt in attempts] == [0, 1, 2, 3]
        assert [attempt["retry_reason"] for attempt in attempts] == ["", "timeout", "timeout", "timeout"]
        assert len({attempt["payload"]["event_id"] for attempt in attempts}) == 1
        assert len({attempt["envelope_id"] for attempt in attempts}) == 4
        assert len(server.workspace.apps[0].delivery.given_up) == 1
        assert clock.next_wake() is None


async def test_a_late_acknowledgement_changes_nothing() -> None:
    async with serving(ack_within=0.02) as server, BareSocket(server) as socket:
        await say(server, "slow")
        first = await socket.receive()
        again = await socket.receive()
        await socket.acknowledge(first)
        await socket.acknowledge(again)
        await settled(server)
        assert again["retry_attempt"] == 1


async def test_an_event_waits_for_a_connection_that_comes_in_time() -> None:
    async with serving() as server:
        await say(server, "early", "bird")
        assert server.workspace.unacknowledged() == 2
        async with BareSocket(server) as socket:
            envelopes = [await socket.take(), await socket.take()]
        assert [one["payload"]["event"]["text"] for one in envelopes] == ["early", "bird"]
        assert {(one["retry_attempt"], one["retry_reason"]) for one in envelopes} == {(1, "connection_failed")}


async def test_an_event_without_any_connection_is_retried_when_its_time_comes() -> None:
    clock = WatchedClock()
    async with serving(ack_within=0.01, clock=clock) as server:
        await say(server, "nobody is there")
        wake = await clock.next_sleeper()
        async with BareSocket(server) as socket:
            clock.jump(wake)
            assert (await socket.take())["retry_attempt"] == 2


async def test_an_event_on_a_connection_that_closes_goes_to_the_next_one() -> None:
    async with serving() as server, BareSocket(server) as socket:
        await say(server, "lost?")
        await socket.receive()
        await socket.close()
        async with BareSocket(server) as other:
            envelope = await other.take()
            assert (envelope["payload"]["event"]["text"], envelope["retry_attempt"]) == ("lost?", 1)
            await settled(server)


async def test_a_refresh_loses_no_events_of_a_bolt_app() -> None:
    async with serving() as server:
        app = bolt_app(server)
        heard = event_texts(app)
        async with in_socket_mode(app):
            await say(server, "before")
            assert server.refresh() == 1
            await say(server, "during")
            texts = {await got(heard), await got(heard)}
            await settled(server)
            await say(server, "after")
            while (text := await got(heard)) != "after":
                texts.add(text)
            assert texts == {"before", "during"}
            assert len(server.calls.of("apps.connections.open")) == 2


async def test_a_warning_leaves_the_connection_open() -> None:
    async with serving() as server, BareSocket(server) as socket:
        server.refresh("warning")
        assert (await socket.receive())["reason"] == "warning"
        await say(server, "still there")
        assert (await socket.take())["payload"]["event"]["text"] == "still there"


async def test_the_eleventh_connection_is_refused() -> None:
    async with serving() as server:
        sockets = [BareSocket(server) for _ in range(11)]
        for socket in sockets:
            await socket.__aenter__()
        assert [socket.hello["type"] for socket in sockets] == ["hello"] * 10 + ["disconnect"]
        assert sockets[-1].hello["reason"] == "too_many_websockets"
        for socket in sockets:
            await socket.__aexit__()


async def test_a_ticket_serves_once() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        url = (await web_client(server).apps_connections_open(app_token="xapp-test-token"))["url"]
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
            assert hello["connection_info"]["app_id"] == server.workspace.apps[0].id
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)


@pytest.mark.parametrize(
    ("token", "error"),
    [
        ("xapp-somebody-else", "invalid_auth"),
        ("xoxb-test-token", "not_allowed_token_type"),  # a bot token opens no connections
    ],
)
async def test_only_the_app_token_opens_connections(token: str, error: str) -> None:
    async with serving() as server:
        with pytest.raises(SlackApiError) as refused:
            await web_client(server).apps_connections_open(app_token=token)
        assert refused.value.response["error"] == error


async def test_the_app_token_calls_no_other_method() -> None:
    async with serving() as server:
        with pytest.raises(SlackApiError) as refused:
            await web_client(server, "xapp-test-token").auth_test()
        assert refused.value.response["error"] == "not_allowed_token_type"


async def test_what_an_app_does_not_understand_is_passed_over() -> None:
    async with serving() as server, BareSocket(server) as socket:
        await socket._socket.send_str("not JSON")
        await socket._socket.send_str("[]")
        await say(server, "go on")
        await socket.take()
        await settled(server)


async def test_an_unsubscribed_event_is_not_sent() -> None:
    async with serving() as server, BareSocket(server) as socket:
        server.workspace.apps[0].events = {"message.channels"}
        await say(server, "one")
        first = await socket.take()
        await server.workspace.add_reaction(
            user="ben", channel="incidents", ts=first["payload"]["event"]["ts"], name="eyes"
        )
        await say(server, "two")
        assert (await socket.take())["payload"]["event"]["text"] == "two"


async def test_a_mention_of_the_bot_is_told_twice() -> None:
    async with serving() as server, BareSocket(server) as socket:
        await say(server, server.workspace.mention("@incident-bot hello"))
        kinds = Counter([(await socket.take())["payload"]["event"]["type"] for _ in range(2)])
        assert kinds == {"message": 1, "app_mention": 1}


async def test_event_envelopes_have_the_keys_of_slacks_samples() -> None:
    async with serving() as server, BareSocket(server) as socket:
        await say(server, server.workspace.mention("@incident-bot hello"))
        message, mention = await socket.take(), await socket.take()
        assert set(message) == {
            "envelope_id",
            "payload",
            "type",
            "accepts_response_payload",
            "retry_attempt",
            "retry_reason",
        }
        assert (message["type"], message["accepts_response_payload"]) == ("events_api", False)
        assert unknown_keys(message["payload"], slack_facts.events()["Message"]) == []
        assert unknown_keys(mention["payload"], slack_facts.events()["AppMention"]) == []


async def test_the_server_closes_while_an_app_is_connected() -> None:
    async with serving() as server:
        socket = await BareSocket(server).__aenter__()
        await say(server, "never acknowledged")
        await socket.receive()
        closing = asyncio.create_task(socket.closed())
    assert await closing
    await socket.__aexit__()
