"""What people and apps do with channels: each action changes the record and tells apps and onlookers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.sandbox.actions.messages import system_post
from bot.sandbox.shapes import events
from bot.sandbox.state.activity import Happening, Kind
from bot.sandbox.state.model import Channel, Json, Note, User, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState


def create(
    space: WorkspaceState,
    name: str,
    *,
    creator: str,
    is_private: bool = False,
    members: Iterable[str] = (),
    joins: bool = False,
) -> Channel:
    """A new channel; with `joins` its creator is seen entering it, else `members` are simply in it."""
    if space.channel_named(name) is not None:
        raise WorkspaceError(f"there is already a channel {name!r}")
    channel = Channel(id=space.new_id("C"), name=name, is_private=is_private, creator=creator, created=space.now())
    channel.is_general = name == "general"
    channel.members = list(members)
    space.channels[channel.id] = channel
    _touch(space, channel)
    if not is_private:  # Slack announces public channels only
        space.emit_event(events.channel_created(space, channel, ts=space.new_ts()))
    _tell(space, channel, "channel_created", creator, text=name, detail={"is_private": is_private})
    if joins:
        join(space, channel, creator)
    return channel


def open_direct(space: WorkspaceState, users: Sequence[str]) -> Channel:
    """The direct message between these users (two: an im, more: an mpim), made where there is none."""
    members = list(dict.fromkeys(users))
    found = space.direct_channel(members)
    if found is not None:
        return found
    many = len(members) > 2
    names = [space.user(one).name for one in members]
    channel = Channel(
        id=space.new_id("G" if many else "D"),
        name=f"mpdm-{'--'.join(names)}-1" if many else "",
        is_im=not many,
        is_mpim=many,
        is_private=many,
        creator=members[0],
        created=space.now(),
        members=members,
    )
    space.channels[channel.id] = channel
    _touch(space, channel)
    return channel


def join(space: WorkspaceState, channel: Channel, user: str, *, inviter: str = "") -> None:
    """Somebody enters, by themselves or brought by `inviter`."""
    channel.members.append(user)
    joined = events.membership(space, "member_joined_channel", channel, user=user, inviter=inviter, ts=space.new_ts())
    space.emit_event(joined, channel=channel.id)
    extra: Json = {"inviter": inviter} if inviter else {}
    system_post(
        space, channel, user=user, subtype="channel_join", text=f"<@{user}> has joined the channel", extra=extra
    )
    _tell(space, channel, "join", user, detail=extra)


def require_open(channel: Channel) -> None:
    """WorkspaceError where the channel is archived."""
    if channel.is_archived:
        raise WorkspaceError(f"{channel.name} is archived")


def enter(space: WorkspaceState, who: str, which: str) -> tuple[User, Channel]:
    """Somebody active in an open channel that they are a member of, joining a public one on the way."""
    person = space.active_user(who)
    there = space.seen_channel(person, which)
    require_open(there)
    if person.id not in there.members:
        join(space, there, person.id)
    return person, there


def leave(space: WorkspaceState, channel: Channel, user: str, *, kicked_by: str = "") -> None:
    """Somebody leaves, or is put out by `kicked_by`; an app that is put out is told so."""
    channel.members.remove(user)
    left = events.membership(space, "member_left_channel", channel, user=user, ts=space.new_ts())
    space.emit_event(left, channel=channel.id)
    for app in space.apps:
        if app.bot_user_id == user:
            app.deliver_event(events.app_left(channel, actor=kicked_by or user, ts=space.new_ts()))
    if not kicked_by:
        text = f"<@{user}> has left the channel"
        system_post(space, channel, user=user, subtype="channel_leave", text=text, extra={})
    _tell(space, channel, "leave", user, detail={"kicked_by": kicked_by} if kicked_by else {})


def set_topic(space: WorkspaceState, channel: Channel, topic: str, *, by: str) -> None:
    channel.topic = Note(value=topic, creator=by, last_set=space.now())
    _touch(space, channel)
    text = f"<@{by}> set the channel topic: {topic}" if topic else f"<@{by}> cleared the channel topic"
    subtype = "group_topic" if channel.is_private else "channel_topic"
    system_post(space, channel, user=by, subtype=subtype, text=text, extra={"topic": topic})
    _tell(space, channel, "topic", by, text=topic)


def set_purpose(space: WorkspaceState, channel: Channel, purpose: str, *, by: str) -> None:
    """The description; onlookers are not told, Slack shows it in the channel's details only."""
    channel.purpose = Note(value=purpose, creator=by, last_set=space.now())
    _touch(space, channel)
    text = f"<@{by}> set the channel description: {purpose}" if purpose else f"<@{by}> cleared the channel description"
    subtype = "group_purpose" if channel.is_private else "channel_purpose"
    system_post(space, channel, user=by, subtype=subtype, text=text, extra={"purpose": purpose})


def rename(space: WorkspaceState, channel: Channel, name: str, *, by: str) -> None:
    old, channel.name = channel.name, name
    channel.previous_names = [old, *(one for one in channel.previous_names if one != old)]
    _touch(space, channel)
    renamed = events.channel_renamed(channel, ts=space.new_ts())
    space.emit_event(renamed, channel=channel.id if channel.is_private else None)
    text = f'<@{by}> has renamed the channel from "{old}" to "{name}"'
    subtype = "group_name" if channel.is_private else "channel_name"
    system_post(space, channel, user=by, subtype=subtype, text=text, extra={"old_name": old, "name": name})


def make_private(space: WorkspaceState, channel: Channel, *, by: str) -> None:
    """From now on only its members see it."""
    channel.is_private = True
    _touch(space, channel)
    text = f"<@{by}> made this channel private"
    system_post(space, channel, user=by, subtype="channel_convert_to_private", text=text, extra={})


def archive(space: WorkspaceState, channel: Channel, *, by: str) -> None:
    """Close it: everything can be read, nothing can be said."""
    subtype = "group_archive" if channel.is_private else "channel_archive"
    system_post(space, channel, user=by, subtype=subtype, text=f"<@{by}> archived the channel", extra={})
    channel.is_archived = True
    _touch(space, channel)
    archived = events.channel_archived(channel, by=by, ts=space.new_ts())
    space.emit_event(archived, channel=channel.id if channel.is_private else None)
    _tell(space, channel, "archive", by)


def unarchive(space: WorkspaceState, channel: Channel, *, by: str) -> None:
    channel.is_archived = False
    _touch(space, channel)
    if by not in channel.members:
        channel.members.append(by)  # who opens a channel again is in it
    opened = events.channel_unarchived(channel, by=by, ts=space.new_ts())
    space.emit_event(opened, channel=channel.id if channel.is_private else None)
    subtype = "group_unarchive" if channel.is_private else "channel_unarchive"
    system_post(space, channel, user=by, subtype=subtype, text=f"<@{by}> un-archived the channel", extra={})


def _touch(space: WorkspaceState, channel: Channel) -> None:
    channel.updated = round(space.clock.time() * 1000)


def _tell(
    space: WorkspaceState, channel: Channel, kind: Kind, user: str, *, text: str = "", detail: Json | None = None
) -> None:
    space.tell(
        Happening(at=space.clock.time(), kind=kind, user=user, channel=channel.id, text=text, detail=detail or {})
    )
