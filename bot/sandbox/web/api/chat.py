"""chat.*: what an app says, changes and takes back."""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.actions import channels, messages
from bot.sandbox.state.model import Channel, Json, Message, WorkspaceError
from bot.sandbox.state.typed_text import posted_text
from bot.sandbox.web.api.message_content import content_of
from bot.sandbox.web.api.registry import ApiError, Call, method

_WRITE = ("chat:write",)
_LONGEST_METADATA = 16_000
# The answer of chat.update shows what it changed and says nothing of the thread.
_UPDATE_KEYS = (
    "type",
    "user",
    "bot_id",
    "app_id",
    "team",
    "bot_profile",
    "text",
    "blocks",
    "attachments",
    "edited",
    "metadata",
    "files",
    "upload",
    "display_as_bot",
)


def _channel(call: Call, *, users: bool = False) -> Channel:
    """The channel by id or name, and with `users` also by somebody's id: the direct message with them."""
    wanted = call.text("channel")
    space = call.workspace
    user = space.users.get(wanted)
    if users and user is not None and not user.deleted and not user.is_bot:
        return channels.open_direct(space, [call.bot.id, user.id])
    found = space.channels.get(wanted) or space.channel_named(wanted.removeprefix("#"))
    if found is None or not call.sees(found):
        raise ApiError("channel_not_found")
    return found


def _may_post(call: Call, channel: Channel, *, public: bool) -> None:
    if channel.is_archived:
        raise ApiError("is_archived")
    if call.bot.id not in channel.members and not (public and "chat:write.public" in call.app.scopes):
        raise ApiError("not_in_channel")


def _parent_ts(call: Call, channel: Channel) -> str | None:
    if not call.given("thread_ts"):
        return None
    try:
        return messages.answered_message(channel, call.text("thread_ts")).ts
    except WorkspaceError as error:
        raise ApiError("cannot_reply_to_message") from error


def _metadata(call: Call) -> Json | None:
    """The message's metadata; an empty object is one, and takes away what was there."""
    found = call.json("metadata")
    if found is None or found == {}:
        return None if found is None else {}
    if not isinstance(found, dict):
        raise ApiError("invalid_metadata_format")
    if not isinstance(found.get("event_type"), str) or not isinstance(found.get("event_payload"), dict):
        raise ApiError("invalid_metadata_schema")
    if len(json.dumps(found)) > _LONGEST_METADATA:
        raise ApiError("metadata_too_large")
    return {"event_type": found["event_type"], "event_payload": found["event_payload"]}


def _looks(call: Call) -> dict[str, Any]:
    """A name and picture of its own, where the app may have them; ignored where it may not."""
    if "chat:write.customize" not in call.app.scopes:
        return {}
    emoji, url = call.text("icon_emoji"), call.text("icon_url")
    icons: Json = {"emoji": emoji} if emoji else ({"image_64": url} if url else {})
    return {"username": call.text("username"), "icons": icons}


@method("chat.postMessage", scopes=_WRITE, required=("channel",))
def chat_post_message(call: Call) -> Json:
    channel = _channel(call, users=True)
    _may_post(call, channel, public=True)
    content, parent = content_of(call), _parent_ts(call, channel)
    looks = _looks(call)
    message = messages.post(
        call.workspace,
        channel,
        user=call.bot.id,
        app=call.app,
        text=content.text or "",
        blocks=content.blocks or [],
        attachments=content.attachments or [],
        thread_ts=parent,
        broadcast=call.flag("reply_broadcast"),
        subtype="bot_message" if looks.get("username") else "",
        metadata=_metadata(call) or None,
        **looks,
    )
    shape = shapes.message_json(call.workspace, message)
    if message.broadcast:
        shape["root"] = shapes.root_json(call.workspace, message)
    if message.metadata:
        shape["metadata"] = message.metadata
    return {"channel": channel.id, "ts": message.ts, "message": shape}


@method("chat.postEphemeral", scopes=_WRITE, required=("channel", "user"))
def chat_post_ephemeral(call: Call) -> Json:
    channel = _channel(call)
    _may_post(call, channel, public=False)
    if call.text("user") not in channel.members:
        raise ApiError("user_not_in_channel")
    content, parent = content_of(call), _parent_ts(call, channel)
    ts = call.workspace.show_ephemeral(
        channel.id,
        call.text("user"),
        content.text or "",
        content.blocks or [],
        by=call.bot.id,
        thread_ts=parent,
    )
    return {"message_ts": ts}


@method("chat.meMessage", scopes=_WRITE, required=("channel", "text"))
def chat_me_message(call: Call) -> Json:
    channel = _channel(call)
    _may_post(call, channel, public=False)
    if not call.text("text"):
        raise ApiError("no_text")
    message = messages.post(
        call.workspace,
        channel,
        user=call.bot.id,
        app=call.app,
        text=posted_text(call.text("text")),
        subtype="me_message",
    )
    return {"channel": channel.id, "ts": message.ts}


def _own_message(call: Call, refusal: str) -> Message:
    """The message that `channel` and `ts` name, where this app posted it."""
    channel = call.channel()
    message = call.message_in(channel, "ts", bad="message_not_found")
    if message.tombstone:
        raise ApiError("message_not_found")
    if message.app_id != call.app.id:
        raise ApiError(refusal)
    return message


@method("chat.update", scopes=_WRITE, required=("channel", "ts"))
def chat_update(call: Call) -> Json:
    """What is left out stays as it was; an empty list or object takes it away."""
    message = _own_message(call, "cant_update_message")
    if call.workspace.channels[message.channel].is_archived:
        raise ApiError("is_inactive")
    content, metadata = content_of(call, longest=4000, metadata="metadata" in call.args), _metadata(call)
    messages.edit(
        call.workspace,
        message,
        by=call.bot.id,
        app=call.app,
        text=content.text,
        blocks=content.blocks,
        attachments=content.attachments,
        metadata=metadata,
        broadcast=call.flag("reply_broadcast"),
    )
    shape = shapes.message_json(call.workspace, message)
    if message.metadata:
        shape["metadata"] = message.metadata
    shown = {key: shape[key] for key in _UPDATE_KEYS if key in shape}
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


@method("chat.delete", scopes=_WRITE, required=("channel", "ts"))
def chat_delete(call: Call) -> Json:
    message = _own_message(call, "cant_delete_message")
    messages.delete(call.workspace, message, by=call.bot.id)
    return {"channel": message.channel, "ts": message.ts}


@method("chat.getPermalink", required=("channel", "message_ts"))
def chat_get_permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message_in(channel, "message_ts", bad="message_not_found")
    return {"channel": channel.id, "permalink": shapes.permalink(call.workspace, message)}
