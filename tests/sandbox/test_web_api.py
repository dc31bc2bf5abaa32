"""What the Web API does and refuses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.state.channel_names import name_problem
from bot.sandbox.state.model import WorkspaceError
from bot.sandbox.state.scopes import ALL_SCOPES
from bot.sandbox.web.api import METHODS, receive_upload
from tests.sandbox.listening import START, Office

# Part B's families: they have tests of their own.
NOT_HERE = {"views.open", "views.push", "views.update", "views.publish", "apps.connections.open"}


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def room(office: Office) -> str:
    """A channel of the app's own, with ana in it."""
    channel = office.channel("room")
    office.ok("conversations.invite", channel=channel, users=office.id("ana"))
    return channel


def post(office: Office, channel: str, **args: Any) -> str:
    return str(office.ok("chat.postMessage", channel=channel, **({"text": "x"} | args))["ts"])


def texts(answer: dict[str, Any]) -> list[str]:
    return [message["text"] for message in answer["messages"] if "subtype" not in message]


# --- every method


def test_unknown_methods(office: Office) -> None:
    assert office.error("chat.scheduleMessage") == "unknown_method"


def test_arguments_may_come_as_strings(office: Office, room: str) -> None:
    office.ok("conversations.info", channel=room, include_num_members="true")
    assert "num_members" not in office.ok("conversations.info", channel=room, include_num_members="0")["channel"]
    blocks = json.dumps([{"type": "divider"}])
    metadata = json.dumps({"event_type": "a", "event_payload": {"n": 1}})
    ts = post(office, room, blocks=blocks, metadata=metadata, unknown_argument="is ignored")
    assert office.space.message(room, ts).metadata == {"event_type": "a", "event_payload": {"n": 1}}
    assert len(office.ok("conversations.history", channel=room, limit="1")["messages"]) == 1


def test_arguments_of_the_wrong_kind(office: Office, room: str) -> None:
    assert office.error("users.info") == "invalid_arguments"
    messages = office.call("users.info")["response_metadata"]["messages"]
    assert messages == ["[ERROR] missing required field: user"]
    assert office.error("conversations.history", channel=room, limit="many") == "invalid_arguments"
    assert office.error("conversations.info", channel=room, include_num_members="perhaps") == "invalid_arguments"
    assert office.error("conversations.info", channel={"id": room}) == "invalid_arguments"


def test_a_missing_scope_is_named() -> None:
    office = Office(scopes=ALL_SCOPES - {"pins:write"})
    answer = office.call("pins.add", channel="C1")
    assert (answer["error"], answer["needed"]) == ("missing_scope", "pins:write")
    assert "chat:write" in answer["provided"].split(",")


def test_private_channels_have_scopes_of_their_own() -> None:
    office = Office(scopes={"channels:manage", "channels:read", "channels:history"})
    room = office.channel("room")
    assert office.error("conversations.create", name="secret", is_private=True) == "missing_scope"
    assert office.call("conversations.list", types="private_channel")["needed"] == "groups:read"
    secret = office.space.add_channel("secret", is_private=True, members=["ana", "helper"])
    assert office.call("conversations.history", channel=secret.id)["needed"] == "groups:history"
    office.ok("conversations.history", channel=room)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["ROOM", "ANA", "TS", "general", "0", "[]", "[1]", "{}", '[{"id": 1}]', '[{"type": []}]']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_NAMES = (
    "channel channel_id user users ts timestamp thread_ts message_ts name text blocks attachments metadata view limit "
    "cursor oldest latest types topic title type link bookmark_id files file filename length usergroup email bot force"
)
_ARGS = st.dictionaries(st.sampled_from(_NAMES.split()), _VALUES, max_size=8)


