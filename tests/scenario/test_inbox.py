"""A payload that cannot be applied is kept and set aside; it never blocks the rest."""

import pytest
from sqlalchemy import select

from bot.service import chat
from bot.store import inbox
from bot.store.tables import InboxItem
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
        inbox.put_back([item])
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
