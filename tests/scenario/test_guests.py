"""Guests, and people of other organisations: they read and speak where they are, and the rest is for members."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.resources import packaged
from bot.sandbox.shapes import events
from bot.service import participants
from bot.service.incidents import by_number
from bot.slack.messages.incident_card import RESOLVE_BUTTON
from bot.store.tables import Person
from tests.databases import in_turn
from tests.world import World, open_world, shown

pytestmark = pytest.mark.one_database

OUTSIDERS = ("gus", "una", "zoe")


async def come_in(world: World, channel: str, *, who: str | None = None) -> None:
    """A guest, one of a single channel and somebody of another organisation are brought into the channel."""
    space = world.workspace
    kinds = {
        "gus": {"is_restricted": True},
        "una": {"is_ultra_restricted": True},
        "zoe": {"team_id": "T0PARTNER"},
    }
    for name, kind in kinds.items():
        if who in (None, name):
            space.add_user(name, real_name=f"{name.title()} Visitor", **kind)  # type: ignore[arg-type]
            await space.join_channel(user=name, channel=channel)
    await world.settle()


@pytest.fixture
async def channel(world: World) -> str:
    """Of INC-1, with all three in it; they are not in INC-2's."""
    name = await world.declare()
    await come_in(world, name)
    await world.declare("p2 Search is slow")
    return name


