"""Commands, clicks, shortcuts and the home tab: what the app is told, and what the person is shown."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox import Answer, SandboxServer, SlashCommand, WorkspaceError
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

BUTTONS = [
    {"type": "section", "block_id": "top", "text": {"type": "mrkdwn", "text": "Who leads?"}, "accessory": {
        "type": "users_select", "action_id": "lead", "placeholder": {"type": "plain_text", "text": "Somebody"}}},
    {"type": "actions", "block_id": "row", "elements": [
        {"type": "button", "action_id": "take", "text": {"type": "plain_text", "text": "Take it"}, "value": "INC-1"},
        {"type": "static_select", "action_id": "priority", "options": [
            {"text": {"type": "plain_text", "text": "P1"}, "value": "p1"},
            {"text": {"type": "plain_text", "text": "P2"}, "value": "p2"}]},
        {"type": "overflow", "action_id": "more", "options": [
            {"text": {"type": "plain_text", "text": "Close"}, "value": "close"},
            {"text": {"type": "plain_text", "text": "Reopen"}, "value": "reopen"}]}]},
]  # fmt: skip


async def command(server: SandboxServer, text: str = "", user: str = "ana", **more: Any) -> Answer:
    return await server.workspace.run_command(user=user, channel="incidents", command="/incident", text=text, **more)


async def post_buttons(server: SandboxServer, **more: Any) -> str:
    """A message of the app with elements; its event is not waited for."""
    server.workspace.apps[0].events = set()
    answer = await web_client(server).chat_postMessage(channel="incidents", text="A card", blocks=BUTTONS, **more)
    return str(answer["ts"])


async def test_a_command_is_answered_by_its_acknowledgement() -> None:
    async with serving() as server:
        app = bolt_app(server)

        @app.command("/incident")
        async def handle(ack: Any) -> None:
            await ack(text="at once", blocks=[{"type": "divider"}])

        async with in_socket_mode(app):
            answer = await command(server)
            assert (answer.ok, answer.text, answer.blocks) == (True, "at once", [{"type": "divider"}])
            assert answer.response_type == "ephemeral"
            assert server.workspace.ephemerals[-1].text == "at once"


async def test_blocks_that_slack_refuses_fail_the_command() -> None:
    async with serving() as server:
        app = bolt_app(server)

        @app.command("/incident")
        async def handle(ack: Any) -> None:
            await ack(text="at once", blocks=[{"type": "header"}])

        async with in_socket_mode(app):
            answer = await command(server)
            assert (answer.ok, answer.error) == (False, "invalid_command_response")
            assert "at once" not in server.workspace.ephemerals[-1].text


async def test_a_command_is_answered_later_through_its_response_url() -> None:
    async with serving() as server:
        app = bolt_app(server)
        bodies: asyncio.Queue[str] = asyncio.Queue()

        @app.command("/incident")
        async def handle(ack: Any, respond: Any) -> None:
            await ack()
            response = await respond(text="for all", response_type="in_channel")
            bodies.put_nowait(response.body)

        async with in_socket_mode(app):
            answer = await command(server)
            assert (answer.text, answer.response_type) == ("for all", "in_channel")
            assert await got(bodies) == "ok"
            assert [m.text for m in server.workspace.channel("incidents").messages.values()] == ["for all"]


async def test_a_command_is_answered_by_an_ephemeral_message() -> None:
    async with serving() as server:
        app = bolt_app(server)

        @app.command("/incident")
        async def handle(ack: Any, client: Any, command: dict[str, Any]) -> None:
            await ack()
            await client.chat_postEphemeral(channel=command["channel_id"], user=command["user_id"], text="only you")

        async with in_socket_mode(app):
            assert (await command(server)).text == "only you"


async def test_an_answer_of_nothing_is_an_answer() -> None:
    async with serving() as server, BareSocket(server) as socket:
        asked = asyncio.create_task(command(server, wait=0.0))
        await socket.take()
        answer = await asked
        assert answer == Answer(ok=True)


async def test_a_command_without_acknowledgement_shows_a_timeout_and_is_not_sent_again() -> None:
    async with serving(ack_within=0.02) as server, BareSocket(server) as socket:
        answer = await command(server)
        envelope = await socket.receive()
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        assert (answer.ok, answer.error) == (False, "operation_timeout")
        await socket.acknowledge(envelope, {"text": "too late"})
        await server.workspace.post_message(user="ana", channel="incidents", text="next")
        assert (await socket.take())["payload"]["event"]["text"] == "next"
        assert "too late" not in [shown.text for shown in server.workspace.ephemerals]


async def test_a_command_without_a_connection_fails_at_once() -> None:
    async with serving() as server:
        answer = await command(server)
        assert (answer.ok, answer.error) == (False, "dispatch_failed")
        assert answer.text == "/incident failed with the error “dispatch_failed”"


async def test_a_command_nobody_registered_is_not_valid() -> None:
    async with serving() as server:
        answer = await server.workspace.run_command(user="ana", channel="general", command="/lunch", text="")
        assert (answer.ok, answer.error) == (False, "unknown_command")


async def test_a_deactivated_user_can_run_no_command() -> None:
    async with serving() as server:
        await server.workspace.deactivate_user(user="ben")
        with pytest.raises(WorkspaceError, match="ben has been deactivated"):
            await command(server, user="ben")


async def test_an_outsider_cannot_run_a_command_in_a_private_channel() -> None:
    async with serving() as server:
        server.workspace.add_channel("secret", is_private=True, members=["ana"])
        with pytest.raises(WorkspaceError, match="ben is not in the private channel secret"):
            await server.workspace.run_command(user="ben", channel="secret", command="/incident", text="")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("assign lead @ben", "assign lead {ben}"),
        ("assign lead <@{ben_id}>", "assign lead {ben}"),  # somebody encoded it already
        ("a < b & c", "a &lt; b &amp; c"),
        ("<!channel> help", "&lt;!channel&gt; help"),  # nobody can type a command to all
        ("mail ben@example.org", "mail <mailto:ben@example.org|ben@example.org>"),
        ("see https://a.example/x?y&z", "see <https://a.example/x?y&amp;z>"),
    ],
)
async def test_command_text_is_escaped_as_slack_does(typed: str, sent: str) -> None:
    async with serving() as server, BareSocket(server) as socket:
        ben = server.workspace.user("ben")
        asked = asyncio.create_task(command(server, typed.format(ben_id=ben.id), wait=0.0))
        payload = (await socket.take())["payload"]
        await asked
        assert payload["text"] == sent.format(ben=f"<@{ben.id}|ben>")


async def test_a_command_may_ask_for_text_as_typed() -> None:
    async with serving() as server, BareSocket(server) as socket:
        server.workspace.apps[0].commands["/plain"] = SlashCommand(command="/plain", should_escape=False)
        run = server.workspace.run_command(user="ana", channel="general", command="/plain", text="@ben & co", wait=0.0)
        asked = asyncio.create_task(run)
        assert (await socket.take())["payload"]["text"] == "@ben & co"
        await asked


async def test_payload_keys_are_slacks() -> None:
    async with serving() as server, BareSocket(server) as socket:
        ts = await post_buttons(server)
        space = server.workspace
        there = {"user": "ana", "channel": "incidents", "ts": ts, "wait": 0.0}
        doings = {
            "SlashCommand": lambda: command(server, wait=0.0),
            "BlockAction": lambda: space.click(action_id="take", **there),
            "MessageShortcut": lambda: space.run_shortcut(callback_id="note", **there),
        }
        for name, doing in doings.items():
            asked = asyncio.create_task(doing())
            payload = (await socket.take())["payload"]
            await asked
            assert unknown_keys(payload, slack_facts.requests()[name]) == [], name


async def test_a_button_tells_where_it_is_and_answers_there() -> None:
    async with serving() as server:
        app = bolt_app(server)

        @app.action("take")
        async def handle(ack: Any, body: dict[str, Any], respond: Any) -> None:
            await ack()
            (action,) = body["actions"]
            assert body["container"]["channel_id"] == body["channel"]["id"]
            assert body["message"]["ts"] == body["container"]["message_ts"]
            await respond(text=f"{body['user']['name']} took {action['value']}", replace_original=True)

        async with in_socket_mode(app):
            ts = await post_buttons(server)
            answer = await server.workspace.click(user="ben", channel="incidents", ts=ts, action_id="take")
            assert answer.text == "ben took INC-1"
            assert server.workspace.message("incidents", ts).text == "ben took INC-1"


@pytest.mark.parametrize(
    ("action_id", "value", "key", "told"),
    [
        ("priority", "p2", "selected_option", {"text": {"type": "plain_text", "text": "P2"}, "value": "p2"}),
        ("more", "close", "selected_option", {"text": {"type": "plain_text", "text": "Close"}, "value": "close"}),
        ("take", "INC-1", "value", "INC-1"),
    ],
)
async def test_each_element_tells_its_choice_in_its_own_shape(action_id: str, value: str, key: str, told: Any) -> None:
    async with serving() as server, BareSocket(server) as socket:
        ts = await post_buttons(server)
        space = server.workspace
        click = space.click(user="ana", channel="incidents", ts=ts, action_id=action_id, value=value, wait=0.0)
        asked = asyncio.create_task(click)
        payload = (await socket.take())["payload"]
        await asked
        (action,) = payload["actions"]
        assert (action[key], action["block_id"]) == (told, "row")


async def test_choices_in_a_message_are_remembered_in_its_state() -> None:
    async with serving() as server, BareSocket(server) as socket:
        ts = await post_buttons(server)
        for action_id, value in (("lead", "ben"), ("take", None)):
            click = server.workspace.click(
                user="ana", channel="incidents", ts=ts, action_id=action_id, value=value, wait=0.0
            )
            asked = asyncio.create_task(click)
            payload = (await socket.take())["payload"]
            await asked
        ben = server.workspace.user("ben").id
        assert payload["state"]["values"]["top"]["lead"] == {"type": "users_select", "selected_user": ben}
        assert payload["state"]["values"]["row"]["priority"] == {"type": "static_select", "selected_option": None}


async def test_an_unknown_element_is_refused_with_those_that_are_there() -> None:
    async with serving() as server:
        ts = await post_buttons(server)
        with pytest.raises(WorkspaceError, match=r"no element resolve; there are: lead in top, take in row"):
            await server.workspace.click(user="ana", channel="incidents", ts=ts, action_id="resolve")
        with pytest.raises(WorkspaceError, match=r"no option with the value 'p9'; there are: 'p1', 'p2'"):
            await server.workspace.click(user="ana", channel="incidents", ts=ts, action_id="priority", value="p9")


async def test_a_person_clicks_in_what_only_they_see() -> None:
    async with serving() as server, BareSocket(server) as socket:
        space = server.workspace
        shown = space.show_ephemeral("incidents", "ana", "Sure?", BUTTONS, by=space.apps[0].bot_user_id)
        asked = asyncio.create_task(space.click(user="ana", channel="incidents", ts=shown, action_id="take"))
        payload = (await socket.take())["payload"]
        assert payload["container"]["is_ephemeral"] is True
        assert "message" not in payload
        response = await AsyncWebhookClient(payload["response_url"]).send(text="Done", replace_original=True)
        assert (response.status_code, response.body) == (200, '{"ok": true}')
        assert (await asked).text == "Done"
        assert [one.text for one in space.ephemerals] == ["Done"]
        with pytest.raises(WorkspaceError):
            await space.click(user="ben", channel="incidents", ts=str(space.ephemerals[0].ts), action_id="take")


async def test_a_response_url_deletes_the_original() -> None:
    async with serving() as server, BareSocket(server) as socket:
        ts = await post_buttons(server)
        space = server.workspace
        asked = asyncio.create_task(space.click(user="ana", channel="incidents", ts=ts, action_id="take"))
        payload = (await socket.take())["payload"]
        await AsyncWebhookClient(payload["response_url"]).send(delete_original=True)
        await asked
        assert space.channel("incidents").messages[ts].deleted


async def response_url_of_a_command(server: SandboxServer, socket: BareSocket) -> str:
    asked = asyncio.create_task(command(server, wait=0.0))
    url = (await socket.take())["payload"]["response_url"]
    await asked
    return str(url)


async def test_a_response_url_serves_five_times() -> None:
    async with serving() as server, BareSocket(server) as socket:
        client = AsyncWebhookClient(await response_url_of_a_command(server, socket))
        statuses = [(await client.send(text=f"answer {number}")).status_code for number in range(6)]
        assert statuses == [200] * 5 + [404]
        assert "used_url" in (await client.send(text="more")).body


async def test_a_response_url_lives_thirty_minutes() -> None:
    clock = WatchedClock()
    async with serving(clock=clock) as server, BareSocket(server) as socket:
        client = AsyncWebhookClient(await response_url_of_a_command(server, socket))
        clock.jump(clock.time() + 29 * 60)
        assert (await client.send(text="in time")).status_code == 200
        clock.jump(clock.time() + 60)
        late = await client.send(text="late")
        assert (late.status_code, late.body) == (404, '{"ok": false, "error": "expired_url"}')


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "no_text"),
        ({"blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ([], "invalid_payload"),
    ],
)
async def test_a_response_url_refuses_what_is_no_message(body: Any, error: str) -> None:
    async with serving() as server, BareSocket(server) as socket, aiohttp.ClientSession() as session:
        url = await response_url_of_a_command(server, socket)
        response = await session.post(url, json=body)
        assert response.status == 400
        assert error in await response.text()


async def test_a_response_url_fails_where_a_fault_names_it() -> None:
    async with serving() as server, BareSocket(server) as socket:
        client = AsyncWebhookClient(await response_url_of_a_command(server, socket))
        server.faults.set({"error": 500})
        assert (await client.send(text="all calls fail, but this is none")).status_code == 200
        server.faults.set({"error": {"method": "response_url", "count": 1}})
        assert (await client.send(text="fails")).status_code == 500
        assert (await client.send(text="works")).status_code == 200


async def test_shortcuts_reach_the_app() -> None:
    async with serving() as server:
        app = bolt_app(server)

        @app.shortcut("declare")
        async def declare(ack: Any, client: Any, shortcut: dict[str, Any]) -> None:
            await ack()
            user = shortcut["user"]["id"]
            await client.chat_postEphemeral(channel="incidents", user=user, text=shortcut["type"])

        async with in_socket_mode(app):
            space = server.workspace
            ts = await space.post_message(user="ben", channel="incidents", text="odd")
            global_one = await space.run_shortcut(user="ana", callback_id="declare")
            on_message = await space.run_shortcut(user="ana", callback_id="declare", channel="incidents", ts=ts)
            assert (global_one.text, on_message.text) == ("shortcut", "message_action")


async def test_the_home_tab_shows_what_the_app_publishes() -> None:
    async with serving() as server:
        app = bolt_app(server)

        @app.event("app_home_opened")
        async def publish(client: Any, event: dict[str, Any]) -> None:
            text = {"type": "plain_text", "text": f"Home in {event['tab']}, seen before: {'view' in event}"}
            view = {"type": "home", "blocks": [{"type": "section", "text": text}]}
            await client.views_publish(user_id=event["user"], view=view)

        async with in_socket_mode(app):
            for seen in (False, True):
                answer = await server.workspace.interactions.open_home(user="ana")
                assert answer.view is not None
                assert answer.view["blocks"][0]["text"]["text"] == f"Home in home, seen before: {seen}"
            await settled(server)


async def test_an_onlooker_sees_commands_clicks_and_answers() -> None:
    async with serving() as server, BareSocket(server) as socket:
        seen: list[tuple[str, str]] = []
        ts = await post_buttons(server)
        server.workspace.watch(lambda happening: seen.append((happening.kind, happening.text)))
        asked = asyncio.create_task(command(server, "status"))
        await socket.take({"text": "all well"})
        await asked
        asked = asyncio.create_task(
            server.workspace.click(user="ana", channel="incidents", ts=ts, action_id="take", wait=0.0)
        )
        await socket.take()
        await asked
        assert seen == [("command", "/incident status"), ("answer", "all well"), ("click", "Take it")]
