"""What goes out: within Slack's limits, the urgent first, and once."""

import asyncio
import time
from datetime import timedelta

import pytest

from bot.delivery.destination import Hold
from bot.sandbox.web.rate_limits import PER_MINUTE
from bot.sandbox.web.rate_limits import TIERS as WORKSPACE_TIERS
from bot.slack.outbound import limits
from bot.slack.outbound.limits import TIERS
from tests.world import World, shown


def refused_for_the_rate(world: World) -> list[str]:
    return [call.method for call in world.server.calls if call.answer.get("error") == "ratelimited"]


@pytest.mark.one_database
async def test_a_storm_of_declarations_stays_within_slacks_limits_and_the_p1_goes_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_minute = PER_MINUTE[WORKSPACE_TIERS["conversations.create"]] // 2
    monkeypatch.setitem(limits._PER_MINUTE, "tier 2", a_minute)  # half of Slack's, so that the storm lasts longer
    for number in range(21):
        assert (await world.command("ana", f"declare p4 Flaky test {number}", settle=False)).ok
    assert (await world.command("ben", "declare p1 Checkout is down", settle=False)).ok
    await world.settle()
    assert len(world.calls("conversations.create")) == a_minute
    assert not refused_for_the_rate(world)
    await world.pass_time(seconds=61)
    names = [call["name"] for call in world.calls("conversations.create")]
    assert len(names) == 2 * a_minute
    assert "inc-22-checkout-is-down" in names, "before the P4s that were declared before it"
    await world.pass_time(minutes=4)
    assert len(world.calls("conversations.create")) == 22
    for number in (1, 20, 21, 22):
        incident = (await world.record(number))["incident"]
        room = world.workspace.channel(incident["channel"])
        assert world.workspace.user(incident["reporter"]).id in room.members
        assert len(room.pins) == 1
    assert len([one for one in world.by_bot("incidents") if not one.is_reply]) == 22
    assert not refused_for_the_rate(world)


async def test_one_channels_pace_does_not_hold_up_another(world: World) -> None:
    busy, quiet = await world.declare("p1 Checkout is down"), await world.declare("p2 Logins are slow")
    for number in range(12):
        await world.command("ana", f"note Finding {number}", channel=busy, settle=False)
    await world.command("ben", "note One finding", channel=quiet, settle=False)
    await world.settle()
    assert any("One finding" in one.text for one in world.by_bot(quiet)), "at once"
    assert not any("Finding 11" in one.text for one in world.by_bot(busy)), "a message a second"
    await world.pass_time(seconds=15)
    found = [one.text for one in world.by_bot(busy) if "Finding" in one.text]
    assert [int(text.split("Finding ")[1].split()[0]) for text in found] == list(range(12)), "each once, in order"
    assert not refused_for_the_rate(world)


async def test_a_retry_after_holds_its_method_and_nothing_else(world: World) -> None:
    world.server.faults.set({"rate_limit": {"method": "conversations.create", "count": 1, "retry_after": 30}})
    assert (await world.command("ana", "declare p1 Checkout is down", settle=False)).ok
    await world.settle()
    assert (await world.command("ben", "declare p2 Logins are slow", settle=False)).ok
    await world.settle()
    assert len(world.calls("conversations.create")) == 1, "the second declaration does not run into the same limit"
    assert (await world.command("chloe", "list")).ok
    await world.pass_time(seconds=31)
    assert len(world.calls("conversations.create")) == 3


async def test_a_private_message_whose_answer_was_lost_is_not_repeated(world: World) -> None:
    channel = await world.declare()
    world.server.faults.set({"drop_after_accept": {"method": "chat.postMessage", "count": 10}})
    await world.command("ben", "take commander", channel=channel)
    await world.pass_time(minutes=2)
    assert len([text for text in world.to_person("ben") if "commander" in text.lower()]) == 1


async def test_a_draft_whose_upload_was_cut_off_is_not_put_up_twice_and_a_second_one_has_its_own_name(
    world: World,
) -> None:
    channel = await world.declare()
    world.server.faults.set({"drop_after_accept": {"method": "files.completeUploadExternal", "count": 1}})
    await world.command("ana", "resolve Orders flow again", channel=channel)
    await world.pass_time(minutes=1)
    assert sorted(one.name for one in world.workspace.files.values()) == ["postmortem-inc-1.md"]
    await world.command("ana", "reopen They do not", channel=channel)
    await world.command("ana", "resolve Now they do", channel=channel)
    names = sorted(one.name for one in world.workspace.files.values())
    assert names == ["postmortem-inc-1-draft-2.md", "postmortem-inc-1.md"]


def test_every_method_that_is_limited_is_known_with_slacks_own_tier() -> None:
    theirs = {"tier 2": "Tier2", "tier 3": "Tier3", "tier 4": "Tier4", "messages": "SpecialTier_chat_postMessage"}
    ours = {method: theirs[tier] for method, tier in TIERS.items() if method != "files.upload"}
    assert ours == {method: WORKSPACE_TIERS[method] for method in ours}
    assert TIERS["files.upload"] == "tier 4"
    assert WORKSPACE_TIERS["files.completeUploadExternal"] == WORKSPACE_TIERS["files.getUploadURLExternal"] == "Tier4"


