"""What was said while the bot was away is on record afterwards, with its own time."""

from bot.sandbox import SteppedClock, default_workspace
from tests.world import START, open_world


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
        for number in range(230)  # more than a page
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
