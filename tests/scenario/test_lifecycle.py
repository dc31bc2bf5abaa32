"""From investigating to closed."""

import pytest

from bot.sandbox import SteppedClock, default_workspace
from tests.world import START, World, open_world, shown

pytestmark = pytest.mark.one_database


async def test_resolving_asks_how_it_was_verified_and_puts_the_draft_into_the_channel(world: World) -> None:
    channel = await world.declare("p1 Checkout returns 503 since:14:00Z")
    await world.pass_time(minutes=31)
    await world.command("ana", "resolve", channel=channel)
    assert "How was it verified?" in str(world.view("ana"))
    assert (await world.submit("ana", verified="Error rate below 0.1 % for 10 minutes")).ok
    record = await world.record()
    assert record["incident"]["status"] == "resolved"
    assert record["incident"]["resolution"] == "Error rate below 0.1 % for 10 minutes"
    assert record["measures"]["impact_duration"] == 61 * 60
    files = [file for one in world.workspace.channel(channel).messages.values() for file in one.files]
    assert [world.workspace.files[file].name for file in files] == ["postmortem-inc-1.md"]
    assert "resolved" in shown(world.card(channel))
    assert "open_resolve" not in str(world.card(channel).blocks), "no buttons on what has ended"


async def test_the_whole_way_and_back(world: World) -> None:
    channel = await world.declare()
    for text, expected in (
        ("status identified", "now *identified*"),
        ("status monitoring", "now *monitoring*"),
        ("status investigating", "now *investigating*"),  # a fix that did not hold
        ("close", "Resolve it first"),
        ("resolve All green", "is resolved"),
        ("status identified", "Reopen it first"),
        ("reopen It is back", "open again"),
        ("resolve All green, again", "is resolved"),
        ("close", "is closed"),
        ("update Too late", "is closed"),
        ("reopen", "Say what shows that it isn't over"),
    ):
        answer = await world.command("ana", text, channel=channel)
        assert expected in answer.text, text
    kinds = [item["text"] for item in (await world.record())["timeline"] if item["kind"] == "status"]
    assert kinds[-3:] == ["Reopened: It is back", "Resolved. Verified: All green, again", "Closed"]


async def test_the_postmortem_holds_the_facts(world: World) -> None:
    channel = await world.declare("p1 Checkout returns 503 since:14:00Z")
    await world.command("ben", "take commander", channel=channel)
    ts = await world.say("ben", channel, "Rolled back <the> deploy | see `git log`")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.command("ben", "update Rolling back", channel=channel)
    await world.pass_time(minutes=30)
    await world.command("ana", "action Alert on 5xx owner:@dev due:2026-04-01", channel=channel)
    await world.command("ben", "resolve Error rate is normal", channel=channel)
    text = world.write_draft(await world.report())
    for expected in (
        "| Duration | **1 h** |",
        "Ben Okafor | 2026-03-02 14:30:00",
        "Rolled back \\<the\\> deploy \\| see \\`git log\\`",
        f"p{ts.replace('.', '')}",
        "Rolling back | in time (due 15:00)",
        "Alert on 5xx | Dev Patel | 2026-04-01",
        "TO CONFIRM",
    ):
        assert expected in text, expected


async def test_priority_changes_need_a_reason_and_are_told(world: World) -> None:
    channel = await world.declare("p3 Slow reports")
    refused = await world.command("ana", "priority p1", channel=channel)
    assert "Say why" in refused.text
    await world.command("ana", "priority p1 Checkout is affected too", channel=channel)
    record = await world.record()
    assert record["incident"]["priority"] == "p1"
    assert any("P3 → P1" in item["text"] for item in record["timeline"])
    assert "P1" in world.workspace.channel(channel).topic.value


async def test_the_same_verbs_work_from_elsewhere_with_the_number(world: World) -> None:
    await world.declare()
    assert "now *identified*" in (await world.command("ben", "status INC-1 identified")).text
    assert "is resolved" in (await world.command("ben", "INC-1 resolve Checked by hand")).text


