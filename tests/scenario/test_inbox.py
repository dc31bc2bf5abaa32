"""A payload that cannot be applied is kept and set aside; it never blocks the rest."""

import pytest
from sqlalchemy import insert, select

from bot import log
from bot.service import chat
from bot.store import inbox
from bot.store.tables import InboxItem, Message
from tests.world import World


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