@given(st.sampled_from(sorted(METHODS.keys() - NOT_HERE)), _ARGS)
def test_any_arguments_get_an_answer(method: str, args: dict[str, Any]) -> None:
    office = Office()
    office.ok("conversations.join", channel=office.general.id)
    meant = {"ROOM": office.general.id, "ANA": office.id("ana"), "TS": post(office, office.general.id)}
    args = {key: meant.get(value, value) if isinstance(value, str) else value for key, value in args.items()}
    answer = office.call(method, **args)
    assert answer["ok"] is True or answer.get("error") or answer.get("not_in_channel")
    json.dumps(answer)


# --- channels


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name_required"),
        ("x" * 81, "invalid_name_maxlength"),
        ("Room", "invalid_name_specials"),
        ("a room", "invalid_name_specials"),
        ("déploiement", "invalid_name_specials"),
        ("a.b", "invalid_name_specials"),
        ("-_-", "invalid_name_punctuation"),
        ("here", "invalid_name"),
        ("general", "name_taken"),
        ("closed", "name_taken"),  # archived, and keeps its name
    ],
)
def test_names_that_a_channel_cannot_have(office: Office, name: str, error: str) -> None:
    office.ok("conversations.archive", channel=office.channel("closed"))
    assert office.error("conversations.create", name=name) == error


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=100) | st.from_regex(r"[a-z0-9_-]{1,85}", fullmatch=True)
)
def test_a_channel_name_is_short_lowercase_and_says_something(name: str) -> None:
    good = re.fullmatch(r"[a-z0-9_-]{1,80}", name) is not None and re.search(r"[a-z0-9]", name) is not None
    problem = name_problem(Office().space, name)
    assert good == (problem in (None, "name_taken", "invalid_name"))


def test_a_new_channel_has_its_app_in_it(office: Office) -> None:
    channel = office.ok("conversations.create", name="inc-1")["channel"]
    assert (channel["creator"], channel["is_member"], channel["is_private"]) == (office.app.bot_user_id, True, False)
    assert office.app.types() == ["channel_created", "member_joined_channel", "message/channel_join"]
    office.app.forget()
    secret = office.ok("conversations.create", name="inc-2", is_private="true")["channel"]
    assert secret["is_private"]
    assert "channel_created" not in office.app.types()
    assert office.app.last("member_joined_channel")["channel_type"] == "G"


def test_invitations_are_for_all_or_nobody(office: Office) -> None:
    room = office.channel()
    answer = office.call("conversations.invite", channel=room, users=f"{office.id('ana')},U0,{office.app.bot_user_id}")
    assert answer["error"] == "user_not_found"
    assert [(one["user"], one["error"]) for one in answer["errors"]] == [
        ("U0", "user_not_found"),
        (office.app.bot_user_id, "cant_invite_self"),
    ]
    assert office.space.channel(room).members == [office.app.bot_user_id]


async def test_force_invites_those_whom_it_can(office: Office) -> None:
    room = office.channel()
    await office.space.deactivate_user(user="ben")
    office.ok("conversations.invite", channel=room, users=office.id("chloe"))
    users = ",".join(office.id(one) for one in ("ana", "ben", "chloe"))
    answer = office.ok("conversations.invite", channel=room, users=users, force=True)
    assert {one["user"]: one["error"] for one in answer["errors"]} == {
        office.id("ben"): "cant_invite",
        office.id("chloe"): "already_in_channel",
    }
    assert office.id("ana") in office.space.channel(room).members
    assert office.app.last("member_joined_channel")["inviter"] == office.app.bot_user_id
    assert office.error("conversations.invite", channel=room, users="U0", force=True) == "user_not_found"


def test_refused_invitations(office: Office, room: str) -> None:
    ana = office.id("ana")
    assert office.error("conversations.invite", channel=room, users="") == "no_user"
    assert office.error("conversations.invite", channel=room, users=ana) == "already_in_channel"
    assert office.error("conversations.invite", channel=office.general.id, users=ana) == "not_in_channel"
    assert office.error("conversations.invite", channel="C0", users=ana) == "channel_not_found"
    office.ok("conversations.archive", channel=room)
    assert office.error("conversations.invite", channel=room, users=office.id("ben")) == "is_archived"


