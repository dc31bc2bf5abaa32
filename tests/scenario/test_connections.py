"""Two connections: Slack may replace one while people go on."""

from tests.world import World


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


async def test_plain_events_do_not_pass_through_bolt(world: World) -> None:
    channel = await world.declare()

    async def fail(**_: object) -> None:
        raise AssertionError("an event came through Bolt")

    world.bot.slack_app.middleware(fail)
    ts = await world.say("ben", channel, "straight into the inbox")
    assert ts in {one["ts"] for one in (await world.record())["messages"]}
