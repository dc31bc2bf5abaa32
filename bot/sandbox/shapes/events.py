"""The inner events that Slack sends to apps, in their true shapes."""

from __future__ import annotations

from bot.sandbox import shapes
from bot.sandbox.state.model import Channel, Json, Message, Pin, User
from bot.sandbox.state.workspace_state import WorkspaceState

# What `message` events and their inner messages leave out, though conversations.history has it.
_NOT_IN_EVENTS = ("app_id",)


def _message(space: WorkspaceState, message: Message) -> Json:
    shape = shapes.message_json(space, message)
    if message.metadata:
        shape["metadata"] = message.metadata
    author = space.user(message.user)
    if space.is_foreign(author):
        shape |= {"user_team": author.team_id, "source_team": author.team_id}
    return {key: value for key, value in shape.items() if key not in _NOT_IN_EVENTS}


def message_posted(space: WorkspaceState, message: Message) -> Json:
    """A plain message, or the subtype that it was posted with."""
    event = _message(space, message)
    if message.broadcast:
        event["root"] = shapes.root_json(space, message)
    if message.files:
        event["subtype"] = "file_share"
    return event | _where(space, message.channel, message.ts)


def _where(space: WorkspaceState, channel: str, ts: str) -> Json:
    return {"channel": channel, "event_ts": ts, "ts": ts, "channel_type": space.channels[channel].kind}


def snapshot(space: WorkspaceState, message: Message) -> Json:
    """The message as it is now, to be the `previous_message` of what comes."""
    return _message(space, message)


def message_changed(space: WorkspaceState, message: Message, previous: Json, *, ts: str) -> Json:
    """The outer ts is the change's; the key is `message.ts`."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": _message(space, message),
        "previous_message": previous,
    } | _where(space, message.channel, ts)


def message_deleted(space: WorkspaceState, message: Message, previous: Json, *, ts: str) -> Json:
    """Names no actor, as on Slack."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": message.ts,
        "previous_message": previous,
    } | _where(space, message.channel, ts)


def reaction(kind: str, message: Message, *, by: str, name: str, ts: str) -> Json:
    """`kind` is reaction_added or reaction_removed; no item_user where no user shows as the author."""
    event: Json = {
        "type": kind,
        "user": by,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "event_ts": ts,
    }
    return event if message.subtype == "bot_message" else event | {"item_user": message.user}


def pin(space: WorkspaceState, kind: str, message: Message, *, pinned: Pin, by: str, ts: str) -> Json:
    """`kind` is pin_added or pin_removed; `by` did that, which may be another than who had pinned it."""
    pins = space.channels[message.channel].pins
    added = kind == "pin_added"
    item = shapes.pinned_item_json(space, message, by=pinned.by, at=pinned.at, pinned=added)
    event: Json = {
        "type": kind,
        "user": by,
        "channel_id": message.channel,
        "item": item,
        "item_user": message.user,
        "pin_count": len(pins),
        "pinned_info": {"channel": message.channel, "pinned_by": pinned.by, "pinned_ts": pinned.at},
        "event_ts": ts,
    }
    return event if added else event | {"has_pins": bool(pins)}


def file_shared(file: str, *, by: str, channel: str, ts: str) -> Json:
    return {
        "type": "file_shared",
        "file_id": file,
        "user_id": by,
        "file": {"id": file},
        "channel_id": channel,
        "event_ts": ts,
    }


def membership(space: WorkspaceState, kind: str, channel: Channel, *, user: str, inviter: str = "", ts: str) -> Json:
    """`kind` is member_joined_channel or member_left_channel."""
    event = {
        "type": kind,
        "user": user,
        "channel": channel.id,
        "channel_type": "G" if channel.is_private else "C",
        "team": space.user(user).team_id,
        "event_ts": ts,
    }
    return event | {"inviter": inviter} if inviter else event


def app_left(channel: Channel, *, actor: str, ts: str) -> Json:
    """What an app is told whose bot is no longer in the channel."""
    kind = "group_left" if channel.is_private else "channel_left"
    return {"type": kind, "channel": channel.id, "actor_id": actor, "event_ts": ts}


def channel_created(space: WorkspaceState, channel: Channel, *, ts: str) -> Json:
    return {"type": "channel_created", "channel": shapes.channel_json(space, channel), "event_ts": ts}


def channel_renamed(channel: Channel, *, ts: str) -> Json:
    return {
        "type": "group_rename" if channel.is_private else "channel_rename",
        "channel": {
            "id": channel.id,
            "is_channel": True,
            "is_mpim": False,
            "name": channel.name,
            "name_normalized": channel.name,
            "created": channel.created,
        },
        "event_ts": ts,
    }


def channel_archived(channel: Channel, *, by: str, ts: str) -> Json:
    kind = "group_archive" if channel.is_private else "channel_archive"
    return {"type": kind, "channel": channel.id, "user": by, "is_moved": 0, "event_ts": ts}


def channel_unarchived(channel: Channel, *, by: str, ts: str) -> Json:
    # Slack names the actor differently in the two.
    if channel.is_private:
        return {"type": "group_unarchive", "channel": channel.id, "actor_id": by, "event_ts": ts}
    return {"type": "channel_unarchive", "channel": channel.id, "user": by, "event_ts": ts}


def user_change(space: WorkspaceState, user: User, *, ts: str) -> Json:
    return {
        "type": "user_change",
        "user": shapes.user_json(space, user),
        "cache_ts": space.now(),
        "event_ts": ts,
    }
