"""pins.*: messages that stay at hand in a channel."""

from __future__ import annotations

from bot.sandbox import shapes
from bot.sandbox.actions import messages
from bot.sandbox.state.model import Json, Message
from bot.sandbox.web.api.registry import ApiError, Call, method

_MOST = 100


def _item(call: Call, *, member: bool) -> Message:
    channel = call.joined_channel() if member else call.channel()
    if not call.given("timestamp"):
        raise ApiError("no_item_specified")
    return call.message_in(channel)


@method("pins.add", scopes=("pins:write",), required=("channel",))
def pins_add(call: Call) -> Json:
    message = _item(call, member=True)
    if message.tombstone or message.subtype.startswith(("channel_", "group_")):
        raise ApiError("not_pinnable")
    channel = call.workspace.channels[message.channel]
    if len(channel.pins) >= _MOST and all(pin.ts != message.ts for pin in channel.pins):
        raise ApiError("too_many_pins")
    if not messages.pin(call.workspace, message, by=call.bot.id):
        raise ApiError("already_pinned")
    return {}


@method("pins.remove", scopes=("pins:write",), required=("channel",))
def pins_remove(call: Call) -> Json:
    if not messages.unpin(call.workspace, _item(call, member=False), by=call.bot.id):
        raise ApiError("no_pin")
    return {}


@method("pins.list", scopes=("pins:read",), required=("channel",))
def pins_list(call: Call) -> Json:
    """The newest pin first."""
    channel = call.channel()
    items = [
        shapes.pinned_item_json(call.workspace, channel.messages[pin.ts], by=pin.by, at=pin.at) for pin in channel.pins
    ]
    return {"items": items}
