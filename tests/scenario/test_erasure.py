"""A secret that somebody posted can be taken out of the record for good; that it was, stays."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from bot.errors import UserError
from bot.service import erasure, postmortem
from bot.service.incidents import by_number
from bot.slack.backfill import Backfill
from bot.slack.gateway import Gateway
from bot.store.tables import Base, InboxItem, Workspace
from tests.databases import in_turn
from tests.world import World

SECRET = "hunter2"
ERASED = "(erased by Ana Torres on 2026-03-02)"


async def everything(world: World) -> str:
    """Every row of every table, as text."""
    async with world.bot.desk.look() as uow:
        found = []
        for table in Base.metadata.sorted_tables:
            rows = await uow.session.execute(select(table))
            found += [json.dumps(dict(row), default=str, ensure_ascii=False) for row in rows.mappings()]
    return "\n".join(found)


async def erase(world: World, *stamps: str, person: str | None = None, by: str = "ana") -> None:
    actor = world.workspace.user(by).id
    async with world.bot.desk.work(actor=actor) as uow:
        incident = await by_number(uow, 1)
        if person is None:
            await erasure.erase_messages(uow, incident, stamps, reason="It was a password")
        else:
            await erasure.erase_person(uow, incident, world.workspace.user(person).id, reason="They asked for it")
    await world.settle()


async def read_again(world: World) -> None:
    """All that Slack still has of the channel is read once more."""
    [app] = world.workspace.apps
    slack = Gateway(token=app.bot_token, api_url=world.server.base_url)
    there = Workspace(team_id=world.bot.desk.team_id, bot_user_id=app.bot_user_id)
    async with world.bot.desk.look(actor=None) as uow:
        incident = await by_number(uow, 1)
    await Backfill(world.bot.desk, slack, there).read(incident.id, everything=True)


@pytest.fixture
async def channel(world: World) -> str:
    return await world.declare()


async def message(world: World, ts: str) -> dict[str, Any]:
    return next(one for one in (await world.record())["messages"] if one["ts"] == ts)


async def test_nothing_is_left_of_an_erased_message_but_that_it_was_erased(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    await world.workspace.edit_message(user="ben", channel=channel, ts=ts, text=f"It was {SECRET}, I mean hunter3")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    shared = await world.workspace.upload_file(user="ben", channel=channel, name=f"{SECRET}.txt", text="x")
    await world.settle()
    assert SECRET in (await world.command("ana", "timeline", channel=channel)).text
    await world.command("ana", "resolve Passwords rotated", channel=channel)
    assert SECRET in await everything(world)

    await erase(world, ts, shared)
    assert SECRET not in await everything(world)
    found = await message(world, ts)
    assert found["text"] == ERASED
    assert (found["erased_by"], found["erased_at"]) == ("ana", "2026-03-02T14:30:00Z")
    assert (found["versions"], found["person"], found["key_event"]) == ([], "ben", True)
    assert (await message(world, shared))["files"] == []
    timeline = (await world.command("chloe", "timeline INC-1")).text
    assert ERASED in timeline
    assert "Erased 2 messages: It was a password" in timeline
    async with world.bot.desk.look() as uow:
        text = uow.write_postmortem(await postmortem.facts(uow, await by_number(uow, 1)))
    assert ERASED.strip("()") in text
    assert "It was a password" in text


async def test_nothing_brings_it_back(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    reply = await world.say("ben", channel, f"{SECRET}, I said", thread_ts=ts)
    await erase(world, ts, reply)
    await read_again(world)  # Slack has it still
    await world.workspace.edit_message(user="ben", channel=channel, ts=ts, text=f"{SECRET} it is")
    await world.settle()
    await read_again(world)
    await world.workspace.delete_message(user="ben", channel=channel, ts=reply)
    await world.workspace.delete_message(user="ben", channel=channel, ts=ts)
    await world.settle()
    await read_again(world)
    assert SECRET not in await everything(world)
    assert (await message(world, ts))["deleted_at"], "what happened to it is on record all the same"


async def test_what_waits_or_was_set_aside_with_it_goes_too(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    there = world.workspace.channel(channel).id
    edit = {"type": "message", "subtype": "message_changed", "channel": there, "message": {"ts": ts, "text": SECRET}}
    other = {"type": "message", "channel": there, "ts": "1772461999.000100", "text": "harmless", "user": "U1"}
    async with world.bot.desk.work() as uow:
        for key, event in (("Ev1", edit), ("Ev2", other)):
            row = {"key": key, "lane": there, "body": {"event": event}, "state": "failed", "received_at": uow.now}
            uow.session.add(InboxItem(team_id=uow.team_id, error=f"KeyError: {SECRET}" if key == "Ev1" else "x", **row))
    await erase(world, ts)
    kept = await everything(world)
    assert SECRET not in kept
    assert "harmless" in kept


async def test_what_waited_with_somebodys_words_is_not_brought_in_by_reading_the_channel(
    world: World, channel: str
) -> None:
    with world.unheard():
        ts = await world.say("ben", channel, f"The password is {SECRET}")
    ben, there = world.workspace.user("ben").id, world.workspace.channel(channel).id
    event = {"type": "message", "channel": there, "user": ben, "ts": ts, "text": f"The password is {SECRET}"}
    async with world.bot.desk.work() as uow:
        row = {"key": "Ev1", "lane": there, "body": {"event": event}, "state": "failed", "received_at": uow.now}
        uow.session.add(InboxItem(team_id=uow.team_id, error="KeyError: x", **row))
    await erase(world, person=ben)
    await read_again(world)
    assert SECRET not in await everything(world)
    assert (await message(world, ts))["text"] == ERASED


async def test_an_answer_that_still_waits_with_it_is_not_given(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is <{SECRET}>")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.settle()
    world.server.faults.set({"error": {"method": "response_url", "status": 503}})
    await world.command("chloe", "timeline INC-1", settle=False)
    await world.pass_time(seconds=1)
    assert SECRET in await everything(world)
    await erase(world, ts)
    assert SECRET not in await everything(world)
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    assert not any(SECRET in text for text in world.to_person("chloe"))


async def test_one_persons_words_are_erased_and_nobody_elses(world: World, channel: str) -> None:
    mine = await world.say("ben", channel, f"I typed {SECRET}")
    yours = await world.say("chloe", channel, "Rotating")
    await world.command("ben", f"note {SECRET} was in the ticket", channel=channel)
    await world.command("ben", f"update next:20m We rotate {SECRET}", channel=channel)
    await world.command("ben", f"priority p2 Only {SECRET} leaked", channel=channel)
    await world.command("ben", f"action Delete {SECRET} owner:@chloe", channel=channel)
    await world.command("ben", f"resolve {SECRET} is refused", channel=channel)
    await world.command("ben", f"reopen {SECRET} works again", channel=channel)
    await world.command("ana", "note Told the auditors", channel=channel)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    record = await world.record()
    assert (await message(world, mine))["text"] == ERASED
    assert (await message(world, yours))["text"] == "Rotating"
    told = [one["text"] for one in record["timeline"]]
    assert f"Update sent: {ERASED}" in told
    assert f"Priority: P1 → P2, because: {ERASED}" in told
    assert f"Reopened: {ERASED}" in told
    assert "Told the auditors" in told
    assert told[-1] == "Erased 1 message, 6 timeline entries and 1 action item by @ben: They asked for it"
    assert record["updates"][0]["text"] == ERASED
    assert record["action_items"] == [{"text": ERASED, "owner": "chloe", "due_on": None}]
    assert record["incident"]["title"] == "Checkout returns 503"
    [announcement] = [one.text for one in world.by_bot("incidents") if one.thread_ts in (None, one.ts)]
    assert SECRET not in announcement


async def test_the_rest_of_a_long_update_is_erased_with_it(world: World, channel: str) -> None:
    await world.command("ben", f"update {'a & b ' * 800} {SECRET}", channel=channel)
    await world.pass_time(seconds=10)
    assert any(SECRET in one.text for one in world.by_bot("incidents") if one.is_reply)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)


async def test_a_draft_is_written_anew_and_earlier_ones_are_emptied(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.command("ana", "resolve Passwords rotated", channel=channel)
    await world.command("ana", "postmortem", channel=channel)
    await erase(world, ts)
    async with world.bot.desk.look() as uow:
        table = Base.metadata.tables["postmortems"]
        first, second = (await uow.session.scalars(select(table.c.markdown).order_by(table.c.id))).all()
    assert first.strip() == ERASED
    assert "Checkout returns 503" in second
    assert SECRET not in first + second


@in_turn("case", ["unknown", "twice", "nothing", "no reason", "not a member"])
async def test_what_cannot_be_erased_is_refused(world: World, case: str) -> None:
    channel = await world.declare("p1 Payroll leaked private:yes")
    ts = await world.say("ana", channel, f"The password is {SECRET}")
    actor = world.workspace.user("finn" if case == "not a member" else "ana").id
    if case == "twice":
        await erase(world, ts)
    words = {
        "unknown": "has no message 1772461999.000100",
        "twice": f"has no message {ts}",
        "nothing": "nothing to erase",
        "no reason": "Why is it erased?",
        "not a member": "INC-1",
    }
    stamps, reason = ["1772461999.000100"] if case == "unknown" else [ts], " " if case == "no reason" else "A password"

    async def refused() -> None:
        async with world.bot.desk.work(actor=actor) as uow:
            incident = await by_number(uow, 1)
            if case == "nothing":
                await erasure.erase_person(uow, incident, world.workspace.user("dev").id, reason=reason)
            else:
                await erasure.erase_messages(uow, incident, stamps, reason=reason)

    with pytest.raises(UserError, match=words[case]):
        await refused()
    assert (SECRET in await everything(world)) is (case != "twice")
