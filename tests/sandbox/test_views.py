"""Modals: opening and stacking them, what their inputs tell, and what answers to submissions do."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox import Answer, SandboxServer, WorkspaceError
from bot.sandbox.block_kit import inputs
from tests import slack_facts
from tests.sandbox.bots import (
    BareSocket,
    bolt_app,
    in_socket_mode,
    serving,
    unknown_keys,
    web_client,
)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def input_block(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(block_id),
        "element": {"action_id": "a", **element},
        **more,
    }


OPTIONS = [{"text": plain("P1"), "value": "p1"}, {"text": plain("P2"), "value": "p2"}]


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    title = input_block("title", {"type": "plain_text_input", "min_length": 3, "max_length": 10})
    return {
        "type": "modal",
        "callback_id": "declare",
        "title": plain("Declare"),
        "submit": plain("Go"),
        "blocks": list(blocks) or [title],
        **more,
    }


async def a_trigger(server: SandboxServer, socket: BareSocket, user: str = "ana") -> str:
    run = server.workspace.run_command(user=user, channel="general", command="/incident", text="", wait=0.0)
    asked = asyncio.create_task(run)
    trigger = (await socket.take())["payload"]["trigger_id"]
    await asked
    return str(trigger)


async def opened(server: SandboxServer, socket: BareSocket, view: dict[str, Any]) -> dict[str, Any]:
    answer = await web_client(server).views_open(trigger_id=await a_trigger(server, socket), view=view)
    found: dict[str, Any] = answer["view"]
    return found


async def submitted(
    server: SandboxServer, socket: BareSocket, values: dict[str, Any], response: dict[str, Any] | None = None
) -> tuple[Answer, dict[str, Any]]:
    """The answer and the payload of a submission that the app answers with `response`."""
    asked = asyncio.create_task(server.workspace.submit(user="ana", values=values, wait=0.0))
    envelope = await socket.take(response)
    return await asked, envelope["payload"]


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_a_bolt_app_opens_a_modal_refuses_and_takes_its_submission() -> None:
    async with serving() as server:
        app = bolt_app(server)

        @app.command("/incident")
        async def open_modal(ack: Any, client: Any, command: dict[str, Any]) -> None:
            await ack()
            await client.views_open(trigger_id=command["trigger_id"], view=modal())

        @app.view("declare")
        async def take(ack: Any, view: dict[str, Any], client: Any, body: dict[str, Any]) -> None:
            title = view["state"]["values"]["title"]["a"]["value"]
            if title == "nothing":
                await ack(response_action="errors", errors={"title": "Say what is broken"})
                return
            await ack()
            await client.chat_postEphemeral(channel="incidents", user=body["user"]["id"], text=f"Declared {title}")

        async with in_socket_mode(app):
            space = server.workspace
            shown = await space.run_command(user="ana", channel="general", command="/incident", text="")
            assert shown.view is not None
            assert shown.view["callback_id"] == "declare"
            refused = await space.submit(user="ana", values={"title": {"a": "nothing"}})
            assert (refused.ok, refused.errors) == (False, {"title": "Say what is broken"})
            taken = await space.submit(user="ana", values={"title": {"a": "Checkout"}})
            assert (taken.ok, taken.text) == (True, "Declared Checkout")
            with pytest.raises(WorkspaceError, match="ana has no modal open"):
                await space.submit(user="ana", values={})


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        (None, "required"),  # an empty required input
        ("ab", "at least 3"),
        ("far too long a title", "at most 10"),
    ],
)
async def test_slacks_client_objects_before_the_app_is_asked(typed: str | None, problem: str) -> None:
    async with serving() as server, BareSocket(server) as socket:
        await opened(server, socket, modal())
        answer = await server.workspace.submit(user="ana", values={"title": {"a": typed}})
        assert answer.ok is False
        assert problem in answer.errors["title"]
        assert server.workspace.unacknowledged() == 0


async def test_view_objects_have_the_shape_of_slacks() -> None:
    async with serving() as server, BareSocket(server) as socket:
        answer = await web_client(server).views_open(trigger_id=await a_trigger(server, socket), view=modal())
        assert unknown_keys(answer.data, slack_facts.responses()["views.open"]) == []
        _, payload = await submitted(server, socket, {"title": {"a": "Checkout"}})
        # response_urls is documented for submissions, but the sample misses it.
        payload.pop("response_urls")
        assert unknown_keys(payload, slack_facts.requests()["ViewSubmission"]) == []


async def test_a_trigger_serves_once_lives_shortly_and_belongs_to_its_app() -> None:
    async with serving() as server, BareSocket(server) as socket:
        client = web_client(server)
        trigger = await a_trigger(server, socket)
        await client.views_open(trigger_id=trigger, view=modal())
        assert await refusal(client.views_open(trigger_id=trigger, view=modal())) == "exchanged_trigger_id"
        assert await refusal(client.views_open(trigger_id="1.2.x", view=modal())) == "invalid_trigger_id"
        server.workspace.interactions.triggers.lives = 0.0
        late = await a_trigger(server, socket)
        assert await refusal(client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"


async def test_a_view_that_block_kit_forbids_is_refused_with_reasons() -> None:
    async with serving() as server, BareSocket(server) as socket:
        trigger = await a_trigger(server, socket)
        with pytest.raises(SlackApiError) as refused:
            await web_client(server).views_open(trigger_id=trigger, view=modal(title=plain("x" * 25)))
        assert refused.value.response["error"] == "invalid_arguments"
        assert "/view/title" in refused.value.response["response_metadata"]["messages"][0]
        await web_client(server).views_open(trigger_id=trigger, view=modal())  # the trigger is not used up by that


async def test_modals_stack_three_deep() -> None:
    async with serving() as server, BareSocket(server) as socket:
        client = web_client(server)
        button = {"type": "button", "action_id": "deeper", "text": plain("Deeper")}
        view = modal({"type": "actions", "block_id": "row", "elements": [button]}, callback_id="stack")
        root = await opened(server, socket, view)

        async def deeper() -> dict[str, Any]:
            change = server.workspace.interactions.change_input(user="ana", action_id="deeper", wait=0.0)
            asked = asyncio.create_task(change)
            payload: dict[str, Any] = (await socket.take())["payload"]
            await asked
            return payload

        payload = await deeper()
        assert payload["container"] == {"type": "view", "view_id": root["id"]}
        assert "message" not in payload
        second = (await client.views_push(trigger_id=payload["trigger_id"], view=view))["view"]
        assert (second["previous_view_id"], second["root_view_id"]) == (root["id"], root["id"])
        await client.views_push(trigger_id=(await deeper())["trigger_id"], view=view)
        push = client.views_push(trigger_id=(await deeper())["trigger_id"], view=view)
        assert await refusal(push) == "push_limit_reached"
        await server.workspace.close_view(user="ana")
        stack = server.workspace.interactions.views.stack(server.workspace.user("ana").id)
        assert [one.id for one in stack] == [root["id"], second["id"]]


async def test_an_update_needs_the_current_hash_and_keeps_what_was_typed() -> None:
    async with serving() as server, BareSocket(server) as socket:
        client = web_client(server)
        view = await opened(server, socket, modal(external_id="mine"))
        await server.workspace.change_input(user="ana", block_id="title", action_id="a", value="Checkout")
        more = modal(
            input_block("title", {"type": "plain_text_input"}),
            input_block("priority", {"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[1]}),
            external_id="mine",
        )
        updated = (await client.views_update(view_id=view["id"], hash=view["hash"], view=more))["view"]
        assert updated["state"]["values"]["title"]["a"]["value"] == "Checkout"
        assert updated["state"]["values"]["priority"]["a"]["selected_option"] == OPTIONS[1]
        assert updated["hash"] != view["hash"]
        stale = client.views_update(external_id="mine", hash=view["hash"], view=more)
        assert await refusal(stale) == "hash_conflict"
        assert await refusal(client.views_update(view_id="V0NONE", view=more)) == "not_found"
        other = client.views_open(trigger_id=await a_trigger(server, socket, "ben"), view=modal(external_id="mine"))
        assert await refusal(other) == "duplicate_external_id"


@pytest.mark.parametrize(
    ("response", "ok", "open_views"),
    [
        ({}, True, 0),
        ({"response_action": "clear"}, True, 0),
        ({"response_action": "update", "view": modal(callback_id="next")}, True, 1),
        ({"response_action": "push", "view": modal(callback_id="next")}, True, 2),
        ({"response_action": "errors", "errors": {"title": "no"}}, False, 1),
        ({"response_action": "errors", "errors": {"nowhere": "no"}}, False, 1),  # Slack knows no such input
        ({"response_action": "update", "view": {"type": "modal"}}, False, 1),  # no valid view
        ({"response_action": "dance"}, False, 1),
    ],
)
async def test_the_answer_to_a_submission_decides_what_is_open(
    response: dict[str, Any], ok: bool, open_views: int
) -> None:
    async with serving() as server, BareSocket(server) as socket:
        await opened(server, socket, modal())
        answer, _ = await submitted(server, socket, {"title": {"a": "Checkout"}}, response)
        assert answer.ok is ok
        stack = server.workspace.interactions.views.stack(server.workspace.user("ana").id)
        assert len(stack) == open_views
        if response.get("response_action") in {"update", "push"} and ok:
            assert answer.view is not None
            assert answer.view["callback_id"] == "next"


async def test_a_submission_that_is_not_acknowledged_leaves_the_modal_open() -> None:
    async with serving(ack_within=0.02) as server, BareSocket(server) as socket:
        await opened(server, socket, modal())
        answer = await server.workspace.submit(user="ana", values={"title": {"a": "Checkout"}})
        assert (answer.ok, answer.error) == (False, "operation_timeout")
        assert answer.view is not None


async def test_closing_is_told_where_the_app_asked_for_it() -> None:
    async with serving() as server, BareSocket(server) as socket:
        await opened(server, socket, modal(notify_on_close=True))
        closing = asyncio.create_task(server.workspace.close_view(user="ana"))
        payload = (await socket.take())["payload"]
        await closing
        assert (payload["type"], payload["is_cleared"]) == ("view_closed", False)
        assert unknown_keys(payload, slack_facts.requests()["ViewClosed"]) == []
        await opened(server, socket, modal())
        await server.workspace.close_view(user="ana")
        assert server.workspace.unacknowledged() == 0


async def test_an_input_tells_the_app_only_where_it_dispatches() -> None:
    async with serving() as server, BareSocket(server) as socket:
        quiet = input_block("quiet", {"type": "plain_text_input"})
        loud = input_block("loud", {"type": "static_select", "options": OPTIONS}, dispatch_action=True)
        await opened(server, socket, modal(quiet, loud))
        await server.workspace.change_input(user="ana", block_id="quiet", action_id="a", value="typed")
        change = server.workspace.interactions.change_input(
            user="ana", block_id="loud", action_id="a", value="p1", wait=0.0
        )
        asked = asyncio.create_task(change)
        payload = (await socket.take())["payload"]
        await asked
        assert payload["actions"][0]["selected_option"]["value"] == "p1"
        assert payload["view"]["state"]["values"]["quiet"]["a"]["value"] == "typed"


SERVICES = [
    {"text": plain("Checkout"), "value": "s1"},
    {"text": plain("Checkout API"), "value": "s2"},
    {"text": plain("Search"), "value": "s3"},
]


@pytest.mark.parametrize(
    ("given", "typed", "value"),
    [
        ("sear", "sear", "s3"),  # a piece of the text
        ("Checkout", "Checkout", "s1"),  # all of it, though another begins so
        ({"typed": "check", "value": "s2"}, "check", "s2"),
    ],
)
async def test_the_options_of_an_external_select_come_from_the_app(given: Any, typed: str, value: str) -> None:
    async with serving() as server, BareSocket(server) as socket:
        await opened(server, socket, modal(input_block("service", {"type": "external_select"})))
        submit = server.workspace.submit(user="ana", values={"service": {"a": given}}, wait=0.0)
        asked = asyncio.create_task(submit)
        question = (await socket.take({"options": SERVICES}))["payload"]
        payload = (await socket.take())["payload"]
        await asked
        assert (question["type"], question["value"]) == ("block_suggestion", typed)
        assert payload["view"]["state"]["values"]["service"]["a"]["selected_option"]["value"] == value


@pytest.mark.parametrize(
    ("answer", "typed", "refusal"),
    [
        ({"options": SERVICES}, "check", "'check' is in several of the options; offered are: 's1', 's2', 's3'"),
        ({"options": SERVICES}, "mail", "'mail' is none of the options"),
        ({"options": [{"text": plain("x" * 76), "value": "a"}]}, "x" * 76, "must be less than 76 characters"),
        ({"options": SERVICES[:1] * 101}, "check", "no more than 100 items allowed"),
        ({"options": SERVICES, "option_groups": []}, "check", "must provide only one of options, option_groups"),
        (None, "check", "missing required field: options"),
    ],
)
async def test_options_that_cannot_be_chosen_are_refused(answer: Any, typed: str, refusal: str) -> None:
    async with serving() as server, BareSocket(server) as socket:
        await opened(server, socket, modal(input_block("service", {"type": "external_select"})))
        submit = server.workspace.submit(user="ana", values={"service": {"a": typed}}, wait=0.0)
        asked = asyncio.create_task(submit)
        await socket.take(answer)
        with pytest.raises(WorkspaceError, match=re.escape(refusal)):
            await asked


@pytest.mark.parametrize(("least", "typed"), [({}, "ch"), ({"min_query_length": 6}, "check")])
async def test_an_app_is_not_asked_for_options_before_enough_is_typed(least: dict[str, int], typed: str) -> None:
    async with serving() as server, BareSocket(server) as socket:
        await opened(server, socket, modal(input_block("service", {"type": "external_select", **least})))
        with pytest.raises(WorkspaceError, match="the app is not asked"):
            await server.workspace.submit(user="ana", values={"service": {"a": typed}}, wait=0.0)
        assert server.workspace.unacknowledged() == 0


async def test_unknown_values_are_refused_with_those_that_are_there() -> None:
    async with serving() as server, BareSocket(server) as socket:
        await opened(server, socket, modal())
        with pytest.raises(WorkspaceError, match="there are: title/a"):
            await server.workspace.submit(user="ana", values={"headline": {"a": "x"}})


class Directory:
    """People and channels by name."""

    def user(self, who: str) -> Any:
        return type("User", (), {"id": f"U-{who}"})

    def channel(self, which: str) -> Any:
        return type("Channel", (), {"id": f"C-{which}"})


@pytest.mark.parametrize(
    ("element", "given", "told"),
    [
        ({"type": "plain_text_input"}, "text", {"value": "text"}),
        ({"type": "plain_text_input"}, "", {"value": None}),
        ({"type": "number_input"}, 5, {"value": "5"}),
        ({"type": "static_select", "options": OPTIONS}, "p1", {"selected_option": OPTIONS[0]}),
        ({"type": "multi_static_select", "options": OPTIONS}, ["p2"], {"selected_options": [OPTIONS[1]]}),
        ({"type": "checkboxes", "options": OPTIONS}, [], {"selected_options": []}),
        ({"type": "radio_buttons", "options": OPTIONS}, "p2", {"selected_option": OPTIONS[1]}),
        ({"type": "users_select"}, "ana", {"selected_user": "U-ana"}),
        ({"type": "multi_users_select"}, ["ana", "ben"], {"selected_users": ["U-ana", "U-ben"]}),
        ({"type": "channels_select"}, "general", {"selected_channel": "C-general"}),
        ({"type": "conversations_select"}, "general", {"selected_conversation": "C-general"}),
        ({"type": "datepicker"}, "2024-02-29", {"selected_date": "2024-02-29"}),
        ({"type": "timepicker"}, "14:05", {"selected_time": "14:05"}),
        ({"type": "datetimepicker"}, 1700000000, {"selected_date_time": 1700000000}),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) and "type" in value else None,
)
def test_each_input_keeps_its_value_in_its_own_shape(element: dict[str, Any], given: Any, told: dict[str, Any]) -> None:
    assert inputs.chosen({"action_id": "a", **element}, given, Directory()) == {"type": element["type"], **told}


@pytest.mark.parametrize(
    ("element", "given"),
    [
        ({"type": "datepicker"}, "tomorrow"),
        ({"type": "timepicker"}, "noon"),
        ({"type": "datetimepicker"}, "soon"),
        ({"type": "static_select", "options": OPTIONS}, "p9"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else None,
)
def test_an_impossible_value_is_refused(element: dict[str, Any], given: Any) -> None:
    with pytest.raises(WorkspaceError):
        inputs.chosen({"action_id": "a", **element}, given, Directory())


@pytest.mark.parametrize(
    ("element", "given", "problem"),
    [
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "whole number"),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "2"}, "1.5", "too small"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "1"}, "1.5", "too large"),
        ({"type": "number_input", "is_decimal_allowed": True}, "many", "a number"),
        ({"type": "email_text_input"}, "ana", "email"),
        ({"type": "url_text_input"}, "example", "URL"),
        ({"type": "multi_static_select", "options": OPTIONS, "max_selected_items": 1}, ["p1", "p2"], "at most 1"),
    ],
)
def test_the_client_checks_each_kind_of_input(element: dict[str, Any], given: Any, problem: str) -> None:
    block = input_block("b", element)
    state = inputs.chosen(block["element"], given, Directory())
    found = inputs.problems([block], {"values": {"b": {"a": state}}})
    assert problem in found["b"]
