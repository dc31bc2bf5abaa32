"""What people do in the workspace, and what apps and onlookers see of it."""

from __future__ import annotations

import pytest

from bot.sandbox.state.activity import Happening
from bot.sandbox.state.model import WorkspaceError
from tests.sandbox.listening import START, Office


@pytest.fixture
def office() -> Office:
    """The app is in #general and has heard nothing yet."""
    office = Office()
    office.ok("conversations.join", channel=office.general.id)
    office.app.forget()
    return office


def watched(office: Office) -> list[Happening]:
    seen: list[Happening] = []
    office.space.watch(seen.append)
    return seen


# --- look-ups


def test_unknown_names_are_answered_with_the_known_ones() -> None:
    office = Office()
    with pytest.raises(WorkspaceError, match=r"unknown user 'bne'; there are: ana, ben, chloe, helper"):
        office.space.user("bne")
    with pytest.raises(WorkspaceError, match=r"unknown channel 'x'; there are: general"):
        office.space.channel("x")
    assert office.space.channel("#general") is office.space.channel(office.general.id) is office.general
    assert office.space.user("@ana") is office.space.user(office.id("ana"))


def test_ids_are_the_same_in_every_run_and_look_like_slacks() -> None:
    one, other = Office(), Office()
    assert list(one.space.users) == list(other.space.users)
    assert len(set(one.space.users)) == 4
    for ids, letter in ((one.space.users, "U"), (one.space.channels, "C")):
        assert all(each[0] == letter and len(each) == 10 and each.isalnum() and each.isupper() for each in ids)


async def test_ts_is_the_workspaces_time_and_never_the_same_twice(office: Office) -> None:
    stamps = [await office.space.post_message(user="ana", channel="general", text=str(n)) for n in range(3)]
    assert len(set(stamps)) == 3
    assert stamps == sorted(stamps)
    assert [int(float(ts)) for ts in stamps] == [int(START)] * 3
    office.clock.jump(START + 0.5)
    assert await office.space.post_message(user="ana", channel="general", text="x") == f"{START + 0.5:.6f}"


# --- messages


async def test_a_persons_message_reaches_the_apps_of_the_channel(office: Office) -> None:
    seen = watched(office)
    ts = await office.space.post_message(user="ana", channel="general", text=office.space.mention("hi @ben & co"))
    event = office.app.last("message")
    text = f"hi <@{office.id('ben')}> &amp; co"
    assert event["text"] == seen[-1].text == text
    assert (event["user"], event["ts"], event["event_ts"]) == (office.id("ana"), ts, ts)
    assert (event["channel"], event["channel_type"]) == (office.general.id, "channel")
    section = event["blocks"][0]["elements"][0]["elements"]
    assert section == [
        {"type": "text", "text": "hi "},
        {"type": "user", "user_id": office.id("ben")},
        {"type": "text", "text": " & co"},
    ]
    assert (seen[-1].kind, seen[-1].at, seen[-1].blocks) == ("message", START, ())


async def test_who_is_not_in_a_public_channel_joins_before_speaking(office: Office) -> None:
    office.space.add_channel("incidents", members=["ana", "helper"])
    seen = watched(office)
    await office.space.post_message(user="ben", channel="incidents", text="hello")
    assert [one.kind for one in seen] == ["join", "message"]
    assert office.app.types()[-3:] == ["member_joined_channel", "message/channel_join", "message"]


async def test_private_channels_are_for_members(office: Office) -> None:
    secret = office.space.add_channel("secret", is_private=True, members=["ana"])
    ts = await office.space.post_message(user="ana", channel="secret", text="psst")
    assert office.app.events_heard() == []
    assert office.space.visible_to(secret.messages[ts]) == ["ana"]
    with pytest.raises(WorkspaceError, match="ben is not in the private channel secret"):
        await office.space.post_message(user="ben", channel="secret", text="?")
    await office.space.join_channel(user="ben", channel="secret")
    join = list(secret.messages.values())[-1]
    assert (join.subtype, join.extra) == ("channel_join", {"inviter": office.id("ana")})
    assert office.space.visible_to(secret.messages[ts]) == ["ana", "ben"]


async def test_everybody_sees_what_is_said_in_public(office: Office) -> None:
    quiet = office.space.add_channel("quiet", members=["ana"])
    ts = await office.space.post_message(user="ana", channel="quiet", text="x")
    assert office.space.visible_to(quiet.messages[ts]) == ["ana", "ben", "chloe", "helper"]


