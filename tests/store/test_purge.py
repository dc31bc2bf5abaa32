"""Finished work goes after a month; what failed, waits or is young stays."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.service.incidents import by_number
from bot.store.purge import KEEP, purge
from bot.store.tables import Alert, InboxItem, OutboxItem
from tests.world import World


async def test_finished_work_goes_and_the_bot_goes_on(world: World) -> None:
    channel = await world.declare()
    for number in range(12):
        await world.say("ben", channel, f"message {number}")
    desk = world.bot.desk
    async with desk.work() as uow:
        kept = await uow.session.scalar(select(func.min(InboxItem.id)).where(InboxItem.lane != "interaction"))
        await uow.session.execute(update(InboxItem).where(InboxItem.id == kept).values(state="failed"))
        refused = await uow.session.scalar(select(func.min(OutboxItem.id)).where(OutboxItem.after_id.is_not(None)))
        await uow.session.execute(update(OutboxItem).where(OutboxItem.id == refused).values(state="refused"))
    assert await purge(desk.database, before=desk.clock.now()) == 0, "all of it is young"
    async with desk.look() as look:
        before = [await look.session.scalar(select(func.count()).select_from(one)) for one in (InboxItem, OutboxItem)]
    later = desk.clock.now() + timedelta(seconds=1)
    assert await purge(desk.database, before=later) == sum(before) - 2
    async with desk.look() as look:
        assert (await look.session.scalars(select(InboxItem.id))).all() == [kept]
        assert (await look.session.scalars(select(OutboxItem.id))).all() == [refused]
    await world.command("ana", "note Still here", channel=channel)
    assert any("Still here" in one.text for one in world.by_bot(channel))
    assert timedelta(days=1) <= KEEP, "Slack may deliver again for hours"


async def test_one_that_is_dated_in_the_future_does_not_keep_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.purge._ROWS_TOGETHER", 5)
    channel = await world.declare()
    for number in range(12):
        await world.say("ben", channel, f"message {number}")
    desk = world.bot.desk
    async with desk.work() as uow:
        third = (await uow.session.scalars(select(InboxItem.id).order_by(InboxItem.id).limit(3))).all()[-1]
        ahead = desk.clock.now() + timedelta(days=400)
        await uow.session.execute(update(InboxItem).where(InboxItem.id == third).values(received_at=ahead))
    await purge(desk.database, before=desk.clock.now() + timedelta(seconds=1))
    async with desk.look() as look:
        assert (await look.session.scalars(select(InboxItem.id))).all() == [third]


async def test_alerts_that_nobody_was_told_of_go_and_those_of_an_incident_stay(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.purge._ROWS_TOGETHER", 2)
    await world.declare()
    desk = world.bot.desk
    async with desk.work() as uow:
        incident = await by_number(uow, 1)
        for title, state, belongs in (
            ("declared", "declared", incident.id),
            ("late", "late", incident.id),
            *((f"recorded {number}", "recorded", None) for number in range(5)),
            ("late of nothing", "late", None),
        ):
            alert = Alert(
                team_id=uow.team_id, source="generic", integration="x", key="k", status="open", title=title, body={}
            )
            alert.state, alert.incident_id, alert.received_at = state, belongs, uow.now
            uow.session.add(alert)
    await purge(desk.database, before=desk.clock.now())
    async with desk.look() as look:
        assert len((await look.session.scalars(select(Alert.id))).all()) == 8, "all of them are young"
    await purge(desk.database, before=desk.clock.now() + timedelta(seconds=1))
    async with desk.look() as look:
        assert (await look.session.scalars(select(Alert.title))).all() == ["declared", "late"]