def test_kicking(office: Office, room: str) -> None:
    assert office.ok("conversations.kick", channel=room, user=office.id("ana"))["errors"] == {}
    assert office.app.last("member_left_channel")["user"] == office.id("ana")
    assert office.error("conversations.kick", channel=room, user=office.id("ana")) == "not_in_channel"
    assert office.error("conversations.kick", channel=room, user=office.app.bot_user_id) == "cant_kick_self"
    assert office.error("conversations.kick", channel=room, user="U0") == "user_not_found"


def test_joining_and_leaving(office: Office) -> None:
    office.ok("conversations.join", channel=office.general.id)
    assert office.ok("conversations.join", channel=office.general.id)["warning"] == "already_in_channel"
    assert office.error("conversations.leave", channel=office.general.id) == "cant_leave_general"
    open_room = office.space.add_channel("open", members=["ana", "helper"]).id
    office.ok("conversations.leave", channel=open_room)
    assert office.app.types()[-1] == "channel_left"
    assert office.call("conversations.leave", channel=open_room) == {"ok": False, "not_in_channel": True}
    assert office.error("conversations.leave", channel=office.channel("alone")) == "last_member"


def test_topic_and_purpose(office: Office, room: str) -> None:
    channel = office.ok("conversations.setTopic", channel=room, topic="x" * 250)["channel"]
    assert channel["topic"] == {"value": "x" * 250, "creator": office.app.bot_user_id, "last_set": int(START)}
    assert office.app.last("message/channel_topic")["topic"] == "x" * 250
    assert office.error("conversations.setTopic", channel=room, topic="x" * 251) == "too_long"
    assert office.ok("conversations.setPurpose", channel=room, purpose="why")["channel"]["purpose"]["value"] == "why"
    assert office.error("conversations.setTopic", channel=office.general.id, topic="x") == "not_in_channel"
    office.ok("conversations.archive", channel=room)
    assert office.error("conversations.setTopic", channel=room, topic="x") == "is_archived"


def test_renaming(office: Office, room: str) -> None:
    channel = office.ok("conversations.rename", channel=room, name="room-2")["channel"]
    assert (channel["name"], channel["previous_names"]) == ("room-2", ["room"])
    assert office.app.last("channel_rename")["channel"]["name"] == "room-2"
    event = office.app.last("message/channel_name")
    assert (event["old_name"], event["name"]) == ("room", "room-2")
    assert office.error("conversations.rename", channel=room, name="general") == "name_taken"
    office.ok("conversations.join", channel=office.general.id)
    assert office.error("conversations.rename", channel=office.general.id, name="all") == "not_authorized"


def test_archiving(office: Office, room: str) -> None:
    office.ok("conversations.archive", channel=room)
    assert office.app.types()[-2:] == ["message/channel_archive", "channel_archive"]
    assert office.error("conversations.archive", channel=room) == "already_archived"
    assert office.error("conversations.join", channel=room) == "is_archived"
    assert office.error("chat.postMessage", channel=room, text="x") == "is_archived"
    assert office.error("conversations.archive", channel=office.general.id) == "cant_archive_general"


async def test_only_people_open_an_archived_channel_again(office: Office, room: str) -> None:
    office.ok("conversations.archive", channel=room)
    assert office.error("conversations.unarchive", channel=room) == "not_in_channel"
    await office.space.unarchive_channel(user="ana", channel=room)
    assert office.app.last("channel_unarchive")["user"] == office.id("ana")
    assert office.error("conversations.unarchive", channel=room) == "not_archived"
    post(office, room)


def test_private_channels_of_others_are_not_there(office: Office) -> None:
    secret = office.space.add_channel("secret", is_private=True, members=["ana"]).id
    for method, args in (
        ("conversations.info", {}),
        ("conversations.history", {}),
        ("conversations.members", {}),
        ("conversations.join", {}),
        ("chat.postMessage", {"text": "x"}),
        ("pins.list", {}),
    ):
        assert office.error(method, channel=secret, **args) == "channel_not_found"
    types = "public_channel,private_channel"
    assert [c["name"] for c in office.ok("conversations.list", types=types)["channels"]] == ["general"]


