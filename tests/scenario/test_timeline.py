"""What is said in the channel is on record; marks make it a key event."""

import json
import re
from itertools import permutations
from typing import Any

import pytest

from bot.slack.inbound.events import apply
from bot.slack.inbound.slack_event import SlackEvent
from tests.world import World

pytestmark = pytest.mark.one_database


def message(record: dict[str, Any], ts: str) -> dict[str, Any]:
    found = [one for one in record["messages"] if one["ts"] == ts]
    assert len(found) == 1, f"{ts} is on record once"
    return found[0]  # type: ignore[no-any-return]


async def test_every_message_is_on_record_with_thread_edits_files_and_deletion(world: World) -> None:
    channel = await world.declare()
    first = await world.say("ben", channel, "Errors since 14:20 & rising, cc @chloe")
    reply = await world.say("chloe", channel, "Same here", thread_ts=first)
    await world.pass_time(minutes=1)
    await world.workspace.edit_message(user="ben", channel=channel, ts=first, text="Errors since 14:21")
    gone = await world.say("dev", channel, "wrong channel, sorry")
    await world.workspace.delete_message(user="dev", channel=channel, ts=gone)
    file = await world.workspace.upload_file(user="emi", channel=channel, name="lag.txt", text="41 min")
    await world.settle()

    record = await world.record()
    edited = message(record, first)
    assert edited["text"] == "Errors since 14:21"
    assert [version["text"] for version in edited["versions"]] == [
        "Errors since 14:20 & rising, cc @chloe",
        "Errors since 14:21",
    ]
    assert message(record, reply)["thread_ts"] == first
    assert message(record, gone)["deleted_at"] is not None
    assert message(record, gone)["text"] == "wrong channel, sorry", "what was deleted stays on record"
    assert [one["name"] for one in message(record, file)["files"]] == ["lag.txt"]


async def test_the_pushpin_makes_a_key_event_once_at_the_messages_own_time(world: World) -> None:
    channel = await world.declare()
    ts = await world.say("ben", channel, "Failover started")
    said_at = world.now
    await world.pass_time(minutes=10)
    for who in ("ana", "chloe"):
        await world.workspace.add_reaction(user=who, channel=channel, ts=ts, name="pushpin")
    await world.workspace.pin_message(user="dev", channel=channel, ts=ts)
    await world.settle()
    marked = [item for item in (await world.record())["timeline"] if item["message_ts"] == ts]
    assert [(item["at"], item["person"]) for item in marked] == [(f"{said_at:%Y-%m-%dT%H:%M:%SZ}", "ben")]


async def test_a_thread_reply_can_be_marked_and_removing_the_last_mark_removes_it(world: World) -> None:
    channel = await world.declare()
    parent = await world.say("ben", channel, "Theories?")
    reply = await world.say("chloe", channel, "The certificate ran out", thread_ts=parent)
    for who in ("ana", "dev"):
        await world.workspace.add_reaction(user=who, channel=channel, ts=reply, name="pushpin")
    await world.settle()
    assert message(await world.record(), reply)["key_event"]
    await world.pass_time(seconds=5)
    await world.workspace.remove_reaction(user="ana", channel=channel, ts=reply, name="pushpin")
    await world.settle()
    assert message(await world.record(), reply)["key_event"], "dev's mark is still there"
    await world.workspace.remove_reaction(user="dev", channel=channel, ts=reply, name="pushpin")
    await world.settle()
    assert not message(await world.record(), reply)["key_event"]


async def test_a_note_is_a_key_event_and_may_lie_in_the_past(world: World) -> None:
    channel = await world.declare()
    await world.command("ben", "note at:09:05 Paged the network team <!channel>", channel=channel)
    note = next(item for item in (await world.record())["timeline"] if item["kind"] == "note")
    assert (note["at"], note["person"]) == ("2026-03-02T09:05:00Z", "ben")
    posted = next(one.text for one in world.by_bot(channel) if "added a note for" in one.text)
    assert "<!channel>" not in posted


