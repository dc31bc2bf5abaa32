"""conversations.*, what changes a channel: making, naming, closing it, and who is in it."""

from __future__ import annotations

from bot.sandbox import shapes
from bot.sandbox.actions import channels
from bot.sandbox.state.channel_names import name_problem
from bot.sandbox.state.model import Channel, Json, User
from bot.sandbox.web.api.registry import ApiError, Call, method

_MANAGE = {
    "channel": ("channels:manage", "channels:write"),
    "group": ("groups:write",),
    "im": ("im:write",),
    "mpim": ("mpim:write",),
}
_TOPIC = {
    "channel": ("channels:write.topic", "channels:manage"),
    "group": ("groups:write.topic", "groups:write"),
    "im": ("im:write.topic", "im:write"),
    "mpim": ("mpim:write.topic", "mpim:write"),
}
_INVITE = {
    "channel": ("channels:write.invites", "channels:manage"),
    "group": ("groups:write.invites", "groups:write"),
    "im": ("im:write",),
    "mpim": ("mpim:write",),
}
_KICK = {"channel": ("channels:manage",), "group": ("groups:write",)}
_OPEN = {"channel": ("channels:manage",), "group": ("groups:write",), "im": ("im:write",), "mpim": ("mpim:write",)}
_LONGEST_NOTE = 250
_MOST_INVITED = 100
_MOST_IN_DIRECT = 8


def _shape(call: Call, channel: Channel) -> Json:
    return shapes.channel_json(call.workspace, channel, viewer=call.bot.id)


def _named(channel: Channel) -> Channel:
    if channel.is_direct:
        raise ApiError("method_not_supported_for_channel_type")
    return channel


def _open_channel(call: Call) -> Channel:
    """A channel that is not archived, with the bot in it."""
    channel = _named(call.channel())
    if channel.is_archived:
        raise ApiError("is_archived")
    return call.joined_channel()


# --- the channel itself


@method("conversations.create", scopes=_MANAGE)
def conversations_create(call: Call) -> Json:
    """A new channel; the app's bot is its creator and first member."""
    is_private = call.flag("is_private")
    call.need_scope_for("group" if is_private else "channel")
    name = call.text("name")
    if problem := name_problem(call.workspace, name):
        raise ApiError(problem)
    channel = channels.create(call.workspace, name, creator=call.bot.id, is_private=is_private, joins=True)
    return {"channel": _shape(call, channel)}


@method("conversations.rename", scopes=_MANAGE, required=("channel", "name"))
def conversations_rename(call: Call) -> Json:
    channel, name = _open_channel(call), call.text("name")
    if channel.creator != call.bot.id:
        raise ApiError("not_authorized")
    if name != channel.name:
        if problem := name_problem(call.workspace, name):
            raise ApiError(problem)
        channels.rename(call.workspace, channel, name, by=call.bot.id)
    return {"channel": _shape(call, channel)}


def _note(call: Call, name: str) -> str:
    note = call.text(name)
    if len(note) > _LONGEST_NOTE:
        raise ApiError("too_long")
    return note


@method("conversations.setTopic", scopes=_TOPIC, required=("channel", "topic"))
def conversations_set_topic(call: Call) -> Json:
    channel = _open_channel(call)
    channels.set_topic(call.workspace, channel, _note(call, "topic"), by=call.bot.id)
    return {"channel": _shape(call, channel)}


@method("conversations.setPurpose", scopes=_TOPIC, required=("channel", "purpose"))
def conversations_set_purpose(call: Call) -> Json:
    channel = _open_channel(call)
    channels.set_purpose(call.workspace, channel, _note(call, "purpose"), by=call.bot.id)
    return {"channel": _shape(call, channel)}


@method("conversations.archive", scopes=_MANAGE, required=("channel",))
def conversations_archive(call: Call) -> Json:
    channel = _named(call.channel())
    if channel.is_general:
        raise ApiError("cant_archive_general")
    if channel.is_archived:
        raise ApiError("already_archived")
    channels.archive(call.workspace, call.joined_channel(), by=call.bot.id)
    return {}


@method("conversations.unarchive", scopes=_MANAGE, required=("channel",))
def conversations_unarchive(call: Call) -> Json:
    """A bot's token never opens a channel again, though the reference does not say so."""
    channel = _named(call.channel())
    raise ApiError("not_in_channel" if channel.is_archived else "not_archived")


# --- who is in it


@method("conversations.join", scopes=("channels:join",), required=("channel",))
def conversations_join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "channel":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    if call.bot.id in channel.members:
        warning = "already_in_channel"
        return {"channel": _shape(call, channel), "warning": warning, "response_metadata": {"warnings": [warning]}}
    channels.join(call.workspace, channel, call.bot.id)
    return {"channel": _shape(call, channel)}


