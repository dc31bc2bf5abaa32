"""Declaring an incident, from the slash command to the channel."""

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from tests.world import World, shown

pytestmark = pytest.mark.one_database


async def test_one_line_declares_and_the_answer_links_the_channel(world: World) -> None:
    answer = await world.command(
        "ana", "declare p1 Checkout returns 503 since:09:10 service:checkout category:network/outage"
    )

    channel = world.workspace.channel("inc-1-checkout-returns-503")
    assert f"<#{channel.id}>" in answer.text
    assert "P1 Critical" in answer.text
    incident = (await world.record())["incident"]
    assert incident["impact_started_at"] == "2026-03-02T14:10:00Z", "09:10 is Ana's time in New York"
    assert (incident["service"], incident["category"]) == ("checkout", "network/outage")
    assert incident["reporter"] == "ana"


async def test_the_declarer_is_in_before_anything_is_posted_after_two_rounds(world: World) -> None:
    await world.declare()
    calls = [call.method for call in world.server.calls]
    # The second round goes out side by side; what hangs on the card comes after it.
    assert calls.index("conversations.create") < calls.index("conversations.invite") < calls.index("pins.add")
    assert "ana" in {
        world.workspace.user(member).name for member in world.workspace.channel("inc-1-checkout-returns-503").members
    }


async def test_the_channel_has_a_topic_one_pinned_card_and_a_briefing(world: World) -> None:
    channel = await world.declare("p1 Primary database failed over category:database/failover service:orders")
    assert "INC-1" in world.workspace.channel(channel).topic.value
    card = shown(world.card(channel))
    for expected in ("INC-1", "Primary database failed over", "P1 Critical", "investigating", "orders", "vacant"):
        assert expected in card
    assert any("Runbook:" in message.text for message in world.by_bot(channel))
    assert len(world.by_bot(channel)) == 2, "the card and the briefing, nothing else"


async def test_stakeholders_get_one_announcement_that_is_edited_in_place(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "status identified", channel=channel)
    announcements = world.by_bot("incidents")
    assert len(announcements) == 1
    assert "identified" in announcements[0].text
    assert announcements[0].edited_ts


async def test_numbers_are_never_given_twice(world: World) -> None:
    await world.declare("p3 One")
    await world.command("ana", "cancel INC-1 a false alarm")
    await world.declare("p3 Two")
    assert (await world.record(2))["incident"]["title"] == "Two"


async def test_similar_open_incidents_are_shown(world: World) -> None:
    await world.declare("p2 Checkout returns errors service:checkout")
    channel = await world.declare("p2 Checkout returns 503 service:checkout")
    briefing = next(message.text for message in world.by_bot(channel) if "look alike" in message.text)
    assert "INC-1" in briefing


async def test_a_private_incident_leaks_nowhere(world: World) -> None:
    secret = "Laptop with customer data stolen"
    answer = await world.command("ana", f"declare p1 {secret} private:yes")
    channel = world.workspace.latest_app_channel()
    assert answer.ok
    assert channel is not None
    assert channel.is_private
    assert not world.by_bot("incidents")
    listed = await world.command("ben", "list")
    assert secret not in listed.text
    denied = await world.command("ben", "status INC-1")
    assert "can't find INC-1" in denied.text
    assert secret in (await world.command("ana", "list")).text
    # A look-alike declared later must not tell of it either.
    other = await world.declare("p2 Laptop with customer data lost", who="ben")
    assert all(secret not in message.text for message in world.by_bot(other))


