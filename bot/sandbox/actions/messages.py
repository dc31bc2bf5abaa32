"""What people and apps do with messages: each action changes the record and tells apps and onlookers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from bot.sandbox.shapes import events
from bot.sandbox.state.activity import Happening, Kind
from bot.sandbox.state.apps import InstalledApp
from bot.sandbox.state.model import Channel, File, Json, Message, Pin, Version, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState

# Makes client_msg_id the same in every run.
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def post(
    space: WorkspaceState,
    channel: Channel,
    *,
    user: str,
    text: str,
    app: InstalledApp | None = None,
    blocks: Sequence[Json] = (),
    attachments: Sequence[Json] = (),
    thread_ts: str | None = None,
    broadcast: bool = False,
    subtype: str = "",
    metadata: Json | None = None,
    username: str = "",
    icons: Json | None = None,
    files: Sequence[str] = (),
) -> Message:
    """Put a message into the channel, by a person or (with `app`) by an app's bot user."""
    answered = answered_message(channel, thread_ts) if thread_ts else None
    if answered is not None and answered.is_reply and app is None:
        answered = answered_message(channel, answered.thread_ts or "")  # people's clients know the parent
    ts = space.new_ts()
    message = Message(
        ts=ts,
        channel=channel.id,
        text=text,
        user=user,
        bot_id=app.bot_id if app else "",
        app_id=app.id if app else "",
        blocks=list(blocks),
        attachments=list(attachments),
        thread_ts=answered.ts if answered else None,
        broadcast=broadcast and answered is not None,
        subtype=subtype,
        metadata=metadata,
        username=username,
        icons=icons or {},
        files=list(files),
        client_msg_id="" if app or files else str(uuid.uuid5(_NAMESPACE, f"{channel.id}/{ts}")),
    )
    channel.messages[ts] = message
    if answered and not answered.is_reply:  # a thread below a reply is broken: nobody finds it
        _count_reply(answered, message)
    for file in files:
        space.files[file].shares.setdefault(channel.id, []).append(ts)
    space.emit_event(events.message_posted(space, message), channel=channel.id)
    for file in files:
        shared = events.file_shared(file, by=user, channel=channel.id, ts=space.new_ts())
        space.emit_event(shared, channel=channel.id)
        stored = space.files[file]
        content = stored.content.decode(errors="replace")
        _tell(space, message, "file", user, detail={"name": stored.name, "file": file, "content": content})
    if not files:
        _tell(space, message, "message", user)
    return message


def system_post(space: WorkspaceState, channel: Channel, *, user: str, subtype: str, text: str, extra: Json) -> None:
    """Slack's own line about a channel: a join, a topic, a new name; the action itself tells the onlookers."""
    message = Message(ts=space.new_ts(), channel=channel.id, text=text, user=user, subtype=subtype, extra=extra)
    channel.messages[message.ts] = message
    space.emit_event(events.message_posted(space, message), channel=channel.id)


def answered_message(channel: Channel, thread_ts: str) -> Message:
    """The message that `thread_ts` names; it should be a thread's parent, and may be a reply."""
    found = channel.messages.get(thread_ts)
    if found is None or found.deleted:
        raise WorkspaceError(f"there is no message {thread_ts} in {channel.name or channel.id} to reply to")
    return found


def _count_reply(parent: Message, reply: Message) -> None:
    parent.thread_ts = parent.ts
    parent.replies.append(reply.ts)
    if reply.user not in parent.reply_users:
        parent.reply_users.append(reply.user)


def edit(
    space: WorkspaceState,
    message: Message,
    *,
    by: str,
    text: str | None = None,
    blocks: Sequence[Json] | None = None,
    attachments: Sequence[Json] | None = None,
    metadata: Json | None = None,
    broadcast: bool = False,
    app: InstalledApp | None = None,
) -> None:
    """Change a message; it counts as edited only where its text changed, as on Slack."""
    previous = events.snapshot(space, message)
    old, ts = message.text, space.new_ts()
    if blocks is not None:
        message.blocks = list(blocks)
    if attachments is not None:
        message.attachments = list(attachments)
    if metadata is not None:
        message.metadata = metadata or None  # an empty object takes it away
    message.broadcast = message.broadcast or (broadcast and message.is_reply)
    if text is not None and text != old:
        message.versions.append(Version(until=space.clock.time(), text=old))
        message.text = text
        message.edited_by, message.edited_ts = (app.bot_id if app else by), ts
    space.emit_event(events.message_changed(space, message, previous, ts=ts), channel=message.channel)
    _tell(space, message, "edit", by, detail={"old_text": old})