@pytest.mark.usefixtures("room")
def test_lists_of_channels(office: Office) -> None:
    def names(method: str, **args: Any) -> list[str]:
        return [channel["name"] for channel in office.ok(method, **args)["channels"]]

    office.channel("secret", is_private=True)
    office.ok("conversations.archive", channel=office.channel("old"))
    assert names("conversations.list") == ["general", "room", "old"]
    assert names("conversations.list", exclude_archived="true") == ["general", "room"]
    assert names("conversations.list", types="private_channel") == ["secret"]
    assert names("users.conversations", types="public_channel,private_channel") == ["room", "secret", "old"]
    assert names("users.conversations", user=office.id("ana")) == ["general", "room"]
    assert office.error("conversations.list", types="rooms") == "invalid_types"
    assert office.error("conversations.list", limit=1001) == "invalid_limit"
    first = office.ok("conversations.list", limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    assert names("conversations.list", limit=2, cursor=cursor) == ["old"]
    assert office.error("conversations.list", cursor="bm9uc2Vuc2U=") == "invalid_cursor"
    assert office.error("conversations.list", cursor="?") == "invalid_cursor"


def test_direct_messages(office: Office) -> None:
    ana = office.id("ana")
    opened = office.ok("conversations.open", users=ana)["channel"]["id"]
    assert opened.startswith("D")
    again = office.ok("conversations.open", users=ana, return_im=True)
    assert (again["channel"]["id"], again["channel"]["user"], again["already_open"]) == (opened, ana, True)
    assert office.ok("chat.postMessage", channel=ana, text="hello")["channel"] == opened
    assert office.app.last("message")["channel_type"] == "im"
    group = office.ok("conversations.open", users=f"{ana},{office.id('ben')}")["channel"]["id"]
    assert office.space.channel(group).is_mpim
    assert office.error("conversations.open") == "users_list_not_supplied"
    assert office.error("conversations.open", users="U0") == "user_not_found"
    assert office.error("conversations.setTopic", channel=opened, topic="x") == "method_not_supported_for_channel_type"


async def test_no_direct_message_to_people_who_left(office: Office) -> None:
    await office.space.deactivate_user(user="ben")
    assert office.error("conversations.open", users=office.id("ben")) == "user_disabled"
    assert office.error("chat.postMessage", channel=office.id("ben"), text="x") == "channel_not_found"


# --- messages


def test_a_message_of_the_app(office: Office, room: str) -> None:
    answer = office.ok("chat.postMessage", channel="#room", text="hello <@U1>")
    message = answer["message"]
    assert (answer["channel"], answer["ts"], message["text"]) == (room, message["ts"], "hello <@U1>")
    assert (message["user"], message["bot_id"]) == (office.app.bot_user_id, office.app.bot_id)
    event = office.app.last("message")
    assert (event["bot_id"], event["ts"], event["channel"]) == (office.app.bot_id, answer["ts"], room)
    assert office.error("chat.postMessage", channel="nowhere", text="x") == "channel_not_found"


def test_posting_without_being_there_needs_a_scope() -> None:
    assert Office().ok("chat.postMessage", channel="general", text="x")
    office = Office(scopes=ALL_SCOPES - {"chat:write.public"})
    assert office.error("chat.postMessage", channel="general", text="x") == "not_in_channel"


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"blocks": "[]"}, "no_text"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "attachments": "x"}, "invalid_attachments"),
        ({"attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "x", "metadata": "x"}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
        ({"text": "x", "metadata": {"event_type": "x", "event_payload": {"a": "x" * 16_000}}}, "metadata_too_large"),
        ({"text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
    ],
)
def test_refused_messages(office: Office, room: str, args: dict[str, Any], error: str) -> None:
    assert office.error("chat.postMessage", channel=room, **args) == error
    assert texts(office.ok("conversations.history", channel=room)) == []


def test_bad_blocks_are_told_as_slack_tells_them(office: Office, room: str) -> None:
    sentence = "must be more than 0 characters [json-pointer:/blocks/0/text/text]"
    answer = office.call("chat.postMessage", channel=room, blocks=[{"type": "section", "text": {
        "type": "mrkdwn", "text": ""}}])  # fmt: skip
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [sentence]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {sentence}"]


def test_too_many_characters(office: Office, room: str) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2700}}
    assert office.error("chat.postMessage", channel=room, blocks=[section] * 5) == "msg_blocks_too_long"
    ts = post(office, room, text="x" * 40_001)
    assert len(office.space.message(room, ts).text) == 40_000  # cut, not refused
    assert office.error("chat.update", channel=room, ts=ts, text="x" * 4001) == "msg_too_long"