async def test_a_clock_that_was_ahead_and_is_set_right_holds_nothing_up(world: World) -> None:
    """What had to wait for a second by the wrong clock once waited for as long as that had been ahead."""
    channel = await world.declare()
    right = type(world.bot.desk.clock).now
    world.server.faults.set({"rate_limit": {"method": "chat.postMessage", "count": 1, "retry_after": 1}})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(world.bot.desk.clock), "now", lambda clock: right(clock) + timedelta(minutes=31))
        await world.command("ana", "note Found by the wrong clock", channel=channel)
    await world.pass_time(seconds=2)
    assert any("by the wrong clock" in one.text for one in world.by_bot(channel))


async def test_what_was_promised_is_sent_when_there_is_a_good_token_again(world: World) -> None:
    """All of it was once given up at the first refusal, and nobody was told."""
    channel = await world.declare()
    world.server.faults.set({"error": {"error": "token_revoked"}})
    await world.command("ana", "update We know why", channel=channel)
    await world.pass_time(minutes=3)
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    assert len([one for one in world.by_bot(channel) if "We know why" in one.text]) == 1
    assert len([one for one in world.by_bot("incidents") if "We know why" in one.text and one.is_reply]) == 1


async def test_a_stop_does_not_stumble_over_what_has_just_been_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatcher = world.bot._dispatchers[0]
    sending = asyncio.create_task(asyncio.sleep(0))
    dispatcher._under_way[1] = sending
    sending.add_done_callback(lambda _: dispatcher._under_way.pop(1))

    async def renew() -> None:
        await sending

    monkeypatch.setattr(dispatcher, "_renew", renew)
    await dispatcher.drain()
    assert sending.done()


async def test_what_was_held_up_for_longer_than_its_lease_is_not_sent_beside_another(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine that is suspended between the claim and the call: another process may have sent it meanwhile."""
    channel = await world.declare()
    monkeypatch.setattr("bot.delivery.dispatcher._LEASE_SECONDS", 0.3)
    take, frozen = limits.RateLimits.take, list[str]()

    def freeze(self: limits.RateLimits, method: str, arguments: dict[str, str]) -> Hold | None:
        if method == "chat.postMessage" and not frozen:
            frozen.append(method)
            time.sleep(0.4)
        return take(self, method, arguments)

    monkeypatch.setattr(limits.RateLimits, "take", freeze)
    await world.command("ana", "note It was DNS", channel=channel)
    async with asyncio.timeout(20):
        while not (posted := [one for one in world.by_bot(channel) if "It was DNS" in one.text]):
            await world.settle()
    assert len(posted) == 1
    assert "is left to others" in caplog.text


@pytest.mark.one_database
async def test_what_waits_is_marked_on_the_card_until_it_is_posted(world: World) -> None:
    """“The update is sent” was said while nothing had left."""
    channel = await world.declare()
    world.server.faults.set({"error": {"method": "chat.postMessage", "status": 503}})
    answer = await world.command("ana", "update Half of them are back", channel=channel)
    assert "saved" in answer.text
    assert "Posting to" in answer.text
    await world.pass_time(seconds=50)
    assert "Not in Slack yet" not in shown(world.card(channel))
    status = (await world.command("ben", "status", channel=channel)).text
    assert "Not in Slack yet: a message in the channel, a message to stakeholders. Waiting for 50 s" in status
    await world.pass_time(seconds=11)
    assert "Not in Slack yet: a message in the channel, a message to stakeholders" in shown(world.card(channel))
    await world.pass_time(minutes=5)
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    assert any("Half of them are back" in one.text for one in world.by_bot(channel))
    assert "Not in Slack yet" not in shown(world.card(channel))
    assert "Not in Slack yet" not in (await world.command("ben", "status", channel=channel)).text


@pytest.mark.one_database
async def test_where_the_card_cannot_be_sent_either_status_tells_what_waits(world: World) -> None:
    channel = await world.declare()
    world.server.faults.set({"error": {"status": 503}})  # every method
    await world.command("ana", "update Half of them are back", channel=channel)
    await world.pass_time(minutes=3)
    assert "Not in Slack yet" in (await world.command("ben", "status", channel=channel)).text
    world.server.faults.set({})
    await world.pass_time(minutes=3)
    assert "Not in Slack yet" not in shown(world.card(channel))


async def test_what_is_sent_another_way_at_once_is_still_held_on_to(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was claimed again before its first sending had ended, and then counted as nobody's: it came twice."""
    monkeypatch.setattr("bot.delivery.dispatcher._LEASE_SECONDS", 0.3)
    monkeypatch.setattr("bot.delivery.dispatcher._ROUND_SECONDS", 0.1)
    world.server.faults.set(
        {
            "error": {"method": "response_url", "error": 404, "count": 1},
            "latency_ms": {"method": "chat.postMessage", "value": 1500},
        }
    )
    await world.command("ana", "list")
    await world.pass_time(minutes=1)
    assert len(world.to_person("ana")) == 1
