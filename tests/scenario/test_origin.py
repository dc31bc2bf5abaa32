"""What belongs to another workspace is neither stored nor done, and learns nothing."""

import json
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from sqlalchemy import func, select

from bot.slack.inbound.origin import NOT_YOURS, is_by_one_of_us, is_for_us
from bot.store.tables import Base, InboxItem, Message, OutboxItem, Workspace
from tests.databases import in_turn
from tests.world import World

pytestmark = pytest.mark.one_database

ELSEWHERE = "T0PARTNER"


async def sent(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """A payload as Slack would deliver it; what the acknowledgement shows."""
    reply = await world.bot.slack_app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    await world.settle()
    assert reply.status == 200
    shown: dict[str, Any] = json.loads(reply.body) if reply.body else {}
    return shown


async def rows(world: World) -> dict[str, int]:
    """{table: how much is in it}."""
    async with world.bot.desk.look() as uow:
        return {
            table.name: await uow.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def command(text: str) -> dict[str, Any]:
    return {
        "command": "/incident",
        "text": text,
        "user_id": "U0ZOE",
        "trigger_id": "1.2.3",
        "team_id": ELSEWHERE,
        "channel_id": "C0ELSEWHERE",
    }


@in_turn("text", ["declare p1 Ours", "list", "status INC-1", "help", "take INC-1 commander"])
async def test_a_command_of_another_workspace_is_refused_in_words_that_say_nothing(world: World, text: str) -> None:
    await world.declare()
    before = await rows(world)
    assert await sent(world, command(text)) == {"response_type": "ephemeral", "text": NOT_YOURS}
    assert await rows(world) == before
    assert not any(word in NOT_YOURS for word in ("INC", "incident", world.workspace.team_id))


async def test_a_click_of_another_workspace_is_refused(world: World) -> None:
    await world.declare()
    before = await rows(world)
    body = {
        "type": "block_actions",
        "team": {"id": ELSEWHERE, "domain": "partner"},
        "user": {"id": "U0ZOE", "team_id": ELSEWHERE},
        "channel": {"id": "C0ELSEWHERE", "name": "theirs"},
        "trigger_id": "1.2.3",
        "actions": [{"action_id": "take_role.incident_commander", "value": "1", "block_id": "x", "type": "button"}],
    }
    await sent(world, body)
    assert await rows(world) == before
    assert (await world.record())["roles"] == []
    # The workspace is ours, the person is not, and it is not an incident's channel.
    await sent(world, {**body, "team": {"id": world.workspace.team_id}})
    assert await rows(world) == before


async def test_a_form_of_another_workspace_shows_it_in_the_form(world: World) -> None:
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": "declare",
        "app_installed_team_id": ELSEWHERE,
        "blocks": [{"type": "input", "block_id": "title"}],
        "state": {"values": {}},
    }
    body = {
        "type": "view_submission",
        "team": {"id": ELSEWHERE},
        "user": {"id": "U0ZOE", "team_id": ELSEWHERE},
        "view": view,
    }
    assert await sent(world, body) == {"response_action": "errors", "errors": {"title": NOT_YOURS}}
    async with world.bot.desk.look() as uow:
        assert not (await uow.session.scalars(select(InboxItem))).all()


@pytest.mark.parametrize("over", ["http", "socket mode"])
async def test_an_event_of_another_workspace_is_acknowledged_and_left_alone(world: World, over: str) -> None:
    channel = world.workspace.channel(await world.declare())
    before = await rows(world)
    event = {"type": "message", "channel": channel.id, "user": "U0ZOE", "text": "ours?", "ts": "1772461800.000100"}
    body = {"type": "event_callback", "event_id": "EvX", "event": event, "team_id": ELSEWHERE}
    body |= {"authorizations": [{"team_id": ELSEWHERE, "enterprise_id": None}]}
    told: list[Exception | None] = []
    if over == "http":
        await sent(world, body)
    else:
        assert world.bot.inbox.take_up(body, told.append)
        assert told == [None]
        assert world.bot.inbox.take_up({"type": "app_rate_limited", "team_id": ELSEWHERE}, told.append)
    await world.settle()
    assert await rows(world) == before
    assert not world.bot.inbox.take_missed()


async def test_somebody_from_elsewhere_in_a_shared_channel_that_is_no_incidents_is_refused(world: World) -> None:
    world.workspace.add_user("zoe", real_name="Zoe Partner", team_id=ELSEWHERE)
    await world.workspace.join_channel(user="zoe", channel="general")
    await world.settle()
    assert (await world.command("zoe", "declare p1 Ours")).text == NOT_YOURS
    assert (await world.command("zoe", "list")).text == NOT_YOURS
    async with world.bot.desk.look() as uow:
        assert not (await uow.session.scalars(select(OutboxItem))).all()


async def test_what_somebody_from_elsewhere_says_in_an_incidents_channel_is_on_record(world: World) -> None:
    channel = await world.declare()
    world.workspace.add_user("zoe", real_name="Zoe Partner", team_id=ELSEWHERE)
    await world.workspace.join_channel(user="zoe", channel=channel)
    await world.say("zoe", channel, "It is our certificate")
    async with world.bot.desk.look() as uow:
        [message] = await uow.session.scalars(select(Message))
    assert message.text == "It is our certificate"
    assert "Checkout returns 503" in (await world.command("zoe", "status", channel=channel)).text


OURS = Workspace(team_id="T0OURS", enterprise_id="E0OURS")


@pytest.mark.parametrize(
    ("body", "for_us", "by_one_of_us"),
    [
        # Enterprise Grid: what is null where the whole organisation installed the app
        ({"team": None, "enterprise": {"id": "E0OURS"}, "user": {"team_id": "T0OURS"}}, True, True),
        ({"team": None, "enterprise": {"id": "E0OURS"}, "user": {"team_id": "T0SISTER"}}, True, True),
        ({"team": None, "enterprise": {"id": "E0OTHER"}, "user": {"team_id": "T0OTHER"}}, True, False),
        # a colleague from another workspace of the organisation
        ({"team_id": "T0SISTER", "enterprise_id": "E0OURS"}, True, True),
        ({"team_id": "T0OTHER", "enterprise_id": "E0OTHER"}, False, False),
        # Slack Connect: the workspace is ours, the person is not, whichever organisation is named
        ({"team": {"id": "T0OURS"}, "enterprise": None, "user": {"team_id": "T0OTHER"}}, True, False),
        ({"team": {"id": "T0OURS"}, "enterprise": {"id": "E0OURS"}, "user": {"team_id": "T0OTHER"}}, True, False),
        ({"team": {"id": "T0OTHER"}, "user": {"team_id": "T0OTHER"}}, False, False),
        # an event in a shared channel happened elsewhere, and is visible to us
        ({"team_id": "T0OTHER", "authorizations": [{"team_id": "T0OURS"}]}, True, False),
        ({"team_id": "T0OTHER", "context_team_id": "T0OURS", "authorizations": [None]}, True, False),
        ({"team_id": "T0OTHER", "authorizations": [{"team_id": "T0OTHER"}]}, False, False),
        # nothing is said
        ({}, True, True),
        ({"team": 7, "user": "U1", "authorizations": {}, "enterprise": []}, True, True),
    ],
)
def test_whose_a_payload_is(body: dict[str, Any], for_us: bool, by_one_of_us: bool) -> None:
    assert is_for_us(body, OURS) is for_us
    assert is_by_one_of_us(body, OURS) is by_one_of_us