def test_blocks_get_the_ids_that_the_app_left_out(office: Office, room: str) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}}
    blocks = [{"type": "actions", "elements": [button, button | {"action_id": "mine"}]}, {"type": "divider"}]
    message = office.ok("chat.postMessage", channel=room, blocks=blocks)["message"]
    assert len({block["block_id"] for block in message["blocks"]}) == 2
    elements = message["blocks"][0]["elements"]
    assert elements[0]["action_id"] != elements[1]["action_id"] == "mine"


def test_replies_and_broadcasts(office: Office, room: str) -> None:
    parent = post(office, room, text="parent")
    post(office, room, text="quiet", thread_ts=parent)
    loud = office.ok("chat.postMessage", channel=room, text="loud", thread_ts=parent, reply_broadcast=True)
    assert loud["message"]["subtype"] == "thread_broadcast"
    assert office.app.last("message/thread_broadcast")["root"]["ts"] == parent
    history = office.ok("conversations.history", channel=room)["messages"]
    assert [m["text"] for m in history][:2] == ["loud", "parent"]
    assert history[1]["reply_count"] == 2


async def test_an_apps_reply_to_a_reply_is_lost_from_the_thread(office: Office, room: str) -> None:
    parent = post(office, room, text="parent")
    reply = post(office, room, text="reply", thread_ts=parent)
    lost = office.ok("chat.postMessage", channel=room, text="lost", thread_ts=reply)["message"]
    assert lost["thread_ts"] == reply
    thread = office.ok("conversations.replies", channel=room, ts=parent)["messages"]
    assert [message["text"] for message in thread] == ["parent", "reply"]
    history = office.ok("conversations.history", channel=room)["messages"]
    assert [message["text"] for message in history if message["type"] == "message"][:1] == ["parent"]
    # People's clients know the thread that they are in.
    theirs = await office.space.post_message(user="ana", channel=room, text="theirs", thread_ts=reply)
    assert office.space.message(room, theirs).thread_ts == parent


def test_updating_and_deleting_ones_own_messages(office: Office, room: str) -> None:
    ts = post(office, room, text="one", blocks=[{"type": "divider"}])
    answer = office.ok("chat.update", channel=room, ts=ts, text="two")
    assert (answer["text"], answer["message"]["blocks"][0]["type"]) == ("two", "divider")  # blocks stay
    event = office.app.last("message/message_changed")
    assert event["message"]["edited"] == {"user": office.app.bot_id, "ts": event["ts"]}
    assert office.error("chat.update", channel=room, ts=ts, blocks=[]) == "no_text"
    office.ok("chat.update", channel=room, ts=ts, text="two", blocks=[])
    assert office.space.message(room, ts).blocks == []
    office.ok("chat.delete", channel=room, ts=ts)
    assert office.app.last("message/message_deleted")["deleted_ts"] == ts
    assert office.error("chat.delete", channel=room, ts=ts) == "message_not_found"
    assert office.error("chat.update", channel=room, ts=ts, text="x") == "message_not_found"


def test_new_blocks_alone_are_no_edit(office: Office, room: str) -> None:
    ts = post(office, room, text="one")
    office.ok("chat.update", channel=room, ts=ts, text="one", blocks=[{"type": "divider"}])
    event = office.app.last("message/message_changed")
    assert "edited" not in event["message"]
    assert event["message"]["blocks"][0]["type"] == "divider"


