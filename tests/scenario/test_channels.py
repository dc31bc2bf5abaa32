"""What people do with an incident's channel is followed."""

import pytest

from bot.sandbox import SteppedClock, default_workspace
from bot.sandbox.actions import channels
from bot.slack.inbound.events import apply
from bot.slack.inbound.slack_event import SlackEvent
from tests.scenario.test_backfill import is_on_record, looking_often
from tests.world import START, World, open_world

pytestmark = pytest.mark.one_database

__all__ = ["looking_often"]

BOT = "incident-bot"


def changes(record: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(one["person"], one["text"]) for one in record["timeline"] if one["kind"] == "channel"]


@pytest.mark.usefixtures("looking_often")
async def test_what_was_said_while_the_bot_was_out_of_the_channel_is_read_when_it_is_back(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take commander", channel=channel)
    await world.workspace.join_channel(user="dev", channel=channel)
    await world.workspace.remove_from_channel(user=BOT, channel=channel, by="dev")
    await world.settle()
    dev = world.workspace.user("dev").id
    assert world.to_person("ben")[-1] == (
        f":warning: I was removed from INC-1's channel by <@{dev}> and can't record what's said there. "
        "Invite me again with `/invite`; I'll read what I missed."
    )
    ts = await world.say("dev", channel, "It was the certificate")
    assert not [one for one in (await world.record())["messages"] if one["ts"] == ts]

    await world.workspace.invite_to_channel(user=BOT, channel=channel, by="dev")
    await world.settle()
    await is_on_record(world, ts)
    assert changes(await world.record()) == [("dev", "The bot was removed from the channel")]


async def test_a_channel_that_the_bot_makes_is_not_read(world: World) -> None:
    await world.declare()
    await world.pass_time(minutes=5)
    assert not world.calls("conversations.history")


async def test_a_renamed_channel_keeps_its_new_name(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take commander", channel=channel)
    await world.workspace.join_channel(user="dev", channel=channel)
    await world.workspace.rename_channel(user="dev", channel=channel, name="checkout-down")
    await world.settle()
    record = await world.record()
    assert record["incident"]["channel"] == "checkout-down"
    assert changes(record) == [("dev", f"Channel renamed: #{channel} → #checkout-down")]
    assert world.to_person("ben")[-1] == ":pencil2: INC-1's channel is called #checkout-down now."
    told = len(world.to_person("ben"))
    await world.workspace.rename_channel(user="ben", channel="checkout-down", name="checkout")
    await world.settle()
    assert len(world.to_person("ben")) == told, "who did it knows"


async def test_an_archived_channel_is_told_to_the_commander_once_also_after_a_restart(database_url: str) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare()
        await world.command("ben", "take commander", channel=channel)
        await world.workspace.join_channel(user="dev", channel=channel)
    await workspace.archive_channel(user="dev", channel=channel)
    for _ in range(2):
        async with open_world(database_url, clock=clock, workspace=workspace) as world:
            await world.settle()
            told = [one for one in world.to_person("ben") if "was archived" in one]
            assert len(told) == 1
            assert changes(await world.record()) == [("dev", "Channel archived")]


async def test_what_the_bot_has_to_say_waits_until_the_channel_is_open_again(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take commander", channel=channel)
    await world.workspace.archive_channel(user="ana", channel=channel)
    await world.settle()
    await world.command("ben", "update INC-1 Rolling back", channel="general")
    await world.pass_time(minutes=5)
    assert not [one for one in world.by_bot(channel) if "Rolling back" in one.text]
    assert [one for one in world.by_bot("incidents") if "Rolling back" in one.text], "stakeholders don't wait for it"
    assert not [one for one in world.to_person("ben") if "couldn't" in one]
    assert "Not in Slack yet: a message in the channel" in (await world.command("ben", "status INC-1")).text
    await world.workspace.unarchive_channel(user="ana", channel=channel)
    await world.pass_time(minutes=2)
    assert len([one for one in world.by_bot(channel) if "Rolling back" in one.text]) == 1


async def test_a_channel_that_is_made_private_makes_the_incident_private(world: World) -> None:
    channel = await world.declare("p1 Salaries are readable by all")
    await world.command("ben", "take commander", channel=channel)
    await world.workspace.make_private(user="ana", channel=channel)
    await world.settle()
    announcement = world.by_bot("incidents")[0]
    assert announcement.text == "INC-1 continues in private."
    assert "Salaries" not in str(announcement.blocks)
    assert "can't" not in (await world.command("ben", "status INC-1")).text
    for text in ("status INC-1", "timeline INC-1"):
        assert "can't find INC-1" in (await world.command("chloe", text)).text
    assert "Salaries" not in (await world.command("chloe", "list")).text
    await world.command("ben", "update Closed the hole", channel=channel)
    assert not [one for one in world.by_bot("incidents") if one.is_reply]
    assert ":lock: INC-1's channel was made private" in "\n".join(world.to_person("ben"))


async def test_made_private_counts_however_late_it_is_told_of(world: World) -> None:
    channel = await world.declare("p1 Salaries are readable by all")
    room, ana = world.workspace.channel(channel).id, world.workspace.user("ana").id
    said = {"type": "message", "channel": room, "user": ana, "text": ""}
    renamed = said | {"subtype": "channel_name", "ts": "1772461920.000100", "name": "payroll", "old_name": channel}
    private = said | {"subtype": "channel_convert_to_private", "ts": "1772461910.000100"}
    async with world.bot.desk.work() as uow:
        await apply(uow, [SlackEvent(event=one, at=uow.now) for one in (renamed, private, private)])
    await world.settle()
    incident = (await world.record())["incident"]
    assert (incident["is_private"], incident["channel"]) == (True, "payroll")
    assert world.by_bot("incidents")[0].text == "INC-1 continues in private."


async def test_nobody_is_told_what_becomes_of_a_closed_incidents_channel(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "resolve All green", channel=channel)
    told = len(world.to_person("ana"))
    await world.workspace.archive_channel(user="ana", channel=channel)
    await world.settle()
    assert len(world.to_person("ana")) == told
    assert changes(await world.record()) == [("ana", "Channel archived")]


async def test_what_the_stakeholders_were_told_is_taken_back_once_it_is_private(world: World) -> None:
    """The announcement was emptied, but the updates in its thread stood for everybody to read."""
    channel = await world.declare("p1 Salary file open to all")
    await world.command("ana", "update The CEO's salary is visible", channel=channel)
    await world.command("ana", "update " + "Rows of the file, one after the other. " * 300, channel=channel)
    await world.command("ana", "priority p2 Only the CEO is affected", channel=channel)
    thread = next(one for one in world.by_bot("incidents") if not one.is_reply)
    await world.say("finn", "incidents", "What a mess", thread_ts=thread.ts)
    assert len([one for one in world.by_bot("incidents") if one.is_reply]) > 2
    channels.make_private(world.workspace, world.workspace.channel(channel), by=world.workspace.user("ana").id)
    await world.settle()
    assert [one.text for one in world.by_bot("incidents")] == ["INC-1 continues in private."]
    assert any("What a mess" in one.text for one in world.messages("incidents")), "what people said is theirs"


async def test_who_was_in_a_private_channel_hears_why_nobody_sees_it_while_the_bot_is_out(world: World) -> None:
    """The commander was told that there is no such incident, and asked for its update."""
    channel = await world.declare("p1 Payroll leaked private:yes")
    await world.command("ana", "take commander", channel=channel)
    await world.workspace.remove_from_channel(user=BOT, channel=channel, by="ana")
    await world.settle()
    assert "Invite me again" in world.to_person("ana")[-1], "also where she did it herself"
    for typed in ("resolve It is shut", "resolve INC-1 It is shut", "status INC-1"):
        assert "I was removed from INC-1's channel" in (await world.command("ana", typed, channel=channel)).text
    assert "can't find INC-1" in (await world.command("finn", "status INC-1")).text
    await world.workspace.invite_to_channel(user=BOT, channel=channel, by="ana")
    await world.settle()
    assert "INC-1 is resolved" in (await world.command("ana", "resolve It is shut", channel=channel)).text
