"""What was said while the bot was away is on record afterwards, with its own time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from bot.errors import SlackRefused
from bot.intake.inbox import Inbox
from bot.sandbox import SteppedClock, default_workspace
from bot.service import chat, history, lifecycle
from bot.service.incidents import by_number
from bot.slack.inbound.backfill import Backfill
from bot.slack.outbound.gateway import Gateway
from bot.store.tables import Message, MessageVersion, Participant, Workspace
from tests.databases import in_turn
from tests.world import START, World, open_world

pytestmark = pytest.mark.one_database


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack.inbound.backfill._PAGE", 20)


async def test_messages_threads_edits_marks_and_deletions_of_a_downtime_are_read(database_url: str) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare()
        parent = await world.say("ben", channel, "Theories?")
        await world.say("chloe", channel, "DNS", thread_ts=parent)
        doomed = await world.say("dev", channel, "Nobody has heard of this being deleted")
        marked = await world.say("emi", channel, "Failover done")
        await workspace.add_reaction(user="ana", channel=channel, ts=marked, name="pushpin")
        await world.settle()

    # The bot is away: the workspace delivers to nobody.
    clock.jump(clock.time() + 600)
    said = [
        await workspace.post_message(user="ben", channel=channel, text=f"while you were away {number}")
        for number in range(23)  # more than a page
    ]
    reply = await workspace.post_message(user="ben", channel=channel, text="not DNS", thread_ts=parent)
    await workspace.edit_message(user="ben", channel=channel, ts=said[0], text="while you were gone 0")
    await workspace.add_reaction(user="ana", channel=channel, ts=said[1], name="pushpin")
    await workspace.remove_reaction(user="ana", channel=channel, ts=marked, name="pushpin")
    await workspace.delete_message(user="dev", channel=channel, ts=doomed)
    at = clock.time()
    clock.jump(clock.time() + 60)

    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        await world.settle()
        messages = {one["ts"]: one for one in (await world.record())["messages"]}
        assert {*said, reply} <= set(messages)
        assert float(messages[reply]["ts"]) <= at + 1, "with its own time"
        assert messages[reply]["thread_ts"] == parent
        assert messages[said[0]]["text"] == "while you were gone 0"
        assert messages[said[1]]["key_event"]
        assert not messages[marked]["key_event"]
        assert messages[doomed]["found_missing"]
        assert messages[doomed]["text"] == "Nobody has heard of this being deleted"


async def test_reading_obeys_retry_after_and_a_second_reading_changes_nothing(database_url: str) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare()
    ts = await workspace.post_message(user="ben", channel=channel, text="missed")
    for _ in range(2):
        async with open_world(database_url, clock=clock, workspace=workspace) as world:
            world.server.faults.set({"rate_limit": {"method": "conversations.history", "count": 1, "retry_after": 30}})
            await world.pass_time(minutes=1)
            record = await world.record()
            assert [one["ts"] for one in record["messages"]] == [ts]
            assert len(record["messages"][0]["versions"]) == 1


class CutOff(Exception):
    """The process ends here."""


class SomeCalls:
    """The way to Slack, until so many calls were made."""

    def __init__(self, slack: Gateway, most: int) -> None:
        self._slack = slack
        self._left = most

    async def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if self._left == 0:
            raise CutOff
        self._left -= 1
        return await self._slack.call(method, arguments)


def backfill(world: World, *, calls: int = 1000) -> Backfill:
    there = Workspace(team_id=world.bot.desk.team_id, bot_user_id=world.workspace.apps[0].bot_user_id)
    return Backfill(world.bot.desk, cast("Gateway", SomeCalls(world.bot._slack, calls)), there)


async def forget_everything_said(world: World) -> None:
    async with world.bot.desk.work() as uow:
        for table in (MessageVersion, Message):
            await uow.session.execute(delete(table))


async def test_a_reading_that_is_cut_off_goes_on_at_its_page(world: World) -> None:
    channel = await world.declare()
    said = [await world.workspace.post_message(user="ben", channel=channel, text=f"no. {n}") for n in range(45)]
    reply = await world.say("chloe", channel, "in the thread", thread_ts=said[3])
    await forget_everything_said(world)

    with pytest.raises(CutOff):
        await backfill(world, calls=1).read(1)
    cut_off_at = len(world.calls("conversations.history"))
    assert 15 < len((await world.record())["messages"]) <= 20, "the newest page is on record"
    with pytest.raises(CutOff):
        await backfill(world, calls=2).read(1)
    await backfill(world).read(1)

    asked = world.calls("conversations.history")[cut_off_at:]
    assert asked[0].get("cursor"), "it does not begin again"
    assert {one["ts"] for one in (await world.record())["messages"]} == {*said, reply}
    async with world.bot.desk.look() as uow:
        incident = await by_number(uow, 1)
        assert incident.history_reading is None
        assert said[-1] <= (incident.history_read_until or "") <= f"{world.clock.time() + 1:.6f}"


async def test_deletions_are_found_on_every_page_the_last_message_and_vanished_threads_too(world: World) -> None:
    channel = await world.declare()
    said = [await world.workspace.post_message(user="ben", channel=channel, text=f"no. {n}") for n in range(45)]
    await world.say("chloe", channel, "in the thread", thread_ts=said[3])
    await backfill(world).read(1)
    gone = {said[0], said[3], said[19], said[24], said[25], said[-1]}
    stored = world.workspace.channel(channel).messages
    gone |= set(stored[said[3]].replies)
    for ts in gone:  # without an event: nobody was listening
        del stored[ts]

    result = await backfill(world).read(1)
    assert result.missing == len(gone)
    assert {one["ts"] for one in (await world.record())["messages"] if one["found_missing"]} == gone
    assert (await backfill(world).read(1)).missing == 0


class Hiding(SomeCalls):
    """Slack hides what is older than `before`, and says so."""

    before = ""

    async def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if method == "conversations.replies" and arguments["ts"] < self.before:
            raise SlackRefused(method, "thread_not_found")
        answer = await super().call(method, arguments)
        if method not in ("conversations.history", "conversations.replies"):
            return answer
        shown = [one for one in answer["messages"] if one["ts"] >= self.before]
        hidden = len(shown) < len(answer["messages"])
        rest = {"response_metadata": {"next_cursor": ""}, "has_more": False} if hidden else {}
        return {**answer, **rest, "messages": shown, "is_limited": hidden}


@in_turn("shown", [45, 25, 5, 0])
async def test_what_slack_hides_is_not_deleted(world: World, shown: int) -> None:
    channel = await world.declare()
    said = [await world.workspace.post_message(user="ben", channel=channel, text=f"no. {n}") for n in range(45)]
    await world.say("chloe", channel, "in the thread", thread_ts=said[3])
    reading, hiding = backfill(world), Hiding(world.bot._slack, 1000)
    hiding.before = said[-shown] if shown else "9"
    reading._slack = cast("Gateway", hiding)
    assert (await reading.read(1, everything=True)).missing == 0


async def test_what_is_there_after_all_is_no_longer_missing(world: World) -> None:
    channel = await world.declare()
    said = [await world.say("ben", channel, f"no. {n}") for n in range(3)]
    stored = world.workspace.channel(channel).messages
    away = stored.pop(said[1])
    assert (await backfill(world).read(1)).missing == 1
    stored[said[1]] = away
    await backfill(world).read(1)
    assert not any(one["deleted_at"] or one["found_missing"] for one in (await world.record())["messages"])


@pytest.mark.parametrize("hours", [-3, 3])
async def test_nothing_is_skipped_where_our_clock_is_not_slacks(world: World, hours: int) -> None:
    channel = await world.declare()
    await world.say("ben", channel, "before")
    with pytest.MonkeyPatch.context() as patched:
        ahead = world.bot.desk.clock.now() + timedelta(hours=hours)
        patched.setattr(type(world.bot.desk.clock), "now", lambda _: ahead)
        await backfill(world).read(1)
    missed = await world.say("ben", channel, "after")
    await forget_everything_said(world)
    await backfill(world).read(1)
    assert missed in {one["ts"] for one in (await world.record())["messages"]}


class Meanwhile(SomeCalls):
    """The way to Slack, on which somebody does something after each page was read and before it is merged."""

    def __init__(self, slack: Gateway, doing: Callable[[], Awaitable[None]]) -> None:
        super().__init__(slack, 1000)
        self._doing = doing

    async def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = await super().call(method, arguments)
        await self._doing()
        return answer


@pytest.mark.parametrize("marked", [True, False])
async def test_a_mark_that_changes_while_a_page_is_read_is_as_it_was_left(world: World, marked: bool) -> None:
    """The page's older state once came back over the event's newer one."""
    channel = await world.declare()
    ts = await world.say("ben", channel, "Lag is falling")
    where = {"user": "ana", "channel": channel, "ts": ts, "name": "pushpin"}
    if marked:
        await world.workspace.add_reaction(**where)
        await world.settle()

    async def change() -> None:
        await (world.workspace.remove_reaction(**where) if marked else world.workspace.add_reaction(**where))
        await world.settle()

    reading = backfill(world)
    reading._slack = cast("Gateway", Meanwhile(world.bot._slack, change))
    await reading.read(1)
    [message] = (await world.record())["messages"]
    assert message["key_event"] is not marked


async def test_marks_set_and_taken_while_nobody_listened_can_be_changed_afterwards(world: World) -> None:
    channel = await world.declare()
    ts = await world.say("ben", channel, "Lag is falling")
    async with world.bot.desk.work() as uow:  # somebody's mark that is no longer there
        await chat.mark(uow, channel_id(world, channel), ts, source="reaction", person="U1", at=uow.now)
    stored = world.workspace.channel(channel).messages[ts]
    ana = world.workspace.user("ana").id
    stored.reactions["pushpin"] = [ana]
    await backfill(world).read(1)
    async with world.bot.desk.look() as uow:
        marks = await history.marks_on_record(uow, channel_id(world, channel))
    assert {person for (_, _, person), (_, removed) in marks.items() if removed is None} == {ana}
    await world.workspace.remove_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.settle()
    assert not (await world.record())["messages"][0]["key_event"]
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.settle()
    assert (await world.record())["messages"][0]["key_event"]


def channel_id(world: World, name: str) -> str:
    return world.workspace.channel(name).id


@pytest.fixture
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the world begins: whether anything was missed is looked at each so often."""
    monkeypatch.setattr("bot.application._SECONDS_BETWEEN_LOOKS", 0.02)