async def test_messages_of_others_are_theirs(office: Office, room: str) -> None:
    ts = await office.space.post_message(user="ana", channel=room, text="mine")
    assert office.error("chat.update", channel=room, ts=ts, text="x") == "cant_update_message"
    assert office.error("chat.delete", channel=room, ts=ts) == "cant_delete_message"
    own = post(office, room)
    office.ok("conversations.archive", channel=room)
    assert office.error("chat.update", channel=room, ts=own, text="x") == "is_inactive"


def test_metadata_is_shown_to_who_asks(office: Office, room: str) -> None:
    metadata = {"event_type": "incident_card", "event_payload": {"key": "out-1"}}
    ts = post(office, room, metadata=metadata)
    assert "metadata" not in office.ok("conversations.history", channel=room)["messages"][0]
    found = office.ok("conversations.history", channel=room, include_all_metadata="true")["messages"][0]
    assert found["metadata"] == metadata
    office.ok("chat.update", channel=room, ts=ts, text="y")
    assert office.space.message(room, ts).metadata == metadata
    office.ok("chat.update", channel=room, ts=ts, metadata={})
    assert office.space.message(room, ts).metadata is None


def test_an_app_under_another_name(office: Office, room: str) -> None:
    office.ok("chat.postMessage", channel=room, text="x", username="Status", icon_emoji=":fire:")
    event = office.app.last("message/bot_message")
    assert (event["username"], "user" in event) == ("Status", False)
    plain = Office(scopes=ALL_SCOPES - {"chat:write.customize"})
    message = plain.ok("chat.postMessage", channel=plain.channel(), text="x", username="Status")["message"]
    assert "username" not in message


def test_ephemeral_messages_are_for_members(office: Office, room: str) -> None:
    assert office.ok("chat.postEphemeral", channel=room, user=office.id("ana"), text="x")["message_ts"]
    assert office.error("chat.postEphemeral", channel=room, user=office.id("ben"), text="x") == "user_not_in_channel"
    assert office.error("chat.postEphemeral", channel="general", user=office.id("ana"), text="x") == "not_in_channel"


def test_permalinks(office: Office, room: str) -> None:
    parent = post(office, room)
    reply = post(office, room, thread_ts=parent)
    link = office.ok("chat.getPermalink", channel=room, message_ts=parent)["permalink"]
    assert link == f"https://sandbox.slack.com/archives/{room}/p{parent.replace('.', '')}"
    link = office.ok("chat.getPermalink", channel=room, message_ts=reply)["permalink"]
    assert link.endswith(f"/p{reply.replace('.', '')}?thread_ts={parent}&cid={room}")
    assert office.error("chat.getPermalink", channel=room, message_ts="1.000001") == "message_not_found"


# --- reading


def test_history_comes_newest_first_in_pages(office: Office, room: str) -> None:
    stamps = []
    for number in range(5):
        office.clock.jump(START + 60 * (number + 1))
        stamps.append(post(office, room, text=str(number)))
    post(office, room, text="reply", thread_ts=stamps[0])
    pages, cursor = [], ""
    while cursor is not None:
        answer = office.ok("conversations.history", channel=room, limit=2, cursor=cursor, oldest=START + 1)
        pages.append(texts(answer))
        cursor = answer.get("response_metadata", {}).get("next_cursor")
        assert answer["has_more"] == (cursor is not None)
    assert pages == [["4", "3"], ["2", "1"], ["0"]]

    def between(**args: Any) -> list[str]:
        return texts(office.ok("conversations.history", channel=room, **args))

    assert between(oldest=stamps[2]) == ["4", "3"]
    assert between(oldest=stamps[2], inclusive=True) == ["4", "3", "2"]
    assert between(latest=stamps[1], inclusive="true") == ["1", "0"]
    assert between(oldest=stamps[1], latest=stamps[3]) == ["2"]
    assert office.error("conversations.history", channel=room, oldest="yesterday") == "invalid_ts_oldest"
    assert office.error("conversations.history", channel=room, latest="-1") == "invalid_ts_latest"
    assert office.error("conversations.history", channel=office.general.id) == "not_in_channel"