def delete(space: WorkspaceState, message: Message, *, by: str) -> None:
    """Remove a message; a parent with replies leaves a tombstone, so that its thread stays readable."""
    channel = space.channels[message.channel]
    previous = events.snapshot(space, message)
    ts = space.new_ts()
    channel.pins = [pin for pin in channel.pins if pin.ts != message.ts]
    for file in message.files:
        shares = space.files[file].shares
        shares[channel.id] = [one for one in shares.get(channel.id, []) if one != message.ts]
        if not shares[channel.id]:
            del shares[channel.id]
    if message.replies:
        message.tombstone = True
        event = events.message_changed(space, message, previous, ts=ts)
    else:
        message.deleted_at = space.clock.time()
        _forget_reply(channel, message)
        event = events.message_deleted(space, message, previous, ts=ts)
    space.emit_event(event, channel=channel.id)
    _tell(space, message, "delete", by, detail={"old_text": message.text})


def _forget_reply(channel: Channel, reply: Message) -> None:
    parent = channel.messages.get(reply.thread_ts or "")
    if parent is None or reply.ts not in parent.replies:
        return
    parent.replies.remove(reply.ts)
    parent.reply_users = list(dict.fromkeys(channel.messages[ts].user for ts in parent.replies))
    if not parent.replies and not parent.tombstone:
        parent.thread_ts = None


def react(space: WorkspaceState, message: Message, *, by: str, name: str) -> bool:
    """Add a reaction; False where this user has it there already."""
    users = message.reactions.setdefault(name, [])
    if by in users:
        return False
    users.append(by)
    event = events.reaction("reaction_added", message, by=by, name=name, ts=space.new_ts())
    space.emit_event(event, channel=message.channel)
    _tell(space, message, "reaction", by, detail={"name": name})
    return True


def unreact(space: WorkspaceState, message: Message, *, by: str, name: str) -> bool:
    """Take a reaction away; False where this user has none."""
    users = message.reactions.get(name, [])
    if by not in users:
        return False
    users.remove(by)
    if not users:
        del message.reactions[name]
    event = events.reaction("reaction_removed", message, by=by, name=name, ts=space.new_ts())
    space.emit_event(event, channel=message.channel)
    _tell(space, message, "reaction_removed", by, detail={"name": name})
    return True


def pin(space: WorkspaceState, message: Message, *, by: str) -> bool:
    """Pin a message; False where it is pinned already."""
    channel = space.channels[message.channel]
    if any(one.ts == message.ts for one in channel.pins):
        return False
    new = Pin(ts=message.ts, by=by, at=space.now())
    channel.pins.insert(0, new)  # the newest pin comes first in the list
    event = events.pin(space, "pin_added", message, pinned=new, by=by, ts=space.new_ts())
    space.emit_event(event, channel=channel.id)
    _tell(space, message, "pin", by)
    return True


def unpin(space: WorkspaceState, message: Message, *, by: str) -> bool:
    """Take a pin away; False where there is none."""
    channel = space.channels[message.channel]
    found = next((one for one in channel.pins if one.ts == message.ts), None)
    if found is None:
        return False
    channel.pins.remove(found)
    event = events.pin(space, "pin_removed", message, pinned=found, by=by, ts=space.new_ts())
    space.emit_event(event, channel=channel.id)
    _tell(space, message, "unpin", by)
    return True


def new_file(space: WorkspaceState, *, name: str, user: str, content: bytes) -> File:
    """A file that has arrived and is not yet shared."""
    file = File(
        id=space.new_id("F"),
        name=name,
        title=name,
        user=user,
        created=space.now(),
        content=content,
        announced_size=len(content),
        received=True,
    )
    space.files[file.id] = file
    return file


def _tell(space: WorkspaceState, message: Message, kind: Kind, user: str, detail: Json | None = None) -> None:
    space.tell(
        Happening(
            at=space.clock.time(),
            kind=kind,
            user=user,
            channel=message.channel,
            text=message.text,
            ts=message.ts,
            thread_ts=message.thread_ts if message.is_reply else None,
            blocks=tuple(message.blocks),
            detail=detail or {},
        )
    )
