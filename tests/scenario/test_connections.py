"""Two connections: Slack may replace one while people go on."""

import asyncio
import itertools

import pytest

from tests.world import World

pytestmark = pytest.mark.one_database


async def test_a_refresh_of_one_connection_loses_neither_a_command_nor_an_event(world: World) -> None:
    [app] = world.workspace.apps
    assert app.delivery.connections == 2
    channel = await world.declare()
    for round_ in range(3):
        world.server.refresh(count=1)
        answer = await world.command("ana", f"note round {round_}", channel=channel)
        assert answer.ok, answer
        ts = await world.say("ben", channel, f"during the refresh {round_}")
        assert ts in {one["ts"] for one in (await world.record())["messages"]}


@pytest.fixture
def pinging_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the world begins."""
    monkeypatch.setattr("bot.slack.inbound.socket_mode._SECONDS_BETWEEN_PINGS", 0.2)


@pytest.mark.usefixtures("pinging_often")
async def test_a_connection_that_falls_silent_is_replaced(world: World) -> None:
    [app] = world.workspace.apps
    assert world.server.silence(count=2) == 2
    async with asyncio.timeout(20):
        while app.delivery.connections < 4:  # noqa: ASYNC110 - Slack goes on with those that are dead
            await asyncio.sleep(0.02)
    assert await world.bot.receiver.receiving()
    asked = [asyncio.create_task(world.command("ana", "list", settle=False)) for _ in range(4)]
    try:
        # Each of the four connections is asked, and two are alive.
        for answered in itertools.islice(asyncio.as_completed(asked), 2):
            assert (await answered).ok
    finally:
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


async def test_plain_events_do_not_pass_through_bolt(world: World) -> None:
    channel = await world.declare()

    async def fail(**_: object) -> None:
        raise AssertionError("an event came through Bolt")

    world.bot.slack_app.middleware(fail)
    ts = await world.say("ben", channel, "straight into the inbox")
    assert ts in {one["ts"] for one in (await world.record())["messages"]}