async def test_the_timeline_links_to_the_messages(world: World) -> None:
    channel = await world.declare()
    ts = await world.say("ben", channel, "Failover started")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.settle()
    text = (await world.command("ana", "timeline", channel=channel)).text
    assert f"p{ts.replace('.', '')}" in text
    assert "Failover started" in text


async def test_what_is_said_elsewhere_is_not_recorded(world: World) -> None:
    await world.declare()
    await world.say("ben", "general", "Lunch?")
    assert all(one["text"] != "Lunch?" for one in (await world.record())["messages"])


async def test_the_same_event_twice_is_recorded_once(world: World) -> None:
    channel = await world.declare()
    world.server.faults.set({"duplicate_events": True})
    ts = await world.say("ben", channel, "Only once")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.settle()
    record = await world.record()
    message(record, ts)
    assert len([item for item in record["timeline"] if item["message_ts"] == ts]) == 1


async def test_what_is_said_before_the_bot_knows_the_channels_id_is_recorded(world: World) -> None:
    """Slack made the channel, the answer was lost, and somebody quick joined: the event waits for the id."""
    world.server.faults.set({"drop_after_accept": {"method": "conversations.create", "count": 1}})
    await world.workspace.run_command(
        user="ana", channel="general", command="/incident", text="declare p1 Checkout returns 503", wait=0.05
    )
    await world.settle()
    ts = await world.workspace.post_message(user="ben", channel="inc-1-checkout-returns-503", text="I saw it first")
    await world.settle()
    await world.pass_time(seconds=10)
    assert message(await world.record(), ts)["text"] == "I saw it first"
    assert len([one for one in world.workspace.channels.values() if one.name.startswith("inc-1")]) == 1


async def test_every_version_is_kept_in_whatever_order_its_events_come(world: World) -> None:
    """What an edit or a deletion replaced was once kept as the first version, whichever it had been."""
    channel = await world.declare()
    room = world.workspace.channel(channel).id
    ana = world.workspace.user("ana").id
    first = {"type": "message", "user": ana, "text": "I call the carrier", "ts": "1772461900.000100"}
    second = first | {"text": "Rolled back", "edited": {"user": ana, "ts": "1772461910.000000"}}
    third = first | {"text": "Rolled forward", "edited": {"user": ana, "ts": "1772461920.000000"}}
    changed = {"type": "message", "subtype": "message_changed", "channel": room}
    events = [
        first | {"channel": room},
        changed | {"ts": "1772461910.000200", "message": second, "previous_message": first},
        changed | {"ts": "1772461920.000200", "message": third, "previous_message": second},
        {
            "type": "message",
            "subtype": "message_deleted",
            "channel": room,
            "ts": "1772461930.000200",
            "deleted_ts": first["ts"],
            "previous_message": third,
        },
    ]
    for number, order in enumerate(permutations(events)):
        ts = f"17724618{number:02}.000100"
        moved = json.loads(json.dumps(order).replace(str(first["ts"]), ts))
        async with world.bot.desk.work() as uow:
            await apply(uow, [SlackEvent(event=event, at=uow.now) for event in moved])
        [message] = [one for one in (await world.record())["messages"] if one["ts"] == ts]
        assert [version["text"] for version in message["versions"]] == [
            "I call the carrier",
            "Rolled back",
            "Rolled forward",
        ]
        assert message["text"] == "Rolled forward"
        assert message["deleted_at"]