@pytest.mark.usefixtures("looking_often")
async def test_what_slack_gave_up_on_in_an_outage_is_read_when_it_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await world.declare()
    monkeypatch.setattr("bot.slack.inbound.membership.SLACK_TRIES_FOR", 0.05)
    monkeypatch.setattr("bot.slack.inbound.inbox.SLACK_TRIES_FOR", 0.05)
    store, tried = Inbox._store_once, asyncio.Event()

    async def away(*_: object) -> None:
        tried.set()
        raise OperationalError("", {}, Exception("the database is away"))

    monkeypatch.setattr(Inbox, "_store_once", away)
    await world.workspace.post_message(user="ben", channel=channel, text="said in the outage")
    await tried.wait()
    missed = await say_unheard(world, channel)
    monkeypatch.setattr(Inbox, "_store_once", store)
    await is_on_record(world, missed)


@pytest.mark.usefixtures("looking_often")
async def test_a_channel_that_is_found_again_is_read(world: World) -> None:
    """Slack made it, and the answer was lost; Slack gave up on what was said before it was found."""
    world.server.faults.set({"drop_after_accept": {"method": "conversations.create", "count": 1}})
    await world.command("ana", "declare p1 Checkout returns 503")
    channel = world.workspace.latest_app_channel()
    assert channel is not None
    missed = await say_unheard(world, channel.name)
    with world.unheard():
        await world.workspace.join_channel(user="chloe", channel=channel.name)
    await world.pass_time(seconds=5)
    await is_on_record(world, missed)
    async with asyncio.timeout(30):
        while "chloe" not in (await world.record())["participants"]:  # noqa: ASYNC110 - a row sets no event
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("looking_often")
async def test_what_slack_held_back_is_read_when_its_minute_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.inbound.inbox._HELD_BACK_FOR", 0.05)
    channel = await world.declare()
    missed = await say_unheard(world, channel)
    [app] = world.workspace.apps
    app.delivery.deliver(
        {
            "type": "app_rate_limited",
            "team_id": world.workspace.team_id,
            "api_app_id": app.id,
            "token": "",
            "minute_rate_limited": int(world.clock.time()) // 60 * 60,
        }
    )
    await is_on_record(world, missed)


