"""conversations.*, what only reads: channels, members, history and threads."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.sandbox import shapes
from bot.sandbox.state.model import Channel, Json, Message
from bot.sandbox.web.api.pages import page_of
from bot.sandbox.web.api.registry import ApiError, Call, by_kind, method
from bot.sandbox.web.api.users import find_user

_KINDS = {"public_channel": "channel", "private_channel": "group", "mpim": "mpim", "im": "im"}
_TIME = re.compile(r"(\d{1,10})(?:\.(\d{1,6}))?")


@method("conversations.info", scopes=by_kind("read"), required=("channel",))
def conversations_info(call: Call) -> Json:
    members = call.flag("include_num_members")
    shape = shapes.channel_json(call.workspace, call.channel(), viewer=call.bot.id, num_members=members)
    return {"channel": shape | {"locale": "en-US"} if call.flag("include_locale") else shape}


def _of_kinds(call: Call, channels: Iterable[Channel]) -> tuple[list[Channel], str]:
    types = call.names("types") or ["public_channel"]
    if unknown := [one for one in types if one not in _KINDS]:
        raise ApiError("invalid_types", arg=unknown[0])
    kinds = {_KINDS[one] for one in types}
    for kind in sorted(kinds):
        call.need_scope_for(kind)
    archived = not call.flag("exclude_archived")
    found = [c for c in channels if c.kind in kinds and call.sees(c) and (archived or not c.is_archived)]
    return page_of(call, found, lambda channel: channel.id, kind="team", default=100, most=1000, strict=True)


@method("conversations.list", scopes=by_kind("read"))
def conversations_list(call: Call) -> Json:
    page, cursor = _of_kinds(call, call.workspace.channels.values())
    shown = [shapes.channel_json(call.workspace, c, viewer=call.bot.id, num_members=True) for c in page]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


@method("users.conversations", scopes=by_kind("read"))
def users_conversations(call: Call) -> Json:
    """The channels that somebody (the bot, where no user is given) is a member of, as far as the bot can see them."""
    user = find_user(call) if call.given("user") else call.bot
    page, cursor = _of_kinds(call, [c for c in call.workspace.channels.values() if user.id in c.members])
    shown = [shapes.channel_json(call.workspace, c) for c in page]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


@method("conversations.members", scopes=by_kind("read"), required=("channel",))
def conversations_members(call: Call) -> Json:
    """Members in the order in which they joined; deactivated people are listed nowhere."""
    members = [one for one in call.channel().members if not call.workspace.user(one).deleted]
    page, cursor = page_of(call, members, lambda member: member, kind="user", default=100, most=1000, strict=True)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


# --- messages


def _micros(call: Call, name: str) -> int | None:
    """A time in `oldest` or `latest`, in microseconds."""
    if not call.given(name):
        return None
    match = _TIME.fullmatch(call.text(name))
    if match is None:
        raise ApiError(f"invalid_ts_{name}")
    return int(match[1]) * 1_000_000 + int((match[2] or "").ljust(6, "0"))


def _between(call: Call, messages: Iterable[Message]) -> list[Message]:
    oldest, latest, inclusive = _micros(call, "oldest"), _micros(call, "latest"), call.flag("inclusive")
    found = []
    for message in messages:
        at = int(message.ts.replace(".", ""))
        late_enough = oldest is None or at > oldest or (inclusive and at == oldest)
        early_enough = latest is None or at < latest or (inclusive and at == latest)
        if late_enough and early_enough:
            found.append(message)
    return found


def _shape(call: Call, message: Message) -> Json:
    return shapes.listed_message_json(call.workspace, message, metadata=call.flag("include_all_metadata"))


@method("conversations.history", scopes=by_kind("history"), required=("channel",))
def conversations_history(call: Call) -> Json:
    """Parents and broadcast replies only, the newest first."""
    channel = call.joined_channel()
    shown = [m for m in channel.messages.values() if not m.deleted and (m.broadcast or not m.is_reply)]
    found = _between(call, shown)[::-1]
    page, cursor = page_of(call, found, lambda message: message.ts, kind="next_ts", default=100, most=999)
    answer: Json = {
        "messages": [_shape(call, message) for message in page],
        "has_more": bool(cursor),
        "pin_count": len(channel.pins),
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    answer |= {name: call.text(name) for name in ("oldest", "latest") if call.given(name)}
    return answer | {"response_metadata": {"next_cursor": cursor}} if cursor else answer


@method("conversations.replies", scopes=by_kind("history"), required=("channel", "ts"))
def conversations_replies(call: Call) -> Json:
    """A parent on every page and its replies, the oldest first; a reply's own ts gives that reply alone."""
    channel = call.channel()
    if call.bot.id not in channel.members:
        raise ApiError("channel_not_found")
    named = channel.messages.get(call.timestamp("ts", error="thread_not_found"))
    if named is None or named.deleted:
        raise ApiError("thread_not_found")
    replies = [] if named.is_reply else [channel.messages[ts] for ts in named.replies]
    found = _between(call, replies)
    page, cursor = page_of(call, found, lambda message: message.ts, kind="next_ts", default=1000, most=1000)
    answer: Json = {"messages": [_shape(call, one) for one in (named, *page)], "has_more": bool(cursor)}
    return answer | {"response_metadata": {"next_cursor": cursor}} if cursor else answer