@pytest.fixture
async def generous(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """Where the configuration allows guests everything."""
    text = packaged("config.yaml").read_text(encoding="utf-8")
    for setting in ("list", "declare", "resolve", "cancel", "close", "priority"):
        assert text.count(f"\n  {setting}: false") == 1
        text = text.replace(f"\n  {setting}: false", f"\n  {setting}: true")
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    async with open_world(database_url, config=tmp_path / "config.yaml") as world:
        yield world


async def test_they_read_and_speak_where_they_are(world: World, channel: str) -> None:
    for who in OUTSIDERS:
        assert "Checkout returns 503" in (await world.command(who, "status", channel=channel)).text
        assert "Declared as P1" in (await world.command(who, "timeline INC-1", channel=channel)).text
        await world.command(who, f"note {who} says our proxy is fine", channel=channel)
        assert f"{who} says our proxy is fine" in [one["text"] for one in (await world.record())["timeline"]]


async def test_they_see_no_incident_whose_channel_they_are_not_in(world: World, channel: str) -> None:
    for who in OUTSIDERS:
        listed = (await world.command(who, "list", channel=channel)).text
        assert "Checkout returns 503" in listed
        assert "Search is slow" not in listed
        assert "You see the incidents whose channel you're in." in listed
        for typed in ("INC-2 status", "INC-2 timeline"):
            said = (await world.command(who, typed, channel=channel)).text
            assert "Search is slow" not in said


FOR_MEMBERS = [
    ("declare p1 Ours is down", "declare incidents"),
    ("declare", "declare incidents"),  # the form
    ("resolve Traffic is back", "resolve INC-1"),
    ("resolve", "resolve INC-1"),  # the form
    ("cancel A false alarm", "cancel INC-1"),
    ("priority p3 Only us", "change INC-1's priority"),
]


@pytest.mark.parametrize("who", ["gus", "zoe"])
async def test_what_is_for_members_is_refused_with_whom_to_ask(
    world: World, channel: str, who: str, subtests: pytest.Subtests
) -> None:
    before = await world.record()
    await world.command("ben", "take commander", channel=channel)
    for typed, what in FOR_MEMBERS:
        with subtests.test(typed=typed):
            answer = await world.command(who, typed, channel=channel)
            assert answer.view is None
            whom = "one of them" if typed.startswith("declare") else "Ben Okafor, its incident commander,"
            assert answer.text.startswith(f"Only members of {world.workspace.name} can {what}. Ask {whom} to do it.")
    after = await world.record()
    assert after["incident"]["status"] == before["incident"]["status"]
    assert after["incident"]["priority"] == before["incident"]["priority"]
    assert "can't find INC-3" in (await world.command("ana", "status INC-3")).text


async def test_the_button_on_the_card_is_refused_as_the_command_is(world: World, channel: str) -> None:
    card = world.card(channel)
    answer = await world.workspace.click(user="gus", channel=channel, ts=card.ts, action_id=RESOLVE_BUTTON)
    assert "can resolve INC-1" in answer.text, shown(card)
    assert answer.view is None


async def test_a_member_may_do_all_of_it_and_a_closing_is_refused_too(world: World, channel: str) -> None:
    await world.command("ana", "resolve Traffic is back", channel=channel)
    assert "can close INC-1" in (await world.command("gus", "close", channel=channel)).text
    await world.command("ana", "close", channel=channel)
    assert (await world.record())["incident"]["status"] == "closed"


async def test_the_configuration_may_allow_them_everything(generous: World) -> None:
    channel = await generous.declare()
    await come_in(generous, channel, who="gus")
    await generous.declare("p2 Search is slow")
    assert "Search is slow" in (await generous.command("gus", "list", channel=channel)).text
    await generous.command("gus", "declare p3 Ours is down", channel=channel)
    assert (await generous.record(3))["incident"]["reporter"] == "gus"
    await generous.command("gus", "priority p3 Only us", channel=channel)
    await generous.command("gus", "resolve Traffic is back", channel=channel)
    await generous.command("gus", "close", channel=channel)
    found = (await generous.record())["incident"]
    assert (found["priority"], found["status"]) == ("p3", "closed")


async def test_nobody_is_kept_from_declaring_while_slack_does_not_say_who_they_are(world: World) -> None:
    world.server.faults.set({"error": {"method": "users.info", "status": 500}})
    await world.command("finn", "declare p1 Checkout returns 503", settle=False)
    world.server.faults.set({})
    await world.settle()
    assert (await world.record())["incident"]["title"] == "Checkout returns 503"


async def test_who_becomes_a_guest_is_one_from_then_on(world: World) -> None:
    channel = await world.declare(who="finn")
    finn = world.workspace.user("finn")
    finn.is_restricted = True
    world.workspace.emit_event(events.user_change(world.workspace, finn, ts=world.workspace.new_ts()))
    await world.settle()
    assert "can resolve INC-1" in (await world.command("finn", "resolve It works", channel=channel)).text


@in_turn(
    "who,said", [("zoe", "Ask Ben Okafor, its"), ("finn", "I couldn't check with Slack that you are one. Try again")]
)
async def test_whom_slack_does_not_describe_may_not_end_an_incident(world: World, who: str, said: str) -> None:
    channel = await world.declare()
    await world.command("ben", "take commander", channel=channel)
    world.server.faults.set({"error": {"method": "users.info", "status": 500}})
    if who == "zoe":
        world.workspace.add_user("zoe", real_name="Zoe Visitor", team_id="T0PARTNER")
        await world.workspace.join_channel(user="zoe", channel=channel)
        await world.settle()
    answer = await world.command(who, "resolve Traffic is back", channel=channel)
    assert said in answer.text
    assert "can resolve INC-1" in answer.text
    assert (await world.record())["incident"]["status"] == "investigating"


async def test_slackbot_takes_part_in_nothing_and_who_never_met_the_bot_is_not_stored(world: World) -> None:
    channel = await world.declare()
    finn = world.workspace.user("finn")
    for person in (finn, replace(finn, id="USLACKBOT", name="slackbot")):
        world.workspace.emit_event(events.user_change(world.workspace, person, ts=world.workspace.new_ts()))
    await world.workspace.post_message(user="ben", channel=channel, text="Hello")
    await world.settle()
    async with world.bot.desk.work() as uow:
        await participants.take_part(uow, await by_number(uow, 1), "USLACKBOT")
        known = set(await uow.session.scalars(select(Person.handle)))
    assert not {"finn", "slackbot"} & known
    assert (await world.record())["participants"] == ["ana", "ben"]


async def test_nobody_is_sent_to_a_commander_who_may_not_do_it_either(world: World, channel: str) -> None:
    assert "commander of INC-1" in (await world.command("gus", "take commander", channel=channel)).text
    assert "Ask one of them" in (await world.command("una", "cancel A drill", channel=channel)).text


async def test_a_guest_whom_slack_does_not_let_in_is_told_nothing_of_it(world: World) -> None:
    await world.declare("p1 Payroll is down")
    world.workspace.add_user("gus", real_name="Gus Visitor", is_restricted=True)
    world.server.faults.set({"error": {"method": "conversations.invite", "error": "user_is_restricted"}})
    await world.command("ana", "assign INC-1 comms @gus")
    await world.pass_time(minutes=1)
    assert world.to_person("gus") == []
