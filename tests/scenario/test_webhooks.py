"""Other programs are told what happens, and nobody else waits for them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from sqlalchemy import select

from bot import webhooks
from bot.resources import packaged
from bot.store.tables import OutboxItem
from bot.webhooks.destination import switch_on
from tests.databases import in_turn
from tests.webhook_receiver import SECRET, Receiver, receiver
from tests.world import World, open_world

pytestmark = pytest.mark.one_database

SCHEMA = json.loads((Path(webhooks.__file__).parent / "schema.json").read_text("utf-8"))


@asynccontextmanager
async def told(
    database_url: str, folder: Path, *receivers: Receiver, administrators: list[str] | None = None, **how: Any
) -> AsyncIterator[World]:
    """A world whose configuration names the receivers."""
    settings = yaml.safe_load(packaged("config.yaml").read_text("utf-8"))
    settings["destinations"] = {
        "webhooks": [
            {"url": one.url, "secret_env": "SECRET", "allow_private_addresses": True} | how for one in receivers
        ]
    }
    settings["administrators"] = administrators or []
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    async with open_world(database_url, config=config, variables={"SECRET": SECRET}) as world:
        yield world


async def until(it_is_so: Callable[[], bool]) -> None:
    while not it_is_so():  # noqa: ASYNC110 - it is about two servers, which set no event together
        await asyncio.sleep(0.01)


async def states(world: World) -> list[str]:
    """Of what was promised to webhooks, in order."""
    async with world.bot.desk.look() as uow:
        rows = await uow.session.scalars(
            select(OutboxItem).where(OutboxItem.destination != "slack").order_by(OutboxItem.id)
        )
        return [one.state for one in rows]


async def test_an_incident_from_its_declaration_to_its_end_is_told_in_order(database_url: str, tmp_path: Path) -> None:
    async with receiver() as listening, told(database_url, tmp_path, listening) as world:
        channel = await world.declare("p1 Checkout returns 503 <!channel>")
        await world.command("ana", "take commander", channel=channel)
        await world.command("ben", "update status:identified We know why", channel=channel)
        await world.command("ben", "priority p2 Only one shop", channel=channel)
        await world.command("ben", "status monitoring", channel=channel)
        await world.command("ben", "resolve Traffic is back", channel=channel)
        await world.command("ben", "reopen It fell over", channel=channel)
        await world.command("ben", "resolve Now it holds", channel=channel)
        await world.command("ben", "close", channel=channel)
    assert listening.types == [
        "declared",
        "role_changed",
        "update_posted",
        "priority_changed",
        "status_changed",
        "resolved",
        "reopened",
        "resolved",
        "closed",
    ]
    for event in listening.events:
        jsonschema.validate(event, SCHEMA)
    assert len(set(listening.ids)) == len(listening.ids)
    update = listening.events[2]["data"]
    assert (update["update"]["text"], update["update"]["person"]) == ("We know why", "ben")
    assert update["roles"] == [{"role": "incident_commander", "person": "ana"}]
    assert update["incident"]["title"] == "Checkout returns 503 <!channel>"
    assert listening.events[0]["timestamp"] == "2026-03-02T14:30:00Z"


async def test_an_endpoint_that_hangs_delays_neither_slack_nor_another(database_url: str, tmp_path: Path) -> None:
    async with receiver(silent=True) as hanging, receiver() as listening:
        async with told(database_url, tmp_path, hanging, listening) as world:
            await world.command("ana", "declare p1 Checkout returns 503", settle=False)
            async with asyncio.timeout(60):
                await hanging.come.wait()
                await until(lambda: bool(listening.events and world.workspace.latest_app_channel()))
                room = world.workspace.latest_app_channel()
                assert room is not None
                channel = room.name
                await world.command("ana", "note Paged the network team", channel=channel, settle=False)
                await world.command("ana", "priority p2 Only one shop", channel=channel, settle=False)
                await until(lambda: len(listening.events) == 2 and "Only one shop" in str(world.by_bot(channel)))
        assert len(hanging.events) == 1, "those of one incident go out one after the other"
    assert listening.types == ["declared", "priority_changed"]


async def test_what_does_not_arrive_is_sent_again_with_the_same_id_and_given_up_after_a_day(
    database_url: str, tmp_path: Path
) -> None:
    async with receiver(status=500) as listening, told(database_url, tmp_path, listening) as world:
        ana = world.workspace.user("ana").id
        await world.declare()
        await world.pass_time(hours=1)
        assert 5 <= len(listening.ids) <= 7
        assert len(set(listening.ids)) == 1
        await world.pass_time(hours=24)
        assert await states(world) == ["refused"]
        assert len(listening.ids) == 11
        [said] = [one for one in world.to_person("ana") if "127.0.0.1" in one]
        assert "answered 500" in said
        assert ana not in said
        listening.status = 200
        await world.declare("p2 Another")
        assert listening.types[-1] == "declared", "what happens later is told"


async def test_who_is_gone_is_told_nothing_more_and_an_administrator_hears_of_it_once(
    database_url: str, tmp_path: Path
) -> None:
    async with receiver(status=410) as listening:
        async with told(database_url, tmp_path, listening) as world:
            chloe = world.workspace.user("chloe").id
        async with told(database_url, tmp_path, listening, administrators=[chloe]) as world:
            channel = await world.declare()
            await world.command("ana", "priority p2 Calmer", channel=channel)
            assert listening.types == ["declared"]
            assert await states(world) == ["refused", "needless"]
            [said] = world.to_person("chloe")
            assert said.startswith(":electric_plug: I've switched off the webhook to 127.0.0.1")
            listening.status = 200
            async with world.bot.desk.work() as uow:
                name = world.bot.desk.settings.destinations.webhooks[0].destination
                assert await switch_on(uow, name)
            await world.command("ana", "priority p1 It grows", channel=channel)
            assert listening.types == ["declared", "priority_changed"]


@in_turn("private", [False, True])
async def test_a_private_incident_is_told_only_where_that_is_wanted(
    database_url: str, tmp_path: Path, private: bool
) -> None:
    async with receiver() as listening, told(database_url, tmp_path, listening, private=private) as world:
        await world.declare("p1 Payroll leaked private:yes")
        await world.command("ana", "resolve INC-1 It is shut")
    assert listening.types == (["declared", "resolved"] if private else [])


async def test_one_that_becomes_private_while_an_event_waits_is_not_told(database_url: str, tmp_path: Path) -> None:
    async with receiver(status=503) as listening, told(database_url, tmp_path, listening) as world:
        channel = await world.declare()
        await world.workspace.make_private(user="ana", channel=channel)
        await world.settle()
        listening.events.clear()
        listening.status = 200
        await world.pass_time(hours=1)
        assert listening.events == []
        assert set(await states(world)) == {"needless"}


async def test_only_the_events_that_are_wanted_are_sent(database_url: str, tmp_path: Path) -> None:
    wanted = ["incident.resolved"]
    async with receiver() as listening, told(database_url, tmp_path, listening, events=wanted) as world:
        channel = await world.declare()
        await world.command("ana", "resolve Traffic is back", channel=channel)
    assert listening.types == ["resolved"]


async def test_an_address_in_a_private_network_is_refused_unless_it_is_meant(database_url: str, tmp_path: Path) -> None:
    async with receiver() as listening:
        async with told(database_url, tmp_path, listening, allow_private_addresses=False) as world:
            await world.declare()
            assert await states(world) == ["refused"]
            assert "private address" in world.to_person("ana")[-1]
        localhost = Receiver(url=listening.url.replace("127.0.0.1", "localhost"))
        async with told(database_url, tmp_path, localhost, allow_private_addresses=False) as world:
            await world.declare("p2 By name")
            assert (await states(world))[-1] == "refused"
        assert listening.events == []


async def test_a_redirect_is_not_followed(database_url: str, tmp_path: Path) -> None:
    async with receiver(status=308) as listening, told(database_url, tmp_path, listening) as world:
        await world.declare()
        assert len(listening.events) == 1
        assert await states(world) == ["waiting"]


async def test_what_waits_for_an_endpoint_that_is_not_configured_any_more_is_let_go(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.application._SECONDS_BETWEEN_PURGES", 0.01)
    async with receiver(status=500) as listening:
        async with told(database_url, tmp_path, listening) as world:
            await world.declare()
            clock = world.clock
        async with told(database_url, tmp_path) as world:
            assert await states(world) == ["waiting"], "a replica may not know it yet"
        clock.jump(clock.time() + 2 * 86400)
        async with open_world(database_url, clock=clock) as world:
            async with asyncio.timeout(30):
                while await states(world) != ["needless"]:  # noqa: ASYNC110 - a row sets no event
                    await asyncio.sleep(0.01)
