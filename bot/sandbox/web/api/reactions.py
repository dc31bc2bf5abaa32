"""reactions.*: emoji on messages."""

from __future__ import annotations

from bot.sandbox import shapes
from bot.sandbox.actions import messages
from bot.sandbox.state.model import Json, Message
from bot.sandbox.web.api.registry import ApiError, Call, method

_MOST_EMOJI = 50  # different ones on a message
_MOST_BY_ONE = 23


def _name(call: Call) -> str:
    name = call.text("name").strip(":")
    if not call.workspace.knows_emoji(name):
        raise ApiError("invalid_name")
    return name


def _item(call: Call) -> Message:
    if not (call.given("channel") and call.given("timestamp")):
        raise ApiError("no_item_specified")
    return call.message_in(call.channel())


@method("reactions.add", scopes=("reactions:write",), required=("name", "channel", "timestamp"))
def reactions_add(call: Call) -> Json:
    name, message = _name(call), _item(call)
    channel = call.workspace.channels[message.channel]
    if channel.is_archived:
        raise ApiError("is_archived")
    if call.bot.id not in channel.members:
        raise ApiError("no_access")
    if message.tombstone:
        raise ApiError("not_reactable")
    if name not in message.reactions and len(message.reactions) >= _MOST_EMOJI:
        raise ApiError("too_many_emoji")
    if sum(call.bot.id in users for users in message.reactions.values()) >= _MOST_BY_ONE:
        raise ApiError("too_many_reactions")
    if not messages.react(call.workspace, message, by=call.bot.id, name=name):
        raise ApiError("already_reacted")
    return {}


@method("reactions.remove", scopes=("reactions:write",), required=("name",))
def reactions_remove(call: Call) -> Json:
    name, message = _name(call), _item(call)
    if not messages.unreact(call.workspace, message, by=call.bot.id, name=name):
        raise ApiError("no_reaction")
    return {}


@method("reactions.get", scopes=("reactions:read",))
def reactions_get(call: Call) -> Json:
    message = _item(call)
    shape = shapes.message_json(call.workspace, message)
    kept = {key: shape[key] for key in _GET_KEYS if key in shape}
    if message.reactions:
        kept["reactions"] = shapes.reactions_json(message)
    kept["permalink"] = shapes.permalink(call.workspace, message)
    return {"type": "message", "channel": message.channel, "message": kept}


# This method shows the message and leaves out its thread and edits.
_GET_KEYS = ("bot_id", "type", "text", "user", "ts", "team", "bot_profile", "app_id", "blocks")
