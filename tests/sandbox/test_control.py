"""The control interface over HTTP: what people do, a look inside, faults, reset, and who may ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request

from bot.sandbox import SandboxServer
from bot.sandbox.web.api import METHODS
from bot.sandbox.web.api.arguments import WITHOUT_JSON
from bot.sandbox.web.local_only import local_only
from tests import slack_facts
from tests.sandbox.bots import BareSocket, WatchedClock, bolt_app, in_socket_mode, over_http, serving, web_client


class Remote:
    """Somebody at the control interface."""

    def __init__(self, server: SandboxServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._session = session

    async def post(self, doing: str, /, *, status: int = 200, **body: Any) -> dict[str, Any]:
        async with self._session.post(f"{self.server.control_url}/{doing}", json=body) as response:
            assert response.status == status, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    async def get(self, path: str) -> Any:
        async with self._session.get(f"{self.server.control_url}/{path}") as response:
            assert response.status == 200
            return await response.json()

    async def said(self, channel: str = "incidents") -> list[str]:
        return [message["text"] for message in await self.get(f"messages/{channel}")]


@pytest.fixture
async def remote() -> AsyncIterator[Remote]:
    async with serving() as server, aiohttp.ClientSession() as session:
        yield Remote(server, session)


async def test_messages_are_posted_edited_and_deleted(remote: Remote) -> None:
    ts = (await remote.post("message", channel="incidents", user="ana", text="@ben: 5 > 3"))["ts"]
    ben = remote.server.workspace.user("ben").id
    assert await remote.said() == [f"<@{ben}>: 5 &gt; 3"]
    await remote.post("message", channel="incidents", user="ben", text="yes", thread_ts=ts)
    (message,) = await remote.get("messages/incidents")
    assert [reply["text"] for reply in message["thread"]] == ["yes"]
    assert message["visible_to"] == [user.name for user in remote.server.workspace.users.values()]
    reply_ts = message["thread"][0]["ts"]
    await remote.post("edit", channel="incidents", user="ben", ts=reply_ts, text="no")
    (message,) = await remote.get("messages/incidents")
    assert message["thread"][0]["text"] == "no"
    assert message["thread"][0]["edited"]["user"] == ben
    await remote.post("delete", channel="incidents", user="ben", ts=reply_ts)
    (message,) = await remote.get("messages/incidents")
    assert message["thread"][0]["deleted"] is True


async def test_text_can_be_given_as_slack_stores_it(remote: Remote) -> None:
    await remote.post("message", channel="incidents", user="ana", text="<!here> 5 &gt; 3", raw=True)
    assert await remote.said() == ["<!here> 5 &gt; 3"]


async def test_reactions_pins_and_files_show(remote: Remote) -> None:
    ts = (await remote.post("message", channel="incidents", user="ana", text="hello"))["ts"]
    await remote.post("reaction", channel="incidents", user="ben", ts=ts, name="eyes")
    await remote.post("pin", channel="incidents", user="ben", ts=ts)
    await remote.post("upload", channel="incidents", user="ana", name="log.txt", text="lag")
    message, file = await remote.get("messages/incidents")
    ben = remote.server.workspace.user("ben").id
    assert message["reactions"] == [{"name": "eyes", "users": [ben], "count": 1}]
    assert message["pinned"] is True
    assert (file["files"][0]["name"], file["files"][0]["content"]) == ("log.txt", "lag")
    await remote.post("reaction", channel="incidents", user="ben", ts=ts, name="eyes", remove=True)
    await remote.post("pin", channel="incidents", user="ben", ts=ts, remove=True)
    message, _ = await remote.get("messages/incidents")
    assert (message["reactions"], message["pinned"]) == ([], False)


async def test_direct_messages_go_by_name(remote: Remote) -> None:
    await remote.post("message", channel="@incident-bot", user="ana", text="psst")
    await web_client(remote.server).chat_postMessage(channel=remote.server.workspace.user("ana").id, text="yes?")
    assert await remote.said("@ana") == ["psst", "yes?"]
    assert await remote.said("@ben") == []


async def test_people_come_and_go(remote: Remote) -> None:
    await remote.post("leave", channel="general", user="ben")
    await remote.post("join", channel="general", user="ben")
    await remote.post("deactivate", user="ben")
    state = await remote.get("state")
    assert next(user for user in state["users"] if user["name"] == "ben")["deleted"] is True
    refused = await remote.post("message", channel="general", user="ben", text="still here?", status=400)
    assert refused == {"ok": False, "error": "ben has been deactivated"}


async def test_guests_and_people_from_outside_are_added(remote: Remote) -> None:
    await remote.post("person", name="una", real_name="Una Guest", is_ultra_restricted=True)
    zoe = (await remote.post("person", name="zoe", team_id="T0PARTNER"))["id"]
    users = {user["name"]: user for user in (await remote.get("state"))["users"]}
    assert (users["una"]["is_restricted"], users["una"]["is_ultra_restricted"]) == (True, True)
    assert (users["zoe"]["id"], users["zoe"]["real_name"], users["zoe"]["team_id"]) == (zoe, "Zoe", "T0PARTNER")
    refused = await remote.post("person", name="gus", is_restricted="yes", status=400)
    assert refused["error"] == "'is_restricted' is true or false, not 'yes'"


async def test_state_tells_users_channels_and_apps(remote: Remote) -> None:
    async with BareSocket(remote.server):
        state = await remote.get("state")
    names = [user["name"] for user in state["users"]]
    assert names == ["ana", "ben", "chloe", "dev", "emi", "finn", "incident-bot"]
    assert [user["name"] for user in state["users"] if user["is_bot"]] == ["incident-bot"]
    general, incidents = state["channels"]
    assert (general["name"], len(general["members"]), len(incidents["members"])) == ("general", 6, 7)
    assert {"id", "name", "is_private", "is_archived", "topic", "purpose", "members", "pins", "bookmarks"} <= set(
        general
    )
    (app,) = state["apps"]
    assert (app["name"], app["connections"], app["commands"]) == ("incident-bot", 1, ["/incident"])


async def test_commands_clicks_and_modals_go_through(remote: Remote) -> None:
    app = bolt_app(remote.server)
    text = {"type": "plain_text", "text": "Go"}
    button = {"type": "button", "action_id": "go", "text": text, "value": "1"}
    entry = {"type": "input", "block_id": "b", "label": text, "element": {"type": "plain_text_input", "action_id": "a"}}

    @app.command("/incident")
    async def command(ack: Any, say: Any) -> None:
        await say(text="card", blocks=[{"type": "actions", "elements": [button]}])
        await ack("done")

    @app.action("go")
    async def go(ack: Any, client: Any, body: dict[str, Any]) -> None:
        await ack()
        view = {"type": "modal", "callback_id": "m", "title": text, "submit": text, "blocks": [entry]}
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("m")
    async def submitted(ack: Any, view: dict[str, Any]) -> None:
        await ack(response_action="errors", errors={"b": view["state"]["values"]["b"]["a"]["value"]})

    async with in_socket_mode(app):
        answer = await remote.post("command", channel="incidents", user="ana", command="/incident", text="")
        assert answer == {
            "ok": True,
            "error": None,
            "text": "done",
            "blocks": [],
            "response_type": "ephemeral",
            "view": None,
            "errors": {},
        }
        card, whisper = await remote.get("messages/incidents")
        assert (whisper["text"], whisper["ephemeral"], whisper["visible_to"]) == ("done", True, ["ana"])
        clicked = await remote.post("click", channel="incidents", user="ana", ts=card["ts"], action_id="go", value="1")
        assert clicked["view"]["callback_id"] == "m"
        assert [view["id"] for view in (await remote.get("state"))["views"]["ana"]] == [clicked["view"]["id"]]
        assert (await remote.post("input", user="ana", action_id="a", value="typed"))["ok"] is True
        refused = await remote.post("submit", user="ana", values={})
        assert (refused["ok"], refused["errors"]) == (False, {"b": "typed"})
        refused = await remote.post("submit", user="ana", values={"b": {"a": "more"}})
        assert refused["errors"] == {"b": "more"}
        await remote.post("close", user="ana")
        assert (await remote.get("state"))["views"] == {}


async def test_shortcut_and_home_reach_the_app(remote: Remote) -> None:
    ts = (await remote.post("message", channel="general", user="ana", text="odd"))["ts"]
    async with BareSocket(remote.server) as socket:
        shortcut = remote.post("shortcut", channel="general", user="ana", ts=ts, callback_id="note", wait=0)
        asked = asyncio.create_task(shortcut)
        assert (await socket.take())["payload"]["callback_id"] == "note"
        assert (await asked)["ok"] is True
        asked = asyncio.create_task(remote.post("home", user="ana", wait=0))
        assert (await socket.take())["payload"]["event"]["type"] == "app_home_opened"
        assert (await asked)["view"] is None


async def test_calls_are_listed_without_their_token(remote: Remote) -> None:
    client = web_client(remote.server)
    await client.chat_postMessage(channel="incidents", text="hello", blocks=[{"type": "divider"}])
    await client.conversations_info(channel=remote.server.workspace.channel("incidents").id)
    posted, asked = await remote.get("calls")
    assert (posted["method"], posted["args"]["text"], posted["answer"]["ok"]) == ("chat.postMessage", "hello", True)
    assert (posted["status"], posted["started"], posted["ended"]) == (200, 1_700_000_000.0, 1_700_000_000.0)
    assert "token" not in posted["args"] | asked["args"]
    assert asked["args"]["channel"] == remote.server.workspace.channel("incidents").id
    assert [call["method"] for call in await remote.get("calls?method=conversations.info")] == ["conversations.info"]


async def test_faults_are_set_shown_and_cleared(remote: Remote) -> None:
    set_ = await remote.post("faults", rate_limit={"method": "chat.postMessage", "count": 1})
    assert set_["faults"] == {"rate_limit": {"method": ["chat.postMessage"], "count": 1}}
    assert (await remote.get("state"))["faults"] == set_["faults"]
    assert (await remote.post("faults"))["faults"] == {}
    refused = await remote.post("faults", earthquake=True, status=400)
    assert "unknown fault 'earthquake'" in refused["error"]


async def test_a_refresh_asks_connections_to_reconnect(remote: Remote) -> None:
    async with BareSocket(remote.server) as one, BareSocket(remote.server) as other:
        await remote.post("faults", refresh={"count": 1})
        assert (await one.receive())["reason"] == "refresh_requested"
        await remote.post("message", channel="incidents", user="ana", text="to the other")
        assert (await other.take())["payload"]["event"]["text"] == "to the other"


async def test_a_silent_connection_stays_open_and_carries_nothing(remote: Remote) -> None:
    async with BareSocket(remote.server) as one, BareSocket(remote.server) as other:
        assert (await remote.post("faults", silence={"count": 1}))["faults"] == {}
        for text in ("first", "second"):
            await remote.post("message", channel="incidents", user="ana", text=text)
        assert (await other.take())["payload"]["event"]["text"] in ("first", "second")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await one.receive()


async def test_reset_begins_again_and_apps_reconnect(remote: Remote) -> None:
    app = bolt_app(remote.server)
    heard: asyncio.Queue[str] = asyncio.Queue()

    @app.event("message")
    async def hear(event: dict[str, Any]) -> None:
        heard.put_nowait(event["text"])

    fresh: list[Any] = []
    remote.server.on_reset.append(fresh.append)
    async with in_socket_mode(app):
        await remote.post("message", channel="incidents", user="ana", text="old")
        assert await heard.get() == "old"
        await remote.post("faults", latency_ms=1)
        await remote.post("reset")
        assert await remote.said() == []
        assert fresh == [remote.server.workspace]
        assert (await remote.get("state"))["faults"] == {}
        await remote.post("message", channel="incidents", user="ana", text="new")
        assert await heard.get() == "new"
        assert (await remote.post("idle"))["idle"] is True


async def test_an_app_in_http_mode_keeps_its_url_over_a_reset(remote: Remote) -> None:
    async with over_http(remote.server, bolt_app(remote.server)) as url:
        state = await remote.get("state")
        assert state["apps"][0]["request_url"] == url
        await remote.post("reset")
        state = await remote.get("state")
        assert (state["apps"][0]["request_url"], state["apps"][0]["connections"]) == (url, 1)
        assert (await remote.post("app", request_url=None))["request_url"] is None
        refused = await remote.post("app", app="other", request_url=None, status=404)
        assert "there are: incident-bot" in refused["error"]


async def test_idle_waits_for_acknowledgements(remote: Remote) -> None:
    async with BareSocket(remote.server) as socket:
        await remote.post("message", channel="incidents", user="ana", text="hello")
        assert await remote.post("idle", within=0) == {"ok": True, "idle": False, "unacknowledged": 1}
        await socket.take()
        assert (await remote.post("idle"))["idle"] is True


async def test_a_clock_that_stands_still_can_be_moved(remote: Remote) -> None:
    clock = remote.server.workspace.clock
    assert isinstance(clock, WatchedClock)
    assert (await remote.post("clock", advance=60))["time"] == clock.time() == 1_700_000_060.0
    assert (await remote.post("clock", advance=-1, status=400))["ok"] is False


@pytest.mark.parametrize(
    ("doing", "body", "status", "says"),
    [
        ("message", {"user": "ana", "channel": "incidents"}, 400, "'text' is missing"),
        ("message", {"user": "zoe", "channel": "incidents", "text": "x"}, 404, "unknown user 'zoe'"),
        ("message", {"user": "ana", "channel": "nowhere", "text": "x"}, 404, "unknown channel 'nowhere'"),
        ("message", {"user": "ana", "channel": "incidents", "text": 5}, 400, "'text' is a string"),
        ("edit", {"user": "ana", "channel": "incidents", "ts": "1.2", "text": "x"}, 404, "there is no message 1.2"),
        ("submit", {"user": "ana"}, 400, "ana has no modal open"),
        ("submit", {"user": "ana", "values": []}, 400, "'values' is an object"),
        ("clock", {"advance": "far"}, 400, "'advance' is a number"),
        ("fly", {}, 404, "nothing is called 'fly'; there are: app, archive"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_sentence(
    remote: Remote, doing: str, body: dict[str, Any], status: int, says: str
) -> None:
    answer = await remote.post(doing, status=status, **body)
    assert answer["ok"] is False
    assert says in answer["error"]


@pytest.mark.parametrize("body", ["nonsense", "[]"])
async def test_a_body_that_is_no_object_is_refused(remote: Remote, body: str) -> None:
    async with remote._session.post(f"{remote.server.control_url}/message", data=body) as response:
        assert response.status == 400


async def test_a_web_page_with_a_foreign_name_is_kept_out(remote: Remote) -> None:
    """DNS rebinding: the address is ours, the name in the request is not."""
    async with remote._session.get(f"{remote.server.control_url}/state", headers={"Host": "evil.example"}) as response:
        assert response.status == 403


async def test_another_machine_is_kept_out() -> None:
    async def handler(_request: Any) -> Any:
        raise AssertionError("must not be reached")

    request = make_mocked_request("GET", "/_control/state", headers={"Host": "127.0.0.1:80"}).clone(remote="10.0.0.7")
    assert (await local_only(request, handler)).status == 403


async def test_files_go_up_and_come_down(remote: Remote) -> None:
    client = web_client(remote.server)
    await client.files_upload_v2(
        channel=remote.server.workspace.channel("incidents").id, filename="postmortem.md", content="# What happened"
    )
    (message,) = await remote.get("messages/incidents")
    assert message["files"][0]["content"] == "# What happened"
    info = await client.files_info(file=message["files"][0]["id"])
    url = info["file"]["url_private_download"]
    async with remote._session.get(url, headers={"Authorization": "Bearer xoxb-test-token"}) as response:
        assert await response.text() == "# What happened"
    async with remote._session.get(url) as response:
        assert response.status == 403


AUTHORIZED = {"Authorization": "Bearer xoxb-test-token"}


async def outcome(remote: Remote, method: str, **request: Any) -> str:
    """`ok`, or the error with which a POST is answered."""
    async with remote._session.post(f"{remote.server.base_url}{method}", **request) as response:
        answer = await response.json()
        return "ok" if answer["ok"] else str(answer["error"])


async def test_arguments_come_by_query_form_and_json(remote: Remote) -> None:
    channel = remote.server.workspace.channel("incidents").id
    where, words = {"channel": channel}, {"channel": channel, "text": "hello"}
    base = remote.server.base_url
    async with remote._session.get(f"{base}conversations.info", params=where, headers=AUTHORIZED) as response:
        assert (await response.json())["ok"] is True
    assert await outcome(remote, "conversations.info", params=where, headers=AUTHORIZED) == "ok"
    assert await outcome(remote, "conversations.info", data=where, headers=AUTHORIZED) == "ok"
    assert await outcome(remote, "chat.postMessage", json=words, headers=AUTHORIZED) == "ok"


async def test_a_method_without_json_does_not_look_into_the_body(remote: Remote) -> None:
    where = {"channel": remote.server.workspace.channel("incidents").id}
    assert await outcome(remote, "conversations.info", json=where, headers=AUTHORIZED) == "invalid_arguments"


def test_the_methods_without_json_are_slacks() -> None:
    facts = slack_facts.methods()
    assert {name for name in METHODS if not facts[name]["json"]} == WITHOUT_JSON


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        ("{", "application/json", "invalid_json"),
        (b"\xff", "application/json", "invalid_json"),
        ("{}", "application/json; charset=nonsense", "invalid_json"),
        ("[]", "application/json", "json_not_object"),
        ("<text/>", "application/xml", "invalid_post_type"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    remote: Remote, body: str | bytes, content_type: str, error: str
) -> None:
    headers = {**AUTHORIZED, "Content-Type": content_type}
    assert await outcome(remote, "chat.postMessage", data=body, headers=headers) == error


async def test_a_token_counts_in_the_header_and_in_a_form_only(remote: Remote) -> None:
    token = {"token": "xoxb-test-token"}
    assert await outcome(remote, "auth.test", data=token) == "ok"
    assert await outcome(remote, "auth.test", params=token) == "invalid_auth"
    assert await outcome(remote, "auth.test", json=token) == "invalid_auth"
    assert await outcome(remote, "auth.test", json=token, headers=AUTHORIZED) == "ok"


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "not_authed"),
        ({"Authorization": "Bearer xoxb-else"}, "invalid_auth"),
        ({"Authorization": "Bearer xapp-test-token"}, "not_allowed_token_type"),
    ],
)
async def test_a_call_needs_the_right_token(remote: Remote, headers: dict[str, str], error: str) -> None:
    async with remote._session.get(f"{remote.server.base_url}auth.test", headers=headers) as response:
        assert await response.json() == {"ok": False, "error": error}


async def test_the_workspaces_own_rate_limits_answer_429(remote: Remote) -> None:
    headers = {"Authorization": "Bearer xoxb-test-token"}
    url = f"{remote.server.base_url}chat.postMessage"
    statuses = []
    for number in range(10):
        async with remote._session.post(
            url, json={"channel": "incidents", "text": str(number)}, headers=headers
        ) as got:
            statuses.append((got.status, got.headers.get("Retry-After")))
    assert (200, None) in statuses
    assert statuses[-1] == (429, "1")