async def test_an_edit_shows_both_versions(office: Office) -> None:
    ts = await office.space.post_message(user="ana", channel="general", text="three")
    office.clock.jump(START + 60)
    await office.space.edit_message(user="ana", channel="general", ts=ts, text="five")
    event = office.app.last("message/message_changed")
    assert (event["message"]["text"], event["previous_message"]["text"]) == ("five", "three")
    assert event["message"]["ts"] == ts != event["ts"] == event["event_ts"]
    assert event["message"]["edited"] == {"user": office.id("ana"), "ts": event["ts"]}
    assert "edited" not in event["previous_message"]
    assert event["hidden"] is True
    assert [one.text for one in office.general.messages[ts].versions] == ["three"]
    with pytest.raises(WorkspaceError, match="ben can only edit their own messages"):
        await office.space.edit_message(user="ben", channel="general", ts=ts, text="mine")


async def test_a_deleted_message_is_gone_for_apps_and_kept_for_the_record(office: Office) -> None:
    ts = await office.space.post_message(user="ana", channel="general", text="wrong")
    await office.space.pin_message(user="ben", channel="general", ts=ts)
    with pytest.raises(WorkspaceError, match="ben can only delete their own messages"):
        await office.space.delete_message(user="ben", channel="general", ts=ts)
    await office.space.delete_message(user="ana", channel="general", ts=ts)
    event = office.app.last("message/message_deleted")
    assert (event["deleted_ts"], event["previous_message"]["text"]) == (ts, "wrong")
    assert "user" not in event
    assert office.general.messages[ts].deleted
    assert office.general.pins == []
    assert ts not in [m["ts"] for m in office.ok("conversations.history", channel=office.general.id)["messages"]]
    with pytest.raises(WorkspaceError, match="there is no message"):
        await office.space.add_reaction(user="ana", channel="general", ts=ts, name="eyes")


async def test_a_deleted_parent_with_replies_leaves_a_tombstone(office: Office) -> None:
    ts = await office.space.post_message(user="ana", channel="general", text="parent")
    reply = await office.space.post_message(user="ben", channel="general", text="reply", thread_ts=ts)
    await office.space.delete_message(user="ana", channel="general", ts=ts)
    event = office.app.last("message/message_changed")
    assert event["message"]["subtype"] == "tombstone"
    assert (event["message"]["text"], event["message"]["user"]) == ("This message was deleted.", "USLACKBOT")
    assert event["previous_message"]["text"] == "parent"
    thread = office.ok("conversations.replies", channel=office.general.id, ts=ts)["messages"]
    assert [m["text"] for m in thread] == ["This message was deleted.", "reply"]
    assert thread[1]["parent_user_id"] == "USLACKBOT"
    await office.space.post_message(user="ben", channel="general", text="more", thread_ts=reply)


async def test_threads_are_counted(office: Office) -> None:
    ts = await office.space.post_message(user="ana", channel="general", text="parent")
    first = await office.space.post_message(user="ben", channel="general", text="1", thread_ts=ts)
    second = await office.space.post_message(user="chloe", channel="general", text="2", thread_ts=first)
    event = office.app.last("message")
    assert (event["thread_ts"], event["parent_user_id"]) == (ts, office.id("ana"))  # a reply's ts means its parent

    def counted() -> tuple[int, object, object]:
        shape = office.ok("conversations.history", channel=office.general.id)["messages"][0]
        return shape.get("reply_count", 0), shape.get("reply_users"), shape.get("latest_reply")

    assert counted() == (2, [office.id("ben"), office.id("chloe")], second)
    await office.space.delete_message(user="chloe", channel="general", ts=second)
    assert counted() == (1, [office.id("ben")], first)
    await office.space.delete_message(user="ben", channel="general", ts=first)
    assert counted() == (0, None, None)


