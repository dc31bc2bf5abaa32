"""What others hold or do at the same time keeps nobody else from their work."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.slack.inbound import events
from bot.slack.inbound.slack_event import SlackEvent
from bot.slack.outbound.steps import STEPS
from bot.store.tables import OutboxItem, Participant
from tests.world import World


async def test_an_incident_that_is_held_does_not_stop_what_is_sent_for_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dispatcher's renewal once waited for the item that waited for the incident, and everything with it."""
    if not world.bot.desk.database.shared:
        return  # one writer: nobody can hold an incident and let others write
    channel = await world.declare()
    step, sent = STEPS["edit_card"], asyncio.Event()
    send = step.send

    async def tell(slack: Any, call: Any) -> dict[str, Any]:
        answer = await send(slack, call)
        sent.set()
        return answer

    monkeypatch.setattr(step, "send", tell, raising=False)
    async with world.bot.desk.database.write() as session:
        await world.command("ana", "status identified", channel=channel, settle=False)
        await sent.wait()
        await session.execute(text("SELECT id FROM incidents WHERE number = 1 FOR UPDATE"))
        for number in (2, 3, 4):
            await world.command("chloe", f"declare p1 Another {number}", settle=False)
        async with asyncio.timeout(8):  # the lock is given up after ten
            while len(world.calls("conversations.create")) < 4:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    await world.settle()


async def test_who_left_after_joining_is_gone_in_whatever_order_it_is_told(world: World) -> None:
    channel = world.workspace.channel(await world.declare()).id
    ben = world.workspace.user("ben").id

    def told(kind: str, seconds: int) -> SlackEvent:
        at = world.now + timedelta(seconds=seconds)
        return SlackEvent(event={"type": kind, "channel": channel, "user": ben}, at=at)

    async with world.bot.desk.work() as uow:
        await events.apply(uow, [told("member_left_channel", 5), told("member_joined_channel", 3)])
    async with world.bot.desk.look() as uow:
        [row] = await uow.session.scalars(select(Participant).where(Participant.person == ben))
        assert row.left_at == world.now + timedelta(seconds=5)
    async with world.bot.desk.work() as uow:
        await events.apply(uow, [told("member_joined_channel", 9)])
    async with world.bot.desk.look() as uow:
        [row] = await uow.session.scalars(select(Participant).where(Participant.person == ben))
        assert row.left_at is None


async def test_an_answer_that_cannot_be_recorded_is_tried_some_times_and_then_set_aside(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await world.declare()

    async def stumble(*_: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(STEPS["set_topic"], "record", stumble, raising=False)
    await world.command("ana", "priority p2 Calmer", channel=channel)
    await world.pass_time(minutes=5)
    async with world.bot.desk.look() as uow:
        items = (
            await uow.session.scalars(select(OutboxItem).where(OutboxItem.step == "set_topic").order_by(OutboxItem.id))
        ).all()
    assert [item.state for item in items] == ["done", "refused"]
    assert any("topic" in said for said in world.to_person("ana")), "somebody is told"