async def test_a_declaration_that_was_cut_off_is_finished_by_the_next_start(database_url: str) -> None:
    """The rows are there, the process is gone: what it had not told Slack yet is told."""
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        world.server.faults.set({"error": {"method": "chat.postMessage", "error": 500}})
        await world.declare()
        channel = world.workspace.channel("inc-1-checkout-returns-503")
        assert not world.by_bot(channel.name)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        await world.pass_time(seconds=30)
        assert len(world.by_bot(channel.name)) == 2
        assert len(world.by_bot("incidents")) == 1
        assert channel.pins


async def draft(world: World) -> str:
    return world.write_draft(await world.report())


async def test_the_draft_tells_as_what_it_was_declared_and_what_became_of_that(world: World) -> None:
    channel = await world.declare("p2 Slow reports")
    await world.pass_time(minutes=10)
    await world.command("ben", "priority p1 Checkout is affected too", channel=channel)
    await world.pass_time(minutes=10)
    await world.command("ana", "priority p3 A workaround is known", channel=channel)
    await world.command("ana", "priority p4 Nearly nobody is affected!", channel=channel)
    text = await draft(world)
    for expected in (
        "was declared as P2 at 2026-03-02 14:30:00 by Ana Torres.",
        "It was raised to P1 at 2026-03-02 14:40:00 by Ben Okafor: Checkout is affected too.",
        "It was lowered to P3 at 2026-03-02 14:50:00 by Ana Torres: A workaround is known.",
        "It was lowered to P4 at 2026-03-02 14:50:00 by Ana Torres: Nearly nobody is affected\\!",
        "It is not resolved: the impact is ongoing.",
    ):
        assert expected in text, expected


async def test_the_time_between_resolution_and_reopening_is_no_impact(world: World) -> None:
    channel = await world.declare("p1 Checkout returns 503 since:14:00Z")
    await world.command("ben", "status monitoring", channel=channel)  # 30 minutes after the start
    await world.pass_time(minutes=10)
    await world.command("ben", "resolve Error rate is normal", channel=channel)  # 40 minutes of impact
    await world.pass_time(minutes=30)
    await world.command("ben", "close", channel=channel)
    await world.pass_time(minutes=30)
    await world.command("ana", "reopen It is back", channel=channel)
    assert "for 0 s, 40 min in total" in (await world.command("ana", "status", channel=channel)).text
    await world.pass_time(minutes=20)
    await world.command("ben", "resolve Now it holds", channel=channel)  # 20 minutes more
    assert "after 1 h." in [one.text for one in world.by_bot(channel) if "is resolved" in one.text][-1]
    assert "lasted 1 h" in shown(world.card(channel))
    assert "lasted 1 h" in world.by_bot("incidents")[0].text
    record = await world.record()
    assert record["impact"] == [
        {"from": "2026-03-02T14:00:00Z", "to": "2026-03-02T14:40:00Z"},
        {"from": "2026-03-02T15:40:00Z", "to": "2026-03-02T16:00:00Z"},
    ]
    assert record["measures"] == {
        "to_detect": 30 * 60,
        "to_acknowledge": None,
        "to_mitigate": 30 * 60,
        "to_resolve": 2 * 3600,
        "impact_duration": 3600,
    }
    assert record["incident"]["mitigated_at"] == "2026-03-02T14:30:00Z"
    assert [(one["status"], one["from"][11:16], one["to"][11:16]) for one in record["phases"]] == [
        ("monitoring", "14:30", "14:40"),
        ("resolved", "14:40", "15:40"),
        ("investigating", "15:40", "16:00"),
    ]
    text = await draft(world)
    for expected in (
        "| Impact 2 | 2026-03-02 15:40:00 to 2026-03-02 16:00:00 UTC |",
        "| Resolved, then reopened (no impact) | 2026-03-02 14:40:00 | 2026-03-02 15:40:00 | 1 h |",
        "| 30 min (it did not hold: 2026-03-02 15:40:00) | |",
        "It was resolved at 2026-03-02 14:40:00 by Ben Okafor. Verified: Error rate is normal.",
        "It was closed at 2026-03-02 15:10:00 by Ben Okafor.",
        "It was reopened at 2026-03-02 15:40:00 by Ana Torres: It is back.",
        "It was resolved at 2026-03-02 16:00:00 by Ben Okafor. Verified: Now it holds.",
        "The impact lasted 1 h in total, over 2 periods.",
    ):
        assert expected in text, expected


