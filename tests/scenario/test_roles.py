"""Who holds which role."""

import asyncio
from pathlib import Path

import pytest

from bot.resources import packaged
from tests.world import World, open_world, shown

pytestmark = pytest.mark.one_database


async def test_taking_a_role_tells_the_holder_what_it_expects_and_shows_on_the_card(world: World) -> None:
    channel = await world.declare()
    answer = await world.command("ben", "take commander", channel=channel)
    assert "You are now incident commander of INC-1" in answer.text
    ben = world.workspace.user("ben")
    assert f"<@{ben.id}>" in shown(world.card(channel))
    assert any("You coordinate and decide" in text for text in world.to_person("ben"))
    assert ben.id in world.workspace.channel(channel).members


async def test_a_single_role_passes_on_and_both_intervals_stay(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take commander", channel=channel)
    await world.pass_time(minutes=40)
    await world.command("ana", "assign commander @chloe", channel=channel)
    assert (await world.record())["roles"] == [
        {"role": "incident_commander", "person": "ben", "from": "2026-03-02T14:30:00Z", "to": "2026-03-02T15:10:00Z"},
        {"role": "incident_commander", "person": "chloe", "from": "2026-03-02T15:10:00Z", "to": None},
    ]
    assert any("had this role before you" in text for text in world.to_person("chloe"))


async def test_several_may_lead_the_technical_work(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "assign tech @ben", channel=channel)
    await world.command("ana", "assign tech @dev", channel=channel)
    assert [one["person"] for one in (await world.record())["roles"] if one["to"] is None] == ["ben", "dev"]
    await world.command("ben", "drop tech", channel=channel)
    assert [one["person"] for one in (await world.record())["roles"] if one["to"] is None] == ["dev"]


async def test_the_button_on_the_card_takes_a_vacant_role_once(world: World) -> None:
    channel = await world.declare()
    card = world.card(channel)
    click = {"channel": channel, "ts": card.ts, "action_id": "take_role.comms_lead"}
    first = await world.workspace.click(user="emi", **click)
    assert "You are now comms lead" in first.text
    # Finn saw the card before it was edited, and clicks what is no longer there for others.
    await world.settle()
    assert "take_role.comms_lead" not in str(world.card(channel).blocks)
    assert [one["person"] for one in (await world.record())["roles"]] == ["emi"]


async def test_two_people_clicking_at_once_do_not_both_hold_a_single_role(world: World) -> None:
    channel = await world.declare()
    card = world.card(channel)
    click = {"channel": channel, "ts": card.ts, "action_id": "take_role.incident_commander"}
    answers = await asyncio.gather(
        world.workspace.click(user="emi", **click), world.workspace.click(user="finn", **click)
    )
    await world.settle()
    roles = (await world.record())["roles"]
    assert len(roles) == 1
    assert sorted("already" in answer.text for answer in answers) == [False, True]


async def test_the_history_of_a_role_stands_on_the_timeline(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take comms", channel=channel)
    timeline = (await world.command("ana", "timeline", channel=channel)).text
    assert "Comms lead is Ben Okafor" in timeline


async def test_taking_the_command_is_the_acknowledgement(world: World) -> None:
    channel = await world.declare()
    await world.pass_time(minutes=7)
    await world.command("ben", "take commander", channel=channel)
    assert (await world.record())["measures"]["to_acknowledge"] == 7 * 60


async def test_one_of_several_tech_leads_replaces_nobody(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "assign tech @ben", channel=channel)
    await world.command("ana", "assign tech @dev", channel=channel)
    posted = [one.text for one in world.by_bot(channel) if "tech lead" in one.text]
    assert "after" not in posted[1]
    await world.command("ben", "drop tech", channel=channel)
    assert "Nobody holds the role now" not in world.by_bot(channel)[-1].text


async def test_an_organisation_says_which_role_commands(database_url: str, tmp_path: Path) -> None:
    text = packaged("config.yaml").read_text(encoding="utf-8")
    other = text.replace("commander_role: incident_commander", "commander_role: tech_lead")
    assert other != text
    (tmp_path / "config.yaml").write_text(other, encoding="utf-8")
    async with open_world(database_url, config=tmp_path / "config.yaml") as world:
        channel = await world.declare()
        await world.command("ana", "take commander", channel=channel)
        await world.command("ben", "take tech", channel=channel)
        ben = f"<@{world.workspace.user('ben').id}>"
        assert f"commander {ben}" in (await world.command("ana", "list")).text
        assert f"commander {ben}" in world.by_bot("incidents")[0].text
