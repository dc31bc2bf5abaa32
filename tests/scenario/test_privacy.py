"""A private incident is for who is in its channel, as Slack has it."""

import asyncio

import pytest

from bot.domain.command_line import parse_command_line
from bot.errors import UserError
from bot.sandbox import SteppedClock, default_workspace
from bot.sandbox.actions import channels
from bot.service import participants
from bot.service.command import Call
from bot.service.incidents import by_number
from tests.world import START, World, open_world

pytestmark = pytest.mark.one_database

HIDDEN = "can't find INC-1"
OUT = "I was removed from INC-1's channel"  # to who was inside by then
SECRET = "Payroll leaked"


@pytest.fixture
async def channel(world: World) -> str:
    """Of a private incident that Ana declared and let Ben into."""
    name = await world.declare(f"p2 {SECRET} private:yes")
    await world.command("ana", "assign tech @ben", channel=name)
    return name


async def sees(world: World, who: str) -> bool:
    """Whether this person is shown the incident, however they ask; every way gives the same answer."""
    status, timeline = await world.command(who, "status INC-1"), await world.command(who, "timeline INC-1")
    listed = await world.command(who, "list")
    shown = [SECRET in status.text, SECRET in timeline.text, SECRET in listed.text]
    assert len(set(shown)) == 1, shown
    assert shown[0] or HIDDEN in status.text or OUT in status.text
    return shown[0]


async def test_a_reporter_who_was_removed_neither_reads_on_nor_comes_back_by_taking_a_role(
    world: World, channel: str
) -> None:
    assert await sees(world, "ana")
    world.put_out("ana", channel, by="ben")
    await world.settle()
    assert not await sees(world, "ana")
    assert HIDDEN in (await world.command("ana", "take INC-1 commander")).text
    assert HIDDEN in (await world.command("ana", "assign INC-1 commander @ana")).text
    assert world.workspace.user("ana").id not in world.workspace.channel(channel).members
    await world.command("ben", "assign commander @ana", channel=channel)
    assert await sees(world, "ana"), "a member lets them in again"


async def test_nobody_lets_themselves_into_a_private_incident(world: World, channel: str) -> None:
    answer = await world.command("finn", "take INC-1 commander")
    assert HIDDEN in answer.text
    await world.command("finn", "assign INC-1 comms @emi")
    assert [one["person"] for one in (await world.record())["roles"]] == ["ben"]
    assert len(world.workspace.channel(channel).members) == 3


async def test_the_reporter_sees_it_before_there_is_a_channel(world: World) -> None:
    world.server.faults.set({"error": {"method": "conversations.create", "error": "restricted_action"}})
    await world.command("ana", f"declare p2 {SECRET} private:yes")
    assert await sees(world, "ana")
    assert not await sees(world, "ben")


async def test_an_invitation_that_slack_refuses_lets_nobody_in(world: World, channel: str) -> None:
    world.server.faults.set({"error": {"method": "conversations.invite", "error": "user_is_restricted"}})
    await world.command("ana", "assign comms @finn", channel=channel)
    assert not await sees(world, "finn")
    assert not world.to_person("finn"), "what the role expects would tell of the incident"
    told = world.to_person("ana")[-1]
    finn = world.workspace.user("finn").id
    assert f"I couldn't add <@{finn}> to INC-1's channel: only a workspace admin can add guests" in told
    assert "They can't see this private incident" in told
    assert "finn" in {one["person"] for one in (await world.record())["roles"]}, "who held a role stays on record"


async def test_a_role_brief_of_a_private_incident_follows_the_invitation(world: World, channel: str) -> None:
    await world.command("ana", "assign comms @finn", channel=channel)
    assert any(SECRET in text for text in world.to_person("finn"))
    assert await sees(world, "finn")


@pytest.mark.parametrize("over", [False, True])
async def test_who_was_removed_while_the_bot_was_down_has_no_access(database_url: str, over: bool) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare(f"p2 {SECRET} private:yes")
        await world.command("ana", "assign tech @ben", channel=channel)
        if over:
            await world.command("ana", "resolve The keys are revoked", channel=channel)
    clock.jump(clock.time() + 3600)
    with world.unheard():
        world.put_out("ben", channel)
        await workspace.join_channel(user="dev", channel=channel)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        assert HIDDEN in (await world.command("ben", "status INC-1")).text
        assert SECRET in (await world.command("dev", "status INC-1")).text
        assert SECRET in (await world.command("ana", "status INC-1")).text
        took_part = (await world.record())["participants"]
        assert {"ana", "ben", "dev"} <= set(took_part), "who took part is another question"


async def test_members_are_asked_for_before_an_answer_after_a_deaf_time(world: World, channel: str) -> None:
    with world.unheard():
        world.put_out("ben", channel)
        await world.settle()
    await world.pass_time(minutes=5)
    assert await sees(world, "ben"), "nobody told"
    world.bot.membership.doubt()
    await world.pass_time(minutes=1)
    assert not await sees(world, "ben")
    world.server.faults.set({"error": {"method": "conversations.members", "status": 500}})
    assert not await sees(world, "ben")
    assert await sees(world, "ana"), "once confirmed, it stays so until the next deaf time"