async def test_the_draft_of_a_cancelled_incident_says_so_and_claims_no_impact(world: World) -> None:
    channel = await world.declare()
    await world.pass_time(minutes=5)
    await world.command("ana", "cancel A test of the alert", channel=channel)
    text = await draft(world)
    assert "It was cancelled at 2026-03-02 14:35:00 by Ana Torres: A test of the alert." in text
    assert "The impact lasted" not in text
    assert "the impact goes on" not in text


async def test_roles_that_were_swapped_stand_with_their_times(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take commander", channel=channel)
    await world.pass_time(minutes=10)
    await world.command("chloe", "take commander", channel=channel)
    await world.pass_time(minutes=10)
    await world.command("ben", "take commander", channel=channel)
    await world.command("ben", "resolve All green", channel=channel)
    text = await draft(world)
    rows = [row for row in text.splitlines() if row.startswith("| Incident commander |")]
    assert [row.split(" | ")[1:] for row in rows] == [
        ["Ben Okafor", "2026-03-02 14:30:00", "2026-03-02 14:40:00 |"],
        ["Chloe Martin", "2026-03-02 14:40:00", "2026-03-02 14:50:00 |"],
        ["Ben Okafor", "2026-03-02 14:50:00", "end of incident |"],
    ]


async def test_a_mistaken_cancellation_stops_no_impact_and_loses_no_mitigation(world: World) -> None:
    channel = await world.declare("p1 Checkout returns 503 since:14:00Z")
    await world.command("ana", "status monitoring", channel=channel)
    await world.command("ana", "cancel It was a load test", channel=channel)
    assert "did not hold" not in await draft(world)
    await world.pass_time(minutes=60)
    await world.command("ana", "reopen Cancelled the wrong one", channel=channel)
    await world.command("ana", "resolve All green", channel=channel)
    text = await draft(world)
    assert "The impact lasted 1 h 30 min." in text
    assert "no impact" not in text


async def test_a_resolution_that_is_told_late_is_told_as_it_was(world: World) -> None:
    channel = await world.declare()
    await world.pass_time(minutes=10)
    world.server.faults.set({"error": {"error": "internal_error", "method": "chat.postMessage"}})
    await world.command("ana", "resolve Traffic is back", channel=channel)
    await world.command("ana", "reopen It is not", channel=channel)
    world.server.faults.set({})
    await world.pass_time(minutes=3)
    [told] = [one.text for one in world.by_bot(channel) if "is resolved" in one.text]
    assert "after 10 min" in told
    assert "Traffic is back" in told


async def test_the_status_of_what_was_reopened_counts_no_gap(world: World) -> None:
    channel = await world.declare()
    await world.pass_time(minutes=10)
    await world.command("ana", "resolve Traffic is back", channel=channel)
    await world.pass_time(hours=24)
    await world.command("ana", "reopen It fell over again", channel=channel)
    await world.pass_time(minutes=5)
    assert "for 5 min, 15 min in total" in (await world.command("ana", "status", channel=channel)).text
    await world.command("ana", "cancel A drill all along", channel=channel)
    told = (await world.command("ana", "status", channel=channel)).text
    assert "15 min in total" in told
    assert "Take command" not in told, "there's nothing to command any more"