@pytest.mark.usefixtures("looking_often")
async def test_an_outage_puts_the_reading_of_the_start_off(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare()
    missed = await workspace.post_message(user="ben", channel=channel, text="missed")
    read, tried = Backfill.catch_up, asyncio.Event()

    async def away(_: Backfill) -> None:
        tried.set()
        raise OperationalError("", {}, Exception("the database is away"))

    monkeypatch.setattr(Backfill, "catch_up", away)

    async def comes_back() -> None:
        await tried.wait()
        monkeypatch.setattr(Backfill, "catch_up", read)

    coming_back = asyncio.create_task(comes_back())
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        await is_on_record(world, missed)
    await coming_back


async def say_unheard(world: World, channel: str) -> str:
    with world.unheard():
        return await world.workspace.post_message(user="ben", channel=channel, text="Which deploy was it?")


async def is_on_record(world: World, ts: str) -> None:
    async with asyncio.timeout(20):
        while ts not in {one["ts"] for one in (await world.record())["messages"]}:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_who_came_during_a_downtime_is_known_where_it_is_resolved_before_that_is_compared(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare()
    clock.jump(clock.time() + 600)
    await workspace.post_message(user="emi", channel=channel, text="What happened?")
    read = Backfill.catch_up

    async def and_resolve(self: Backfill) -> None:
        await read(self)
        async with self._desk.work(actor=workspace.user("ana").id) as uow:
            await lifecycle.resolve(uow, await by_number(uow, 1), "The graphs are flat")

    monkeypatch.setattr(Backfill, "catch_up", and_resolve)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        await world.settle()
        async with world.bot.desk.look() as uow:
            inside = select(Participant.person).where(Participant.is_member)
            assert workspace.user("emi").id in (await uow.session.scalars(inside)).all()