def test_threads_come_oldest_first_with_the_parent_on_every_page(office: Office, room: str) -> None:
    parent = post(office, room, text="parent")
    stamps = [post(office, room, text=str(number), thread_ts=parent) for number in range(3)]
    answer = office.ok("conversations.replies", channel=room, ts=parent, limit=2)
    assert [m["text"] for m in answer["messages"]] == ["parent", "0", "1"]
    cursor = answer["response_metadata"]["next_cursor"]
    answer = office.ok("conversations.replies", channel=room, ts=parent, limit=2, cursor=cursor)
    assert [m["text"] for m in answer["messages"]] == ["parent", "2"]
    newer = office.ok("conversations.replies", channel=room, ts=parent, oldest=stamps[1])
    assert [m["text"] for m in newer["messages"]] == ["parent", "2"]
    alone = office.ok("conversations.replies", channel=room, ts=stamps[1])
    assert [m["text"] for m in alone["messages"]] == ["1"]  # a reply's own ts gives that reply
    assert office.error("conversations.replies", channel=room, ts="1.000001") == "thread_not_found"


async def test_people(office: Office) -> None:
    user = office.ok("users.info", user=office.id("ana"))["user"]
    assert (user["name"], user["real_name"], user["profile"]["email"]) == ("ana", "Ana Torres", "ana@sandbox.example")
    assert office.error("users.info", user="U0") == "user_not_found"
    names = [member["name"] for member in office.ok("users.list")["members"]]
    assert names == ["slackbot", "ana", "ben", "chloe", "helper"]
    assert office.ok("users.lookupByEmail", email="BEN@sandbox.example")["user"]["name"] == "ben"
    await office.space.deactivate_user(user="ben")
    assert office.error("users.lookupByEmail", email="ben@sandbox.example") == "users_not_found"
    shy = Office(scopes={"users:read"})
    assert "email" not in shy.ok("users.info", user=shy.id("ana"))["user"]["profile"]


def test_groups(office: Office) -> None:
    group = office.space.add_usergroup("oncall", name="On call", members=["ana"])
    assert office.ok("usergroups.users.list", usergroup=group)["users"] == [office.id("ana")]
    shown = office.ok("usergroups.list", include_users=True)["usergroups"][0]
    assert (shown["handle"], shown["users"]) == ("oncall", [office.id("ana")])
    assert office.error("usergroups.users.list", usergroup="S0") == "no_such_subteam"


# --- reactions, pins, bookmarks, files


def test_reactions(office: Office, room: str) -> None:
    where = {"channel": room, "timestamp": post(office, room)}
    office.ok("reactions.add", name="eyes", **where)
    assert office.error("reactions.add", name="eyes", **where) == "already_reacted"
    assert office.error("reactions.add", name="No Emoji", **where) == "invalid_name"
    assert office.error("reactions.add", name="party-parrot", **where) == "invalid_name"
    office.space.emoji["party-parrot"] = "https://emoji.example/party-parrot.gif"
    office.ok("reactions.add", name="party-parrot", **where)
    office.ok("reactions.remove", name="party-parrot", **where)
    office.ok("reactions.add", name="wave::skin-tone-3", **where)
    office.ok("reactions.remove", name="wave::skin-tone-3", **where)
    assert office.error("reactions.add", name="wave::skin-tone-9", **where) == "invalid_name"
    assert office.error("reactions.add", name="eyes", channel=room, timestamp="1.000001") == "message_not_found"
    assert office.error("reactions.add", name="eyes", channel=room, timestamp="x") == "bad_timestamp"
    shown = office.ok("reactions.get", **where)["message"]["reactions"]
    assert shown == [{"name": "eyes", "users": [office.app.bot_user_id], "count": 1}]
    office.ok("reactions.remove", name="eyes", **where)
    assert office.error("reactions.remove", name="eyes", **where) == "no_reaction"
    assert office.error("reactions.remove", name="eyes") == "no_item_specified"