async def test_reactions(office: Office) -> None:
    ts = await office.space.post_message(user="ana", channel="general", text="x")
    await office.space.add_reaction(user="ben", channel="general", ts=ts, name=":eyes:")
    event = office.app.last("reaction_added")
    assert (event["user"], event["reaction"], event["item_user"]) == (office.id("ben"), "eyes", office.id("ana"))
    assert event["item"] == {"type": "message", "channel": office.general.id, "ts": ts}
    with pytest.raises(WorkspaceError, match="already reacted"):
        await office.space.add_reaction(user="ben", channel="general", ts=ts, name="eyes")
    await office.space.remove_reaction(user="ben", channel="general", ts=ts, name="eyes")
    assert office.app.types()[-1] == "reaction_removed"
    with pytest.raises(WorkspaceError, match="has no :eyes:"):
        await office.space.remove_reaction(user="ben", channel="general", ts=ts, name="eyes")


async def test_pins(office: Office) -> None:
    ts = await office.space.post_message(user="ana", channel="general", text="x")
    await office.space.pin_message(user="ben", channel="general", ts=ts)
    event = office.app.last("pin_added")
    assert (event["item"]["message"]["ts"], event["pin_count"], event["user"]) == (ts, 1, office.id("ben"))
    with pytest.raises(WorkspaceError, match="already pinned"):
        await office.space.pin_message(user="ana", channel="general", ts=ts)
    await office.space.unpin_message(user="ana", channel="general", ts=ts)
    event = office.app.last("pin_removed")
    assert event["has_pins"] is False
    assert (event["user"], event["item"]["created_by"]) == (office.id("ana"), office.id("ben"))


async def test_files(office: Office) -> None:
    seen = watched(office)
    ts = await office.space.upload_file(user="ana", channel="general", name="replication.txt", text="lag 41 min")
    event = office.app.last("message/file_share")
    file = event["files"][0]
    assert (event["ts"], file["name"], file["size"], file["mimetype"]) == (ts, "replication.txt", 10, "text/plain")
    assert office.app.last("file_shared")["file_id"] == file["id"]
    info = office.ok("files.info", file=file["id"])
    assert info["content"] == "lag 41 min"
    assert info["file"]["channels"] == [office.general.id]
    assert (seen[-1].kind, seen[-1].detail["name"]) == ("file", "replication.txt")
    await office.space.delete_message(user="ana", channel="general", ts=ts)
    assert office.error("files.info", file=file["id"]) == "not_visible"  # shared with nobody any more


# --- channels and people


async def test_leaving_and_joining(office: Office) -> None:
    await office.space.leave_channel(user="ben", channel="general")
    assert office.app.types() == ["member_left_channel", "message/channel_leave"]
    with pytest.raises(WorkspaceError, match="ben is not in general"):
        await office.space.leave_channel(user="ben", channel="general")
    await office.space.join_channel(user="ben", channel="general")
    await office.space.join_channel(user="ben", channel="general")  # nothing happens to a member
    assert office.app.types()[2:] == ["member_joined_channel", "message/channel_join"]
    assert office.app.last("member_joined_channel")["channel_type"] == "C"


async def test_nobody_can_speak_in_an_archived_channel(office: Office) -> None:
    room = office.channel("room")
    office.ok("conversations.archive", channel=room)
    with pytest.raises(WorkspaceError, match="room is archived"):
        await office.space.join_channel(user="ana", channel="room")
    with pytest.raises(WorkspaceError, match="room is archived"):
        await office.space.post_message(user="ana", channel="room", text="x")


async def test_a_deactivated_person_can_do_nothing_more(office: Office) -> None:
    await office.space.deactivate_user(user="ben")
    event = office.app.last("user_change")
    assert (event["user"]["id"], event["user"]["deleted"]) == (office.id("ben"), True)
    assert "tz" not in event["user"]
    with pytest.raises(WorkspaceError, match="ben has been deactivated"):
        await office.space.post_message(user="ben", channel="general", text="x")
    assert office.id("ben") not in office.ok("conversations.members", channel=office.general.id)["members"]


def test_summer_time_counts() -> None:
    office = Office()
    assert office.ok("users.info", user=office.id("ana"))["user"]["tz_label"] == "Eastern Daylight Time"
    office.clock.jump(START + 30 * 86400)
    user = office.ok("users.info", user=office.id("ana"))["user"]
    assert (user["tz"], user["tz_label"], user["tz_offset"]) == ("America/New_York", "Eastern Standard Time", -18000)


