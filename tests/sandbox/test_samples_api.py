"""Everything that the workspace answers and emits has only keys that the real Slack has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.state.scopes import ALL_SCOPES
from bot.sandbox.web.api import METHODS, receive_upload
from bot.sandbox.web.api.registry import all_scopes
from tests import slack_facts
from tests.sandbox.listening import Office

RESPONSES = slack_facts.responses()
FACTS = slack_facts.methods()

# Part B's families have samples and tests of their own.
NOT_HERE = {"views.open", "views.push", "views.update", "views.publish", "apps.connections.open"}

# Apps' blocks are echoed as they were sent: what may be in them is block_kit's matter.
SKIPPED = {"blocks"}

# Maps with free keys.
FREE = {"emoji", "event_payload", "public", "private"}

# Keys that Slack documents or sends and a sample misses, by path (`*`: in every method), with the reason.
_IN_HISTORY = "the same message object as in conversations.history, whose sample has it"
_IN_MESSAGE = "messages by an app carry it: samples/events/MessagePayload.json has it"
_IN_ROOT = "a parent by a person: samples/events/MessageThreadBroadcastPayload.json has it in `root`"
_TOMBSTONE = "reference/events/message.json: hidden messages are part of the record and not displayed"
_METADATA = "a message keeps its metadata (chat.postMessage's sample); subscribers of messages see it"
EXCEPTIONS: dict[str, dict[str, str]] = {
    "*": {
        "response_metadata": "invalid_arguments says there what is wrong, in every method",
        "response_metadata.messages": "invalid_arguments says there what is wrong, in every method",
    },
    "chat.postMessage": {f"message.root.{key}": _IN_ROOT for key in ("user", "team", "edited")},
    "chat.update": {"errors": "invalid_blocks has it beside response_metadata.messages: chat.postMessage's sample"},
    "conversations.history": {
        **{f"messages[].root.{key}": _IN_ROOT for key in ("user", "team", "edited")},
        "messages[].hidden": _TOMBSTONE,
        "messages[].name": "samples/events/MessageChannelNamePayload.json has it",
        "messages[].old_name": "samples/events/MessageChannelNamePayload.json has it",
    },
    "conversations.leave": {"not_in_channel": "reference: the example success_with_warning"},
    "conversations.replies": {
        "messages[].hidden": _TOMBSTONE,
        **{f"messages[].{key}": _IN_HISTORY for key in ("root", "subtype", "client_msg_id")},
    },
    "files.completeUploadExternal": {"files[].shares.private": "files.info's sample has it: private channels"},
    "pins.list": {
        "items[].channel": "reference: the example; the sample shows a pinned file",
        "items[].message": "reference: the example; the sample shows a pinned file",
    },
    "message": {"metadata.event_payload": "conversations.history's sample has it: free-form"},
    "message/file_share": dict.fromkeys(("bot_id", "bot_profile", "team"), _IN_MESSAGE),
    "message/message_changed": {
        **{f"{which}.reply_users": _IN_HISTORY for which in ("message", "previous_message")},
        **{f"{which}.metadata": _METADATA for which in ("message", "previous_message")},
    },
    "message/message_deleted": {"previous_message.metadata": _METADATA},
    "message/thread_broadcast": dict.fromkeys(("bot_id", "bot_profile", "team", "parent_user_id"), _IN_MESSAGE),
    "user_change": {"event_ts": "samples/events/UserProfileChangedPayload.json, sent at the same time, has it"},
}

# Errors that Slack answers and the reference does not list: no bot opens a channel again.
UNLISTED = {"conversations.unarchive": {"not_in_channel"}}

# The sample of each event, by type or type/subtype; those that share a sample say so.
EVENT_SAMPLES: dict[str, str] = {
    "message": "Message",
    "message/bot_message": "MessageBot",
    "message/me_message": "MessageMe",
    "message/message_changed": "MessageChanged",
    "message/message_deleted": "MessageDeleted",
    "message/file_share": "MessageFileShare",
    "message/thread_broadcast": "MessageThreadBroadcast",
    "message/channel_join": "MessageChannelJoin",
    "message/channel_leave": "MessageChannelLeave",
    "message/channel_topic": "MessageChannelTopic",
    "message/channel_purpose": "MessageChannelPurpose",
    "message/channel_name": "MessageChannelName",
    "message/channel_archive": "MessageChannelArchive",
    "message/channel_unarchive": "MessageChannelUnarchive",
    "message/group_topic": "MessageGroupTopic",
    # No samples for the private ones: they mirror the public ones.
    "message/group_purpose": "MessageChannelPurpose",
    "message/group_name": "MessageChannelName",
    "message/group_archive": "MessageChannelArchive",
    "message/group_unarchive": "MessageChannelUnarchive",
    "reaction_added": "ReactionAdded",
    "reaction_removed": "ReactionRemoved",
    "pin_added": "PinAdded",
    "pin_removed": "PinRemoved",
    "file_shared": "FileShared",
    "member_joined_channel": "MemberJoinedChannel",
    "member_left_channel": "MemberLeftChannel",
    "channel_created": "ChannelCreated",
    "channel_rename": "ChannelRename",
    "channel_archive": "ChannelArchive",
    "channel_unarchive": "ChannelUnarchive",
    "channel_left": "ChannelLeft",
    "group_rename": "GroupRename",
    "group_archive": "GroupArchive",
    "group_unarchive": "GroupUnarchive",
    "group_left": "GroupLeft",
    "user_change": "UserChange",
}


def merged(one: Any, other: Any) -> Any:
    """The union of two samples: keys of both, elements of both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: merged(one.get(key), other.get(key)) for key in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *other]
    return one if isinstance(one, dict | list) else (other if other is not None else one)