async def test_the_first_question_after_a_deaf_time_finds_who_left_in_it(
    world: World, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits until the bot has noticed by itself that it was deaf."""
    with world.unheard():
        world.put_out("ben", channel)
        await world.settle()
    await world.pass_time(minutes=5)
    monkeypatch.setattr("bot.slack.inbound.membership.SLACK_TRIES_FOR", 0.0)
    assert not await sees(world, "ben")


@pytest.mark.usefixtures("channel")
async def test_while_slack_does_not_say_who_is_a_member_only_private_incidents_are_kept_back(
    world: World,
) -> None:
    await world.declare("p1 Checkout down", who="ben")
    await world.pass_time(minutes=5)
    world.bot.membership.doubt()
    world.server.faults.set({"error": {"method": "conversations.members", "status": 500}})
    listed = (await world.command("ben", "list")).text
    assert "INC-2" in listed
    assert SECRET not in listed
    assert HIDDEN in (await world.command("ben", "status INC-1")).text
    assert "Checkout down" in (await world.command("ben", "status INC-2")).text
    await world.command("ana", "declare p3 Third")
    assert (await world.record(3))["incident"]["title"] == "Third"
    world.server.faults.set({})
    assert await sees(world, "ben")


@pytest.mark.usefixtures("channel")
async def test_a_slow_slack_keeps_nobody_waiting_for_longer_than_an_acknowledgement_may_take(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.inbound.membership._SECONDS_BEFORE_AN_ANSWER", 0.05)
    await world.pass_time(minutes=5)
    world.bot.membership.doubt()
    world.server.faults.set({"latency_ms": {"method": "conversations.members", "value": 60_000}})
    async with asyncio.timeout(30):
        assert HIDDEN in (await world.command("ben", "status INC-1")).text


@pytest.mark.usefixtures("channel")
async def test_a_member_list_of_many_pages_is_read_to_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.inbound.membership._PAGE", 1)
    await world.pass_time(minutes=5)
    world.bot.membership.doubt()
    assert await sees(world, "ben")
    assert await sees(world, "ana")


async def test_an_event_that_came_while_slack_was_asked_knows_better(world: World, channel: str) -> None:
    ben = world.workspace.user("ben").id
    async with world.bot.desk.look() as uow:
        incident = await by_number(uow, 1)
        before = await participants.on_record(uow, incident)
    world.put_out("ben", channel)
    await world.settle()
    async with world.bot.desk.work() as uow:
        incident = await by_number(uow, 1)
        await participants.compare(uow, incident, {ben, *before}, before=before, asked_at=uow.now)
    assert not await sees(world, "ben")
    assert await sees(world, "ana")


async def test_nobody_is_shown_a_private_incident_while_the_bot_is_not_in_its_channel(
    world: World, channel: str
) -> None:
    bot = world.workspace.users[world.workspace.apps[0].bot_user_id].name
    world.put_out(bot, channel)
    await world.settle()
    world.put_out("ben", channel)  # unheard
    await world.settle()
    assert not await sees(world, "ben")
    assert not await sees(world, "ana")
    channels.join(world.workspace, world.workspace.channel(channel), world.workspace.user(bot).id)
    await world.settle()
    assert not await sees(world, "ben")
    assert await sees(world, "ana")


async def test_who_leaves_a_private_incident_holds_no_role_and_hears_nothing_more_of_it(world: World) -> None:
    channel = await world.declare("p1 Salaries are readable by all private:yes")
    await world.command("ana", "assign commander @ben", channel=channel)
    await world.command("ana", "assign tech @chloe", channel=channel)
    heard = len(world.to_person("ben"))
    await world.workspace.leave_channel(user="ben", channel=channel)
    await world.settle()
    told = world.by_bot(channel)[-1].text
    assert told == (
        ":bust_in_silhouette: Ben Okafor left the channel, so nobody is *incident commander* now. "
        "Who takes over? `/incident take commander`"
    )
    await world.pass_time(hours=3)
    assert len(world.to_person("ben")) == heard
    ben = world.workspace.user("ben").id
    assert not [one for one in world.by_bot(channel) if f"<@{ben}>" in one.text and ":alarm_clock:" in one.text]


async def test_a_button_that_is_pressed_after_leaving_shows_nothing(world: World) -> None:
    channel = await world.declare("p1 Salaries are readable by all private:yes")
    await world.command("ana", "assign tech @ben", channel=channel)
    room, ben = world.workspace.channel(channel).id, world.workspace.user("ben").id
    await world.workspace.leave_channel(user="ben", channel=channel)
    await world.settle()
    async with world.bot.desk.look(actor=ben) as uow:
        line = parse_command_line("", ())
        with pytest.raises(UserError, match="Which incident"):
            await Call(uow=uow, person=ben, channel_id=room, line=line, number=None).incident()
