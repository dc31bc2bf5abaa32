"""Faults: what they do to calls and events, and how they are asked for."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.delivery.faults import FaultError, Faults
from tests.sandbox.bots import BareSocket, WatchedClock, serving, settled, web_client


def texts(server: Any) -> list[str]:
    return [message.text for message in server.workspace.channel("incidents").messages.values()]


async def test_a_rate_limit_answers_429_with_retry_after_as_often_as_asked() -> None:
    async with serving() as server:
        server.faults.set({"rate_limit": {"method": "chat.postMessage", "count": 2, "retry_after": 7}})
        client = web_client(server)
        await client.auth_test()
        for _ in range(2):
            with pytest.raises(SlackApiError) as refused:
                await client.chat_postMessage(channel="incidents", text="hello")
            assert (refused.value.response.status_code, refused.value.response["error"]) == (429, "ratelimited")
            assert refused.value.response.headers["Retry-After"] == "7"
        await client.chat_postMessage(channel="incidents", text="hello")
        assert texts(server) == ["hello"]
        assert [call.status for call in server.calls.of("chat.postMessage")] == [429, 429, 200]


async def test_an_error_is_slacks_or_a_broken_server() -> None:
    async with serving() as server:
        server.faults.set({"error": {"method": "conversations.create", "error": "restricted_action", "count": 1}})
        with pytest.raises(SlackApiError) as refused:
            await web_client(server).conversations_create(name="new")
        assert (refused.value.response.status_code, refused.value.response["error"]) == (200, "restricted_action")
        server.faults.set({"error": 503})
        with pytest.raises(SlackApiError) as broken:
            await web_client(server).conversations_create(name="new")
        assert broken.value.response.status_code == 503


async def test_a_call_is_cut_after_it_was_carried_out() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        server.faults.set({"drop_after_accept": {"count": 1}})
        headers = {"Authorization": "Bearer xoxb-test-token"}
        with pytest.raises(aiohttp.ClientError):
            await session.post(
                f"{server.base_url}chat.postMessage", headers=headers, json={"channel": "incidents", "text": "sent?"}
            )
        assert texts(server) == ["sent?"]
        (call,) = server.calls.of("chat.postMessage")
        assert call.status == 0
        assert call.answer["ok"] is True


async def test_a_call_is_cut_before_anything_happened() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        server.faults.set({"drop_before_accept": "chat.postMessage"})
        headers = {"Authorization": "Bearer xoxb-test-token"}
        with pytest.raises(aiohttp.ClientError):
            await session.post(
                f"{server.base_url}chat.postMessage", headers=headers, json={"channel": "incidents", "text": "sent?"}
            )
        assert texts(server) == []
        assert server.calls.of("chat.postMessage")[0].answer is None


async def test_the_sdk_posts_twice_when_the_connection_is_cut_after_acceptance() -> None:
    """Why an app has to look before it sends again: the SDK retries a lost connection by itself."""
    async with serving() as server:
        server.faults.set({"drop_after_accept": 1})
        await web_client(server).chat_postMessage(channel="incidents", text="twice")
        assert texts(server) == ["twice", "twice"]


async def test_latency_delays_the_answer() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        server.faults.set({"latency_ms": 60_000})
        with pytest.raises(TimeoutError):
            await session.post(f"{server.base_url}auth.test", timeout=aiohttp.ClientTimeout(total=0.05))
        server.faults.set({"latency_ms": 0})
        assert (await session.post(f"{server.base_url}auth.test")).status == 200


async def test_duplicated_events_have_one_event_id() -> None:
    async with serving() as server, BareSocket(server) as socket:
        server.faults.set({"duplicate_events": {"count": 1}})
        await server.workspace.post_message(user="ana", channel="incidents", text="one")
        await server.workspace.post_message(user="ana", channel="incidents", text="two")
        first, again, second = [await socket.take() for _ in range(3)]
        assert first["payload"]["event_id"] == again["payload"]["event_id"] != second["payload"]["event_id"]
        assert first["envelope_id"] != again["envelope_id"]


async def test_a_reordered_event_is_overtaken_by_the_next() -> None:
    async with serving() as server, BareSocket(server) as socket:
        server.faults.set({"reorder_events": {"count": 1}})
        for text in ("one", "two", "three"):
            await server.workspace.post_message(user="ana", channel="incidents", text=text)
        assert [(await socket.take())["payload"]["event"]["text"] for _ in range(3)] == ["two", "one", "three"]


async def test_a_reordered_event_that_nothing_overtakes_is_still_sent() -> None:
    async with serving() as server, BareSocket(server) as socket:
        server.faults.set({"reorder_events": True})
        await server.workspace.post_message(user="ana", channel="incidents", text="alone")
        assert server.workspace.unacknowledged() == 1
        assert (await socket.take())["payload"]["event"]["text"] == "alone"
        await settled(server)


async def test_a_refused_acknowledgement_counts_as_not_received() -> None:
    clock = WatchedClock()
    async with serving(ack_within=0.02, clock=clock) as server, BareSocket(server) as socket:
        server.faults.set({"refuse_acks": {"count": 1}})
        await server.workspace.post_message(user="ana", channel="incidents", text="again")
        first, retry = await socket.take(), await socket.take()
        assert (first["retry_attempt"], retry["retry_attempt"], retry["retry_reason"]) == (0, 1, "timeout")
        await settled(server)
        assert clock.next_wake() is None


async def test_refused_acknowledgements_can_mean_one_command_only() -> None:
    async with serving(ack_within=0.02) as server, BareSocket(server) as socket:
        server.faults.set({"refuse_acks": {"method": "/incident"}})
        await server.workspace.post_message(user="ana", channel="incidents", text="hello")
        await socket.take()
        await settled(server)
        answer = await server.workspace.run_command(user="ana", channel="general", command="/incident", text="")
        assert answer.error == "operation_timeout"


@pytest.mark.parametrize(
    ("asked", "name", "left", "methods"),
    [
        ({"rate_limit": 5}, "rate_limit", 5, set()),  # a bare number is how often
        ({"rate_limit": True, "method": "chat.update", "count": 2}, "rate_limit", 2, {"chat.update"}),
        ({"error": "restricted_action", "method": ["a", "b"]}, "error", None, {"a", "b"}),
        ({"duplicate_events": True}, "duplicate_events", None, set()),
        ({"latency_ms": {"value": 20, "count": 1}}, "latency_ms", 1, set()),
    ],
)
def test_faults_are_asked_for_in_several_forms(
    asked: dict[str, Any], name: str, left: int | None, methods: set[str]
) -> None:
    (fault,) = Faults().set(asked)
    assert (fault.name, fault.left, fault.methods) == (name, left, methods)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"earthquake": True, "refuse_acks": True}, "unknown fault 'earthquake'; there are: latency_ms"),
        ({"method": "chat.update"}, "not which fault"),
        ({"rate_limit": {"every": 2}}, "unknown option 'every'"),
        ({"rate_limit": {"count": 0}}, "at least 1"),
        ({"rate_limit": {"method": 3}}, "a name or a list of names"),
        ({"latency_ms": "slow"}, "neither"),
        ({"refresh": "maybe"}, "reason is one of"),
        ({"duplicate_events": [1]}, "neither"),
    ],
)
def test_what_is_not_understood_is_refused_and_changes_nothing(asked: dict[str, Any], says: str) -> None:
    faults = Faults()
    faults.set({"error": "fatal_error"})
    with pytest.raises(FaultError, match=says):
        faults.set(asked)
    assert set(faults.in_force()) == {"error"}


def test_one_fault_is_cleared_by_false_and_all_by_an_empty_order() -> None:
    faults = Faults()
    faults.set({"latency_ms": 5, "error": "fatal_error"})
    faults.set({"latency_ms": False})
    assert set(faults.in_force()) == {"error"}
    faults.set({})
    assert faults.in_force() == {}


async def test_the_file_host_fails_by_itself() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        place = await web_client(server).files_getUploadURLExternal(filename="a.md", length=1)
        server.faults.set({"error": {"method": "upload", "error": 503, "count": 1}})
        for status in (503, 200):
            async with session.post(place["upload_url"], data=b"a") as reply:
                assert reply.status == status
        server.faults.set({"error": 500})  # names no upload: the Web API only
        async with session.post(place["upload_url"], data=b"a") as reply:
            assert reply.status == 200


async def test_something_else_answers_in_slacks_place() -> None:
    async with serving() as server, aiohttp.ClientSession() as session:
        for body, text in (
            ("<html>Sign in</html>", "<html>Sign in</html>"),
            ({"hello": "guest"}, '{"hello": "guest"}'),
        ):
            server.faults.set({"answer": {"body": body, "status": 203}})
            async with session.post(f"{server.base_url}auth.test") as reply:
                assert (reply.status, await reply.text()) == (203, text)
    with pytest.raises(FaultError, match="body is an object or a text"):
        Faults().set({"answer": {"body": 5}})