def unknown_keys(value: Any, sample: Any, path: str = "") -> Iterator[str]:
    """Paths of `value` that `sample` does not have; `[]` stands for every element of a list."""
    if isinstance(value, list) and isinstance(sample, list):
        union: Any = None
        for element in sample:
            union = merged(union, element)
        for element in value:
            yield from unknown_keys(element, union, f"{path}[]")
    elif isinstance(value, dict) and isinstance(sample, dict):
        free = path.rpartition(".")[2] in FREE
        inner = merged_values(sample) if free else None
        for key, one in value.items():
            if free:
                yield from unknown_keys(one, inner, f"{path}.*")
            elif key in SKIPPED:
                continue
            elif key not in sample:
                yield f"{path}.{key}".removeprefix(".")
            else:
                yield from unknown_keys(one, sample[key], f"{path}.{key}".removeprefix("."))


def merged_values(sample: dict[str, Any]) -> Any:
    union: Any = None
    for one in sample.values():
        union = merged(union, one)
    return union


BLOCKS = [
    {"type": "header", "text": {"type": "plain_text", "text": "INC-1"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Checkout is down*"}, "fields": [
        {"type": "mrkdwn", "text": "Commander"}]},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "since 14:23"}]},
    {"type": "actions", "elements": [
        {"type": "button", "text": {"type": "plain_text", "text": "Take"}, "value": "1", "style": "primary"},
        {"type": "static_select", "placeholder": {"type": "plain_text", "text": "Status"},
         "options": [{"text": {"type": "plain_text", "text": "Open"}, "value": "open"}]}]},
]  # fmt: skip


async def tell_story(office: Office) -> dict[str, list[dict[str, Any]]]:
    """Use every method, well and badly, while people do all that people do."""
    answers: dict[str, list[dict[str, Any]]] = {}

    def call(method: str, **args: Any) -> dict[str, Any]:
        answer = office.call(method, **args)
        answers.setdefault(method, []).append(answer)
        return answer

    space, ana, ben = office.space, office.id("ana"), office.id("ben")
    space.emoji["parrot"] = "https://emoji.example/parrot.gif"
    space.add_usergroup("oncall", name="On call", members=["ana", "ben"])
    for method in ("auth.test", "team.info", "emoji.list", "users.list", "usergroups.list"):
        call(method)
    call("usergroups.list", include_users="true", include_count="true")
    call("usergroups.users.list", usergroup=space.usergroups[0]["id"])
    call("usergroups.users.list", usergroup="S0")
    call("team.info", team="T0")
    call("bots.info", bot=office.app.bot_id)
    call("bots.info", bot="B0")
    call("users.info", user=ana, include_locale=True)
    call("users.info", user=office.app.bot_user_id)
    call("users.info", user="U0")
    call("users.lookupByEmail", email="ana@sandbox.example")
    call("users.lookupByEmail", email="nobody@sandbox.example")
    call("users.profile.get", user=ana)
    call("users.profile.get")

    # channels
    for name, is_private in (("inc-1", False), ("inc-2", True)):
        room = call("conversations.create", name=name, is_private=is_private)["channel"]["id"]
        call("conversations.create", name=name)
        call("conversations.invite", channel=room, users=f"{ana},{ben}")
        call("conversations.invite", channel=room, users=f"{ana},U0")
        call("conversations.invite", channel=room, users=f"U0,{office.id('chloe')}", force=True)
        call("conversations.setTopic", channel=room, topic="P1")
        call("conversations.setTopic", channel=room, topic="x" * 251)
        call("conversations.setPurpose", channel=room, purpose="Checkout")
        call("conversations.rename", channel=room, name=f"{name}-checkout")
        call("conversations.info", channel=room, include_num_members=True, include_locale=True)
        call("conversations.kick", channel=room, user=ben)
        call("conversations.kick", channel=room, user=ben)
        await talk(office, call, room)
        call("conversations.archive", channel=room)
        call("conversations.archive", channel=room)
        call("conversations.unarchive", channel=room)
        await space.unarchive_channel(user="chloe", channel=room)
        call("conversations.unarchive", channel=room)
        call("conversations.leave", channel=room)
        call("conversations.leave", channel=room)
    call("conversations.join", channel=office.general.id)
    call("conversations.join", channel=office.general.id)
    call("conversations.join", channel="C0")
    call("conversations.open", users=ana)
    call("conversations.open", users=ana, return_im=True)
    call("conversations.open")
    types = "public_channel,private_channel,im,mpim"
    call("conversations.list", types=types, limit=1)
    call("conversations.list", types=types)
    call("conversations.list", types="nonsense")
    call("users.conversations", types=types)
    call("conversations.members", channel=office.general.id, limit=1)
    call("conversations.members", channel=office.general.id, cursor="x")
    await space.deactivate_user(user="chloe")
    call("users.info", user=office.id("chloe"))
    for method in METHODS.keys() - NOT_HERE:
        call(method)  # what the arguments' absence is answered with
    return answers