STATED = [
    ("p1 Checkout down", "p1", "P1 Critical. Join"),
    ("SEV2 Checkout down", "p2", "P2 High. Join"),
    (
        "Checkout down",
        "p2",
        "I chose the higher priority to be safe",
    ),  # nothing stated: the configured one, and it says so
    ("p3? Checkout down", "p2", "I chose the higher priority to be safe"),
    ("p2/p3 Checkout down", "p2", "I chose the higher priority to be safe"),
    (
        "p3 Checkout down impact:extensive urgency:high",
        "p1",
        "I chose the higher priority to be safe",
    ),  # the matrix says more
    ("Checkout down impact:moderate urgency:medium", "p3", "impact moderate × urgency medium"),
    (
        "Checkout down impact:moderate",
        "p2",
        "I chose the higher priority to be safe",
    ),  # the highest that this impact allows
]


async def test_priority_comes_from_the_matrix_and_in_doubt_goes_higher(world: World, subtests: pytest.Subtests) -> None:
    for number, (typed, priority, words) in enumerate(STATED, 1):
        with subtests.test(typed=typed):
            answer = await world.command("ana", f"declare {typed}")
            assert (await world.record(number))["incident"]["priority"] == priority
            assert words in answer.text


async def test_a_second_delivery_of_the_same_command_declares_once(world: World) -> None:
    """Slack does not retry commands, but a proxy in HTTP mode can."""
    await world.declare()
    body = {
        "command": "/incident",
        "text": "declare p1 Twice",
        "user_id": world.workspace.user("ana").id,
        "trigger_id": "13345224609.738474920.8088930838d88f008e0",
        "team_id": world.workspace.team_id,
        "channel_id": world.workspace.channel("general").id,
    }
    app = world.bot.slack_app
    for _ in range(2):
        reply = await app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        assert reply.status == 200
    await world.settle()
    assert "Twice" in (await world.record(2))["incident"]["title"]
    assert "can't find INC-3" in (await world.command("ana", "status INC-3")).text


class TestForm:
    async def test_a_bare_declare_opens_the_form(self, world: World) -> None:
        answer = await world.command("ana", "declare")
        assert answer.view is not None
        blocks = {block["block_id"] for block in answer.view["blocks"]}
        assert {"title", "impact", "urgency", "category", "service", "since", "description", "private"} <= blocks

    async def test_the_priority_is_shown_as_impact_and_urgency_change(self, world: World) -> None:
        await world.command("ana", "declare")
        await world.workspace.change_input(user="ana", block_id="impact", action_id="impact", value="extensive")
        await world.settle()
        await world.workspace.change_input(user="ana", block_id="urgency", action_id="urgency", value="high")
        await world.settle()
        view = world.view("ana")
        text = next(block["text"]["text"] for block in view["blocks"] if block["block_id"] == "priority_shown")
        assert "P1 Critical" in text
        assert "impact extensive × urgency high" in text

    async def test_the_form_declares_and_the_answer_is_a_private_message(self, world: World) -> None:
        await world.command("ana", "declare")
        answer = await world.workspace.submit(
            user="ana",
            values={
                "title": {"title": "Checkout returns 503"},
                "impact": {"impact": "significant"},
                "urgency": {"urgency": "critical"},
                "category": {"category": "network/outage"},
                "since": {"since": "20m"},
                "description": {"description": "Only in the north east"},
            },
        )
        assert answer.ok
        await world.settle()
        incident = (await world.record())["incident"]
        assert (incident["priority"], incident["category"]) == ("p1", "network/outage")
        assert incident["impact_started_at"] == "2026-03-02T14:10:00Z"
        assert any("INC-1 is declared" in text for text in world.to_person("ana"))

    async def test_what_is_wrong_is_shown_in_the_form_and_nothing_is_lost(self, world: World) -> None:
        await world.command("ana", "declare")
        answer = await world.workspace.submit(
            user="ana", values={"title": {"title": "Checkout down"}, "since": {"since": "half past"}}
        )
        assert "since" in answer.errors
        again = await world.workspace.submit(
            user="ana", values={"title": {"title": "Checkout down"}, "since": {"since": "14:00Z"}}
        )
        assert again.ok
        await world.settle()
        assert (await world.record())["incident"]["title"] == "Checkout down"
