"""A payload that cannot be applied is kept and set aside; it never blocks the rest."""

from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from bot import log
from bot.service import chat
from bot.store import inbox
from bot.store.tables import InboxItem, Message, Participant
from tests.databases import in_turn
from tests.world import World


@pytest.mark.one_database
async def test_what_cannot_be_applied_is_set_aside_and_can_be_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await world.declare()
    hear = chat.hear

    async def stumble(uow: chat.UnitOfWork, *said: chat.Spoken) -> None:
        if any("poison" in one.text for one in said):
            raise RuntimeError("a fault of ours")
        await hear(uow, *said)

    monkeypatch.setattr(chat, "hear", stumble)
    poisoned = await world.say("ben", channel, "poison")
    after = await world.say("ben", channel, "and the next one")
    assert [one["ts"] for one in (await world.record())["messages"]] == [after], "it did not block the next"
    async with world.bot.desk.work() as uow:
        [item] = await inbox.failed(uow.session, uow.team_id)
        assert item.error == "RuntimeError: a fault of ours"
        assert item.body["event"]["ts"] == poisoned, "kept as it came"
        inbox.try_again([item])
    monkeypatch.setattr(chat, "hear", hear)
    await world.settle()
    assert {one["ts"] for one in (await world.record())["messages"]} == {poisoned, after}


@in_turn("event_time", [10**18, -(10**18), 10**400, "abc", True, None, [], 4102444800])
async def test_an_event_at_an_impossible_time_is_applied_like_any_other(world: World, event_time: Any) -> None:
    """A year of thirty billion once stopped every channel: what C says of it passed for a database that is away."""
    channel = await world.declare()
    room, ben = world.workspace.channel(channel).id, world.workspace.user("ben").id
    left = {"type": "member_left_channel", "channel": room, "user": ben}
    async with world.bot.desk.work() as uow:
        body = {"event": left, "event_time": event_time}
        row = {"key": "Ev1", "lane": room, "body": body, "state": "waiting", "received_at": uow.now}
        uow.session.add(InboxItem(team_id=uow.team_id, **row))
    ts = await world.say("chloe", channel, "and the next one")
    assert [one["ts"] for one in (await world.record())["messages"]] == [ts]
    async with world.bot.desk.look() as uow:
        assert not await inbox.failed(uow.session, uow.team_id)
        gone = await uow.session.scalar(select(Participant.left_at).where(Participant.person == ben))
    assert gone == world.now


@pytest.mark.one_database
async def test_an_item_at_which_the_database_fails_again_and_again_is_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, other = await world.declare(), await world.declare("p2 Search is slow")
    hear = chat.hear

    async def too_large(uow: chat.UnitOfWork, *said: chat.Spoken) -> None:
        if any("poison" in one.text for one in said):
            raise OperationalError("INSERT", {}, Exception("the server closed the connection"))
        await hear(uow, *said)

    monkeypatch.setattr(chat, "hear", too_large)
    await world.workspace.post_message(user="ben", channel=channel, text="poison")
    there = await world.workspace.post_message(user="ben", channel=other, text="elsewhere")
    after = await world.say("ben", channel, "and the next one")
    assert [one["ts"] for one in (await world.record())["messages"]] == [after]
    assert [one["ts"] for one in (await world.record(2))["messages"]] == [there]
    async with world.bot.desk.look() as uow:
        [item] = await inbox.failed(uow.session, uow.team_id)
    assert str(item.error).startswith("OperationalError")


async def test_two_hundred_events_at_once_are_stored_in_fewer_commits_and_all_applied(world: World) -> None:
    channel = await world.declare()
    said = [
        await world.workspace.post_message(user="ben", channel=channel, text=f"message {number}")
        for number in range(200)
    ]
    await world.settle()
    assert [one["ts"] for one in (await world.record())["messages"]] == said
    async with world.bot.desk.look() as uow:
        bodies = await uow.session.scalars(select(InboxItem.body).where(InboxItem.state == "applied"))
        assert all(body == {} for body in bodies), "no second copy of what people wrote"


async def test_what_people_wrote_is_in_no_error_and_in_no_log(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    channel = await world.declare()
    log.configure(level="INFO")

    async def break_a_rule(uow: chat.UnitOfWork, *said: chat.Spoken) -> None:
        for one in said:
            row = {"team_id": uow.team_id, "channel_id": None, "ts": one.ts, "text": one.text, "files": []}
            await uow.session.execute(insert(Message), [row])

    monkeypatch.setattr(chat, "hear", break_a_rule)
    await world.say("ben", channel, "the admin password is hunter2")
    async with world.bot.desk.look() as uow:
        [item] = await inbox.failed(uow.session, uow.team_id)
    assert "IntegrityError" in str(item.error)
    logged = capsys.readouterr().err
    assert "IntegrityError" in logged
    assert "hunter2" not in logged + str(item.error)


async def test_a_text_with_a_nul_is_recorded_on_every_database(world: World) -> None:
    channel = await world.declare()
    await world.say("ben", channel, "before\x00after 🔥 \\u0000 \\\x00")
    assert [one["text"] for one in (await world.record())["messages"]] == ["beforeafter 🔥 \\u0000 \\"]
    answer = await world.command("ben", "note a\x00b", channel=channel)
    assert answer.ok
    assert any("ab" in one.text for one in world.by_bot(channel))
    assert (await world.command("ben", "declare p2 Log\x00ins fail")).ok
    assert (await world.record(2))["incident"]["title"] == "Logins fail"