async def talk(office: Office, call: Any, room: str) -> None:
    """Everything that happens to messages in one channel."""
    space, ana = office.space, office.id("ana")
    for text in ("hello <@U1> <https://a.example|a> <!here>", "second"):
        parent = await space.post_message(user="ana", channel=room, text=text)
    reply = await space.post_message(user="ana", channel=room, text="reply", thread_ts=parent)
    await space.edit_message(user="ana", channel=room, ts=parent, text="edited")
    metadata = {"event_type": "card", "event_payload": {"incident": 1}}
    posted = call("chat.postMessage", channel=room, text="card", blocks=json.dumps(BLOCKS), metadata=metadata)
    call("chat.postMessage", channel=room, text="in thread", thread_ts=parent)
    call("chat.postMessage", channel=room, text="for all", thread_ts=parent, reply_broadcast="true")
    call("chat.postMessage", channel=room, text="dressed", username="Incident", icon_emoji=":fire:")
    call("chat.postMessage", channel=room, attachments=[{"text": "old style", "fallback": "old style"}])
    call("chat.postMessage", channel=room, text="")
    call("chat.postMessage", channel=room, blocks=[{"type": "nonsense"}])
    call("chat.postMessage", channel=ana, text="directly")
    ts = posted["ts"]
    call("chat.update", channel=room, ts=ts, text="card, new")
    call("chat.update", channel=room, ts=ts, blocks=[{"type": "divider"}])
    call("chat.update", channel=room, ts=ts, blocks=[{"type": "header"}])
    call("chat.update", channel=room, ts=parent, text="not mine")
    call("chat.getPermalink", channel=room, message_ts=reply)
    call("chat.getPermalink", channel=room, message_ts="1.000001")
    call("chat.postEphemeral", channel=room, user=ana, text="only you")
    call("chat.postEphemeral", channel=room, user="U0", text="only you")
    call("chat.meMessage", channel=room, text="waves")
    for method in ("reactions.add", "reactions.add", "reactions.get"):
        call(method, channel=room, timestamp=parent, name="eyes")
    await space.add_reaction(user="ana", channel=room, ts=ts, name="tada")
    await space.remove_reaction(user="ana", channel=room, ts=ts, name="tada")
    for method in ("pins.add", "pins.add", "pins.list", "conversations.history"):
        call(method, channel=room, timestamp=parent)
    call("pins.add", channel=room, timestamp=ts)
    call("pins.list", channel=room)
    for _ in range(2):
        call("pins.remove", channel=room, timestamp=parent)
        call("reactions.remove", channel=room, timestamp=parent, name="eyes")
    link = {"channel_id": room, "title": "Runbook", "link": "https://a.example", "type": "link", "emoji": ":book:"}
    bookmark = call("bookmarks.add", **link)["bookmark"]["id"]
    call("bookmarks.add", **(link | {"link": "ftp://a"}))
    call("bookmarks.list", channel_id=room)
    for method in ("bookmarks.edit", "bookmarks.remove", "bookmarks.remove"):
        call(method, channel_id=room, bookmark_id=bookmark, title="New")
    await space.upload_file(user="ana", channel=room, name="log.txt", text="lag 41 min", comment="the log")
    upload = call("files.getUploadURLExternal", filename="postmortem.md", length="9")["file_id"]
    call("files.completeUploadExternal", files=[{"id": upload}], channel_id=room)
    receive_upload(space, upload, b"# Outcome")
    done = {"files": json.dumps([{"id": upload, "title": "Postmortem"}]), "channel_id": room, "thread_ts": parent}
    call("files.completeUploadExternal", **done, initial_comment="done")
    call("files.info", file=upload)
    call("files.info", file="F0")
    call("conversations.history", channel=room, include_all_metadata=True, oldest="0", latest="9999999999")
    call("conversations.history", channel=room, limit=1)
    call("conversations.history", channel=room, oldest="x")
    call("conversations.replies", channel=room, ts=parent, include_all_metadata=True)
    call("conversations.replies", channel=room, ts=parent, limit=1)
    call("conversations.replies", channel=room, ts="1.000001")
    await space.delete_message(user="ana", channel=room, ts=parent)  # a tombstone
    await space.delete_message(user="ana", channel=room, ts=reply)
    call("conversations.replies", channel=room, ts=parent)
    call("conversations.history", channel=room)
    call("chat.delete", channel=room, ts=ts)
    call("chat.delete", channel=room, ts=ts)
    await space.leave_channel(user="ana", channel=room)