def test_the_newest_channel_of_an_app_is_no_direct_message() -> None:
    office = Office()
    assert office.space.latest_app_channel() is None
    room = office.channel("inc-1")
    office.ok("conversations.open", users=office.id("ana"))
    office.space.add_channel("chat", members=["ana"])
    latest = office.space.latest_app_channel()
    assert latest is not None
    assert latest.id == room


def test_names_are_taken_once() -> None:
    office = Office()
    with pytest.raises(WorkspaceError, match="already a channel 'general'"):
        office.space.add_channel("general")
    with pytest.raises(WorkspaceError, match="already a user 'ana'"):
        office.space.add_user("ana", real_name="Ana Two")


# --- onlookers


async def test_an_onlooker_can_stop_watching(office: Office) -> None:
    seen: list[Happening] = []
    stop = office.space.watch(seen.append)
    await office.space.post_message(user="ana", channel="general", text="x")
    stop()
    stop()
    await office.space.post_message(user="ana", channel="general", text="y")
    assert [one.text for one in seen] == ["x"]


async def test_what_only_one_person_sees(office: Office) -> None:
    seen, shown = watched(office), []
    office.space.on_shown.append(lambda user, what: shown.append((user, what["text"], what["response_type"])))
    office.ok("chat.postEphemeral", channel=office.general.id, user=office.id("ana"), text="psst")
    assert shown == [(office.id("ana"), "psst", "ephemeral")]
    assert (seen[-1].kind, seen[-1].user, seen[-1].detail["to"]) == (
        "answer",
        office.app.bot_user_id,
        office.id("ana"),
    )
    assert office.space.ephemerals == [seen[-1]]
    assert office.app.events_heard() == []  # apps are not told
    assert office.ok("conversations.history", channel=office.general.id)["messages"][0]["text"] != "psst"


async def test_every_doing_is_seen(office: Office) -> None:
    seen = watched(office)
    space = office.space
    ts = await space.post_message(user="ana", channel="general", text="x")
    await space.post_message(user="ana", channel="general", text="y", thread_ts=ts)
    await space.edit_message(user="ana", channel="general", ts=ts, text="z")
    await space.add_reaction(user="ana", channel="general", ts=ts, name="eyes")
    await space.remove_reaction(user="ana", channel="general", ts=ts, name="eyes")
    await space.pin_message(user="ana", channel="general", ts=ts)
    await space.unpin_message(user="ana", channel="general", ts=ts)
    await space.delete_message(user="ana", channel="general", ts=ts)
    room = office.channel("room")
    office.ok("conversations.setTopic", channel=room, topic="P1")
    office.ok("conversations.archive", channel=room)
    await space.leave_channel(user="ana", channel="general")
    assert [one.kind for one in seen] == [
        *("message", "message", "edit", "reaction", "reaction_removed", "pin", "unpin", "delete"),
        *("channel_created", "join", "topic", "archive", "leave"),
    ]
    assert (seen[1].thread_ts, seen[0].thread_ts) == (ts, None)
    assert seen[2].detail["old_text"] == "x"


async def test_people_rename_close_and_open_channels(office: Office) -> None:
    room = office.channel("room")
    await office.space.rename_channel(user="ana", channel="room", name="room-2")
    assert office.app.last("channel_rename")["channel"]["name"] == "room-2"
    with pytest.raises(WorkspaceError, match="cannot be called 'Room 3': invalid_name_specials"):
        await office.space.rename_channel(user="ana", channel=room, name="Room 3")
    await office.space.archive_channel(user="ana", channel=room)
    assert office.app.last("channel_archive")["user"] == office.id("ana")
    await office.space.unarchive_channel(user="ana", channel=room)
    assert not office.space.channel(room).is_archived
    with pytest.raises(WorkspaceError, match="room-2 is not archived"):
        await office.space.unarchive_channel(user="ana", channel=room)


async def test_a_channel_that_is_made_private_is_seen_by_its_members_only(office: Office) -> None:
    room = office.channel("room")
    ts = await office.space.post_message(user="ana", channel=room, text="for us")
    assert "chloe" in office.space.visible_to(office.space.message(room, ts))
    await office.space.make_private(user="ana", channel=room)
    assert office.app.last("message/channel_convert_to_private")["channel_type"] == "group"
    assert office.space.visible_to(office.space.message(room, ts)) == ["helper", "ana"]
    with pytest.raises(WorkspaceError, match="room is private already"):
        await office.space.make_private(user="ana", channel=room)