@pytest.mark.parametrize("text", ["DNS", ""])
async def test_a_deletion_tells_all_that_is_known_of_a_message_nobody_heard(world: World, text: str) -> None:
    channel = await world.declare()
    parent = await world.say("ben", channel, "Theories?")
    ts = "1772461900.000100"
    said = {
        "type": "message",
        "user": world.workspace.user("ana").id,
        "text": text,
        "ts": ts,
        "thread_ts": parent,
        "files": [{"id": "F1", "name": "dig.txt"}],
    }
    deleted = {
        "type": "message",
        "subtype": "message_deleted",
        "channel": world.workspace.channel(channel).id,
        "ts": "1772461930.000200",
        "deleted_ts": ts,
        "previous_message": said,
    }
    async with world.bot.desk.work() as uow:
        await apply(uow, [SlackEvent(event=deleted, at=uow.now)])
    found = message(await world.record(), ts)
    assert (found["person"], found["text"], found["thread_ts"]) == ("ana", text, parent)
    assert [file["name"] for file in found["files"]] == ["dig.txt"]
    assert found["deleted_at"]


async def test_a_pin_that_was_taken_away_is_no_mark_in_whatever_order_its_events_come(world: World) -> None:
    channel = await world.declare()
    room = world.workspace.channel(channel).id
    ana, ben = world.workspace.user("ana").id, world.workspace.user("ben").id
    for number, order in enumerate(permutations(("said", "pinned", "unpinned"))):
        ts = f"17724618{number:02}.000100"
        said = {"type": "message", "user": ana, "text": "Rolled back", "ts": ts}
        item = {"type": "message", "channel": room, "created_by": ana, "message": said}
        pin = {"channel_id": room, "item": item}
        events: dict[str, dict[str, Any]] = {
            "said": said | {"channel": room},
            "pinned": pin | {"type": "pin_added", "user": ana, "event_ts": "1772461910.000000"},
            "unpinned": pin | {"type": "pin_removed", "user": ben, "event_ts": "1772461920.000000"},
        }
        async with world.bot.desk.work() as uow:
            await apply(uow, [SlackEvent(event=events[one], at=uow.now) for one in order])
        assert not message(await world.record(), ts)["key_event"], order


async def test_an_invented_crowd_keeps_slack_from_nothing(world: World) -> None:
    """3,100 mentions in one message once queued 3,100 calls, and commands waited for a minute behind them."""
    channel = await world.declare()
    dev = world.workspace.user("dev").id
    crowd = " ".join(f"<@U{number:07}>" for number in range(3100))
    await world.workspace.post_message(user="chloe", channel=channel, text=crowd)
    await world.workspace.post_message(user="chloe", channel=channel, text=f"Who is on it? <@{dev}>")
    await world.workspace.post_message(user="emi", channel=channel, text="I am")
    await world.settle()
    asked = [call["user"] for call in world.calls("users.info")]
    assert len([one for one in asked if one.startswith("U00")]) <= 20
    assert dev in asked
    assert len((await world.record())["messages"]) == 3


async def test_a_long_timeline_ends_with_the_newest_and_pages_back_to_the_first(world: World) -> None:
    """It once said “the newest 30” and showed the oldest of them, cut at 3,900 characters."""
    channel = await world.declare()
    for number in range(26):
        await world.command("ana", f"note step {number:02} {'& more ' * 30}", channel=channel, settle=False)
        await world.pass_time(seconds=1)
    shown = [(await world.command("ana", "timeline", channel=channel)).text]
    assert "step 25" in shown[0].splitlines()[-1]
    while any("earlier" in label for label in world.buttons("ana")):
        label = next(one for one in world.buttons("ana") if "earlier" in one)
        assert f"_{label}_" in shown[-1]
        shown.append((await world.press("ana", label)).text)
    assert all(len(text) <= 3900 for text in shown)
    assert "Declared as P1" in shown[-1]
    steps = re.findall(r"step (\d\d)", "\n".join(reversed(shown)))
    assert steps == [f"{number:02}" for number in range(26)], "each once, in order"
    newer = (await world.press("ana", next(one for one in world.buttons("ana") if "newer" in one))).text
    assert newer == shown[-2]


async def test_a_page_that_is_not_there_is_refused(world: World) -> None:
    channel = await world.declare()
    answer = await world.command("ana", "timeline page:7", channel=channel)
    assert "INC-1's timeline has 1 page;" in answer.text