@pytest.fixture(scope="module")
def story() -> tuple[Office, dict[str, list[dict[str, Any]]]]:
    office = Office(scopes=ALL_SCOPES)
    return office, asyncio.run(tell_story(office))


def told(method: str) -> set[str]:
    return {*EXCEPTIONS.get(method, {}), *EXCEPTIONS.get("*", {})}


@pytest.mark.parametrize("method", sorted(METHODS.keys() - NOT_HERE))
def test_answers_have_no_key_that_slack_has_not(method: str, story: Any) -> None:
    _, answers = story
    found = {key for answer in answers[method] for key in unknown_keys(answer, RESPONSES[method])}
    assert found - told(method) == set()
    assert EXCEPTIONS.get(method, {}).keys() - found == set(), "an exception that nothing needs"


@pytest.mark.parametrize("method", sorted(METHODS.keys() - NOT_HERE))
def test_refusals_are_those_of_the_reference(method: str, story: Any) -> None:
    _, answers = story
    said = {answer["error"] for answer in answers[method] if "error" in answer}
    # Every method checks the kinds of its arguments alike.
    assert said - set(FACTS[method]["errors"]) - UNLISTED.get(method, set()) - {"invalid_arguments"} == set()


@pytest.mark.parametrize("method", sorted(METHODS.keys() - NOT_HERE))
def test_each_method_is_called_well_and_badly(method: str, story: Any) -> None:
    _, answers = story
    assert any(answer["ok"] for answer in answers[method]) == (method != "conversations.unarchive")


@pytest.mark.parametrize("kind", sorted(EVENT_SAMPLES))
def test_events_have_no_key_that_slack_has_not(kind: str, story: Any) -> None:
    office, _ = story
    event_sample = slack_facts.events()[EVENT_SAMPLES[kind]]["event"]
    events = [e for e, name in zip(office.app.events_heard(), office.app.types(), strict=True) if name == kind]
    assert events, f"the story has no {kind}"
    found = {key for event in events for key in unknown_keys(event, event_sample)}
    assert found - told(kind) == set()
    assert EXCEPTIONS.get(kind, {}).keys() - found == set(), "an exception that nothing needs"


def test_every_event_of_the_story_has_a_sample(story: Any) -> None:
    office, _ = story
    assert set(office.app.types()) <= set(EVENT_SAMPLES)


def test_every_method_of_the_reference_is_served_or_left_out_knowingly() -> None:
    left_out = {"chat.scheduleMessage", "chat.unfurl", "conversations.canvases.create"}
    left_out |= {"canvases.access.set", "canvases.create", "canvases.edit"}
    assert FACTS.keys() - left_out - NOT_HERE == METHODS.keys() - NOT_HERE


@pytest.mark.parametrize("method", sorted(METHODS.keys() - NOT_HERE))
def test_scopes_are_those_of_the_reference(method: str) -> None:
    documented = set(FACTS[method]["scopes"])
    assert set(all_scopes(METHODS[method].scopes)) <= documented
    assert bool(METHODS[method].scopes) == bool(documented)