@method("conversations.leave", scopes=_MANAGE, required=("channel",))
def conversations_leave(call: Call) -> Json:
    channel = _named(call.channel())
    if channel.is_archived:
        raise ApiError("is_archived")
    if channel.is_general:
        raise ApiError("cant_leave_general")
    if call.bot.id not in channel.members:
        return {"ok": False, "not_in_channel": True}  # no `error`: Slack takes it for a warning
    if channel.members == [call.bot.id]:
        raise ApiError("last_member")
    channels.leave(call.workspace, channel, call.bot.id)
    return {}


@method("conversations.invite", scopes=_INVITE, required=("channel",))
def conversations_invite(call: Call) -> Json:
    """All or nobody, unless `force` lets the valid ones in and names the others."""
    channel, wanted = _open_channel(call), call.names("users")
    if not wanted:
        raise ApiError("no_user")
    if len(wanted) > _MOST_INVITED:
        raise ApiError("user_not_found")
    problems = {one: error for one in wanted if (error := _cannot_be_invited(call, channel, one))}
    welcome = [one for one in dict.fromkeys(wanted) if one not in problems]
    errors = [{"user": one, "ok": False, "error": error} for one, error in problems.items()]
    if errors and not (call.flag("force") and welcome):
        raise ApiError(next(iter(problems.values())), errors=errors)
    for one in welcome:
        channels.join(call.workspace, channel, one, inviter=call.bot.id)
    shape: Json = {"channel": _shape(call, channel)}
    return shape | {"errors": errors} if errors else shape


def _cannot_be_invited(call: Call, channel: Channel, wanted: str) -> str | None:
    user = call.workspace.users.get(wanted)
    problems = (
        ("user_not_found", user is None),
        ("cant_invite_self", wanted == call.bot.id),
        ("cant_invite", user is not None and user.deleted),
        ("already_in_channel", wanted in channel.members),
        ("ura_max_channels", user is not None and user.is_ultra_restricted and _is_somewhere(call, user)),
        ("user_is_restricted", user is not None and user.is_restricted),
        ("no_external_invite_permission", user is not None and call.workspace.is_foreign(user)),
    )
    return next((error for error, wrong in problems if wrong), None)


def _is_somewhere(call: Call, user: User) -> bool:
    return any(user.id in channel.members for channel in call.workspace.channels.values() if not channel.is_direct)


@method("conversations.kick", scopes=_KICK, required=("channel",))
def conversations_kick(call: Call) -> Json:
    channel = _named(call.joined_channel())
    if call.text("user") not in call.workspace.users:
        raise ApiError("user_not_found")
    problems = (
        ("cant_kick_self", call.text("user") == call.bot.id),
        ("cant_kick_from_general", channel.is_general),
        ("not_in_channel", call.text("user") not in channel.members),
    )
    for error, wrong in problems:
        if wrong:
            raise ApiError(error)
    channels.leave(call.workspace, channel, call.text("user"), kicked_by=call.bot.id)
    return {"errors": {}}


# --- direct messages


@method("conversations.open", scopes=_OPEN)
def conversations_open(call: Call) -> Json:
    """The direct message with these people; opened where there is none yet."""
    if call.given("channel"):
        found: Channel | None = call.channel()
        if found is not None and not found.is_direct:
            raise ApiError("method_not_supported_for_channel_type")
    else:
        users = _direct_users(call)
        found = call.workspace.direct_channel([call.bot.id, *users])
        if found is None:
            call.need_scope_for("im" if len(users) == 1 else "mpim")
            if call.flag("prevent_creation"):
                raise ApiError("channel_not_found")
            made = channels.open_direct(call.workspace, [call.bot.id, *users])
            return {"channel": _direct_shape(call, made)}
    already: Json = {"no_op": True, "already_open": True, "channel": _direct_shape(call, found)} if found else {}
    return already


def _direct_users(call: Call) -> list[str]:
    if not call.given("users"):
        raise ApiError("users_list_not_supplied")
    wanted: list[User] = []
    for one in dict.fromkeys(call.names("users")):
        user = call.workspace.users.get(one)
        if user is None:
            raise ApiError("user_not_found")
        if user.deleted:
            raise ApiError("user_disabled")
        if user.id != call.bot.id:
            wanted.append(user)
    if not wanted:
        raise ApiError("not_enough_users")
    if len(wanted) > _MOST_IN_DIRECT:
        raise ApiError("too_many_users")
    return [user.id for user in wanted]


def _direct_shape(call: Call, channel: Channel) -> Json:
    if not call.flag("return_im"):
        return {"id": channel.id}
    return _shape(call, channel) | {"is_open": True, "last_read": "0000000000.000000"}