def test_pins(office: Office, room: str) -> None:
    first, second = post(office, room, text="1"), post(office, room, text="2")
    for ts in (first, second):
        office.ok("pins.add", channel=room, timestamp=ts)
    assert office.error("pins.add", channel=room, timestamp=first) == "already_pinned"
    assert [i["message"]["text"] for i in office.ok("pins.list", channel=room)["items"]] == ["2", "1"]
    office.ok("pins.remove", channel=room, timestamp=first)
    assert office.error("pins.remove", channel=room, timestamp=first) == "no_pin"
    assert office.error("pins.add", channel=room) == "no_item_specified"
    ts = post(office, "general")
    assert office.error("pins.add", channel=office.general.id, timestamp=ts) == "not_in_channel"


def test_bookmarks(office: Office, room: str) -> None:
    new = {"channel_id": room, "title": "Runbook", "type": "link", "link": "https://a.example"}
    bookmark = office.ok("bookmarks.add", **new)["bookmark"]
    assert office.error("bookmarks.add", **(new | {"link": "a.example"})) == "invalid_link"
    assert office.error("bookmarks.add", **(new | {"type": "folder"})) == "invalid_bookmark_type"
    office.clock.jump(START + 10)
    edited = office.ok("bookmarks.edit", channel_id=room, bookmark_id=bookmark["id"], title="Guide")["bookmark"]
    assert (edited["title"], edited["link"], edited["date_updated"]) == ("Guide", "https://a.example", int(START) + 10)
    assert [one["title"] for one in office.ok("bookmarks.list", channel_id=room)["bookmarks"]] == ["Guide"]
    office.ok("bookmarks.remove", channel_id=room, bookmark_id=bookmark["id"])
    assert office.error("bookmarks.remove", channel_id=room, bookmark_id=bookmark["id"]) == "not_found"


def test_a_file_is_uploaded_in_three_steps(office: Office, room: str) -> None:
    parent = post(office, room)
    started = office.ok("files.getUploadURLExternal", filename="post mortem.md", length=9)
    file = started["file_id"]
    assert started["upload_url"] == f"{office.space.origin}/upload/v1/{file}"
    share: dict[str, Any] = {"files": [{"id": file, "title": "Postmortem"}], "channel_id": room, "thread_ts": parent}
    assert office.error("files.completeUploadExternal", **share) == "file_not_found"  # no bytes yet
    receive_upload(office.space, file, b"# Outcome")
    done = office.ok("files.completeUploadExternal", **share, initial_comment="here")["files"][0]
    assert (done["title"], done["size"], done["channels"]) == ("Postmortem", 9, [room])
    assert done["url_private"].endswith("/post%20mortem.md")
    event = office.app.last("message/file_share")
    assert (event["text"], event["thread_ts"], event["files"][0]["id"]) == ("here", parent, file)
    assert office.ok("files.info", file=file)["content"] == "# Outcome"
    with pytest.raises(WorkspaceError, match="no upload is waiting"):
        receive_upload(office.space, file, b"again")
    assert office.error("files.getUploadURLExternal", filename="x", length=0) == "missing_argument"
    assert office.error("files.completeUploadExternal", files="x") == "invalid_arguments"


def test_who_the_app_is(office: Office) -> None:
    who = office.ok("auth.test")
    assert (who["user_id"], who["bot_id"], who["user"]) == (office.app.bot_user_id, office.app.bot_id, "helper")
    assert office.ok("bots.info", bot=office.app.bot_id)["bot"]["app_id"] == office.app.id
    assert office.error("bots.info", bot="B0") == "bot_not_found"
    assert office.ok("team.info")["team"]["id"] == who["team_id"]
    assert office.ok("emoji.list")["emoji"] == {}
