"""Updates, and the prompts that keep them coming."""

import pytest

from bot.sandbox import SteppedClock, default_workspace
from bot.service import notifications
from bot.store.tables import Incident
from tests.world import START, World, open_world

pytestmark = pytest.mark.one_database


def prompts(world: World, channel: str) -> list[str]:
    return [one.text for one in world.by_bot(channel) if ":alarm_clock:" in one.text]


async def test_an_update_reaches_channel_and_stakeholders_and_moves_the_next_prompt(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take comms", channel=channel)
    await world.pass_time(minutes=20)
    answer = await world.command("ben", "update status:identified We know why", channel=channel)
    assert "Next update by 15:20 (in 30 min)" in answer.text
    assert any("We know why" in one.text for one in world.by_bot(channel))
    thread = [one for one in world.by_bot("incidents") if one.is_reply]
    assert len(thread) == 1
    assert "We know why" in thread[0].text
    await world.pass_time(minutes=29)
    assert not prompts(world, channel), "the recent update moved the prompt from 15:00 to 15:20"
    await world.pass_time(minutes=1)
    assert len(prompts(world, channel)) == 1


async def test_the_comms_lead_is_asked_first_then_the_commander_and_the_missed_slot_is_recorded(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take comms", channel=channel)
    await world.command("chloe", "take commander", channel=channel)
    await world.pass_time(minutes=36)
    ben, chloe = world.workspace.user("ben").id, world.workspace.user("chloe").id
    asked = prompts(world, channel)
    assert len(asked) == 2
    assert f"<@{ben}>" in asked[0]
    assert f"<@{chloe}>" in asked[1]
    await world.pass_time(minutes=30)
    await world.command("ben", "update Still on it", channel=channel)
    outcomes = [(one["due_at"][11:16], one["to"], one["outcome"]) for one in (await world.record())["prompts"]]
    assert outcomes == [
        ("15:00", "ben", "missed"),
        ("15:00", "chloe", "missed"),
        ("15:30", "ben", "missed"),
        ("15:30", "chloe", "answered"),
    ]


async def test_p4_is_never_prompted_and_p2_hourly(world: World) -> None:
    quiet = await world.declare("p4 A typo on the start page")
    hourly = await world.declare("p2 Search is slow")
    await world.pass_time(minutes=61)
    assert not prompts(world, quiet)
    assert len(prompts(world, hourly)) == 1


async def test_a_promised_time_counts_instead_of_the_rhythm(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "update next:2h Restoring from backup, hours of work", channel=channel)
    await world.pass_time(minutes=119)
    assert not prompts(world, channel)
    await world.pass_time(minutes=1)
    assert len(prompts(world, channel)) == 1


async def test_the_button_of_a_prompt_opens_the_form_prefilled(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "update status:identified Disk is full on two hosts", channel=channel)
    await world.pass_time(minutes=30)
    prompt = next(one for one in world.by_bot(channel) if ":alarm_clock:" in one.text)
    await world.workspace.click(user="ben", channel=channel, ts=prompt.ts, action_id="open_update")
    assert "Disk is full on two hosts" in str(world.view("ben"))
    answer = await world.submit("ben", text="Space is back", status="monitoring", next="45m")
    assert answer.ok
    update = (await world.record())["updates"][-1]
    assert (update["text"], update["status"], update["next_due_at"]) == (
        "Space is back",
        "monitoring",
        "2026-03-02T15:45:00Z",
    )


async def test_no_prompts_after_the_resolution(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "resolve Error rate is back to normal", channel=channel)
    await world.pass_time(hours=3)
    assert not prompts(world, channel)


async def test_a_changed_priority_changes_the_rhythm(world: World) -> None:
    channel = await world.declare("p3 Slow reports")
    await world.pass_time(minutes=10)
    await world.command("ana", "priority p1 Checkout is affected too", channel=channel)
    await world.pass_time(minutes=20)
    assert len(prompts(world, channel)) == 1, "P1: thirty minutes after the declaration"


async def test_a_prompt_survives_a_restart_and_missed_ones_collapse(database_url: str) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare()
    clock.jump(clock.time() + 4 * 3600)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        await world.settle()
        asked = prompts(world, channel)
        assert len(asked) == 1
        assert "3 h 30 min late" in asked[0]
        await world.pass_time(minutes=31)
        assert len(prompts(world, channel)) == 2


async def test_a_changed_priority_neither_forgives_lateness_nor_drops_a_promise(world: World) -> None:
    """A clock is not gamed by lowering the priority (process 17)."""
    channel = await world.declare()
    await world.pass_time(minutes=90)
    await world.command("ana", "priority p2 Fewer people than thought", channel=channel)
    await world.command("ana", "update Here we are", channel=channel)
    sent = (await world.record())["updates"][0]
    assert sent["was_due_at"] == "2026-03-02T15:00:00Z"
    promised = sent["next_due_at"]
    await world.command("ana", "priority p4 A workaround is known", channel=channel)
    await world.command("ana", "update Workaround sent to all", channel=channel)
    assert (await world.record())["updates"][1]["was_due_at"] == promised


async def test_whoever_took_the_command_meanwhile_is_asked_when_the_comms_lead_drops_out(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take comms", channel=channel)
    await world.command("ana", "take commander", channel=channel)
    await world.pass_time(minutes=31)
    await world.command("ben", "drop comms", channel=channel)
    await world.pass_time(minutes=5)
    assert f"<@{world.workspace.user('ana').id}>" in prompts(world, channel)[1]


async def test_a_silent_night_is_asked_wider_and_then_less_often(world: World) -> None:
    channel = await world.declare("p1 Checkout returns 503 since:14:00Z")
    await world.command("ben", "take comms", channel=channel)
    await world.command("chloe", "take commander", channel=channel)
    await world.command("dev", "take tech", channel=channel)
    await world.command("ben", "update We are looking", channel=channel)
    before = {who: len(world.to_person(who)) for who in ("ben", "chloe", "dev", "ana")}
    await world.pass_time(minutes=85)
    assert len(prompts(world, channel)) == 4, "15:00 and 15:30, each to ben and then to chloe"
    assert {who: len(world.to_person(who)) for who in before} == before
    assert len([one for one in world.by_bot("incidents") if one.is_reply]) == 1, "the update itself"

    await world.pass_time(minutes=10)  # 16:00, the third round
    assert len(prompts(world, channel)) == 4, "the channel was asked often enough"
    for who in ("ben", "chloe", "dev"):
        assert len(world.to_person(who)) == before[who] + 1
        assert "1 h late and nobody has answered" in world.to_person(who)[-1]
    assert len(world.to_person("ana")) == before["ana"]
    [_, overdue] = [one.text for one in world.by_bot("incidents") if one.is_reply]
    assert "INC-1's update is late: it was due" in overdue
    assert "still *investigating*" in overdue

    await world.pass_time(hours=24)
    asked = sorted({one["due_at"][5:16] for one in (await world.record())["prompts"]})
    assert asked == [
        "03-02T15:00",
        "03-02T15:30",
        "03-02T16:00",
        "03-02T17:00",  # doubled …
        "03-02T19:00",
        "03-02T23:00",  # … up to four hours
        "03-03T03:00",
        "03-03T07:00",
        "03-03T11:00",
        "03-03T15:00",
    ]
    assert len([one for one in world.by_bot("incidents") if one.is_reply]) == 2, "stakeholders are told once"
    assert len(world.to_person("dev")) == before["dev"] + 1, "and so is everybody"

    await world.command("ben", "update Still on it", channel=channel)
    await world.pass_time(minutes=66)
    assert len({one["due_at"] for one in (await world.record())["prompts"]}) == len(asked) + 2, "from the beginning"


async def test_a_private_message_of_a_prompt_opens_the_form(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take comms", channel=channel)
    await world.pass_time(minutes=95)
    ben = world.workspace.user("ben").id
    [room] = [one for one in world.workspace.channels.values() if one.is_im and ben in one.members]
    prompt = next(one for one in room.messages.values() if "nobody has answered" in one.text)
    await world.workspace.click(user="ben", channel=room.id, ts=prompt.ts, action_id="open_update")
    assert "Update on INC-1" in str(world.view("ben"))


async def leave_the_workspace(world: World, who: str) -> None:
    """The account is deactivated; Slack tells every app that can see the person."""
    await world.workspace.deactivate_user(user=who)
    await world.settle()


async def test_whose_account_is_deactivated_is_not_asked_and_the_commander_hears_of_it_once(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "take comms", channel=channel)
    await world.command("chloe", "take commander", channel=channel)
    await leave_the_workspace(world, "ben")
    told = [one.text for one in world.by_bot(channel) if "deactivated" in one.text]
    chloe = world.workspace.user("chloe").id
    assert told == [
        ":bust_in_silhouette: Ben Okafor's account was deactivated, so nobody is *comms lead* now. "
        f"<@{chloe}>, who takes over? `/incident take comms`"
    ]
    assert "take_role.comms_lead" in str(world.card(channel).blocks)
    await world.pass_time(minutes=31)
    assert [one["to"] for one in (await world.record())["prompts"]] == ["chloe"]
    [role] = [one for one in (await world.record())["roles"] if one["role"] == "comms_lead"]
    assert role["to"] == "2026-03-02T14:30:00Z"


async def test_who_left_the_workspace_while_the_bot_was_down_is_found_at_its_start(database_url: str) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        channel = await world.declare()
        await world.command("ben", "take commander", channel=channel)
    await workspace.deactivate_user(user="ben")
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        assert "account was deactivated" in world.by_bot(channel)[-1].text


async def test_an_update_is_answered_with_what_is_true_and_names_the_incident(world: World) -> None:
    channel = await world.declare()
    answer = await world.command("ana", "update Half of them are back", channel=channel)
    room = world.workspace.channel(channel).id
    assert f"INC-1's update is saved. Posting to <#{room}> and " in answer.text
    assert "Next update by 10:00 (in 30 min)." in answer.text, "New York, where ana is"


async def test_a_promise_beyond_the_longest_is_refused_with_the_limit(world: World) -> None:
    channel = await world.declare()
    for promise in ("52w", "520w", "9999-12-31", "25h"):
        answer = await world.command("ana", f"update next:{promise} Restoring", channel=channel)
        assert "INC-1 is P1, so the next update comes within a day. Try next:30m." in answer.text
    await world.command("ana", "update", channel=channel)
    refused = await world.submit("ana", text="Restoring", next="2d")
    assert "within a day" in refused.errors["next"]
    assert not (await world.record())["updates"]
    quiet = await world.declare("p4 A typo on the start page")
    assert "saved" in (await world.command("ana", "update next:6d Restoring", channel=quiet)).text
    assert "within 7 days" in (await world.command("ana", "update next:8d Restoring", channel=quiet)).text


async def test_a_far_promise_is_said_aloud_with_its_date_and_shortened_with_a_button(world: World) -> None:
    channel = await world.declare()
    answer = await world.command("ana", "update next:20h Restoring from backup", channel=channel)
    assert "Next update by Tue 05:30 (in 20 h), 40 times the usual 30 min." in answer.text
    answer = await world.press("ana", "Next update in 30 min")
    assert "INC-1: Next update by 10:00 (in 30 min)." in answer.text
    told = [one.text for where in (channel, "incidents") for one in world.by_bot(where) if "sooner" in one.text]
    assert len(told) == 2
    await world.pass_time(minutes=30)
    assert len(prompts(world, channel)) == 1


async def test_a_far_promise_by_form_is_said_aloud_as_well(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "update", channel=channel)
    assert (await world.submit("ana", text="Restoring", next="20h")).ok
    assert any("40 times the usual" in text for text in world.to_person("ana"))
    await world.press("ana", "Next update in 30 min")
    assert any("10:00" in text for text in world.to_person("ana"))


async def test_the_next_update_is_not_put_off_without_an_update(world: World) -> None:
    channel = await world.declare()
    answer = await world.command("ana", "update next:2h", channel=channel)
    assert "To put it off, post an update" in answer.text


async def test_a_late_update_is_not_made_good_by_another_promise(world: World) -> None:
    channel = await world.declare()
    await world.pass_time(minutes=40)
    answer = await world.command("ana", "update next:20m", channel=channel)
    assert "INC-1's update is 10 min late. Post one:" in answer.text


def test_what_is_said_to_wait_is_looked_for_where_it_waits() -> None:
    lanes = notifications.lanes(Incident(id=7))
    assert "files:7" in lanes, "the postmortem draft"


async def test_no_prompt_that_nobody_owes_any_more_comes_after_an_outage_of_slack(world: World) -> None:
    """They once came one after the other behind the resolution, and accused people of not having answered."""
    channel = await world.declare()
    await world.command("ana", "assign comms @ben", channel=channel)
    world.server.faults.set({"error": {"error": "internal_error", "method": "chat.postMessage"}})
    await world.pass_time(minutes=70)  # two rounds
    await world.command("ana", "resolve Graphs are back", channel=channel)
    await world.pass_time(minutes=2)
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    assert any("resolved" in one.text for one in world.by_bot(channel))
    assert prompts(world, channel) == []
    assert not [one for one in world.to_person("ben") if "Can you post it" in one]
