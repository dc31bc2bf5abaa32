"""The workspace as somebody looks at it from outside: plain JSON of what is there and who can see it."""

from __future__ import annotations

from bot.sandbox import shapes
from bot.sandbox.delivery.app import App
from bot.sandbox.state.activity import Happening
from bot.sandbox.state.model import Channel, Json, Message, User
from bot.sandbox.workspace import Workspace


def state(space: Workspace) -> Json:
    """Users, channels, apps, and the views that people have open."""
    talk = space.interactions if space.apps else None
    people = [user for user in space.users.values() if not user.is_bot]
    open_views = {user.name: talk.views.stack(user.id) for user in people} if talk else {}
    homes = (
        {(user.name, app): talk.views.home(app.id, user.id) for user in people for app in space.apps} if talk else {}
    )
    return {
        "time": space.clock.time(),
        "team": {"id": space.team_id, "name": space.name, "domain": space.domain},
        "users": [_user(user) for user in space.users.values()],
        "channels": [_channel(channel) for channel in space.channels.values()],
        "apps": [_app(app) for app in space.apps],
        "views": {name: [view.shown() for view in views] for name, views in open_views.items() if views},
        "homes": {name: view.shown() for (name, _), view in homes.items() if view},
        "unacknowledged": space.unacknowledged(),
    }


def messages(space: Workspace, channel: Channel) -> list[Json]:
    """A channel's messages, the oldest first, each with its thread; what only one person was shown is among them."""
    whispers = [one for one in space.ephemerals if one.channel == channel.id]
    shown: list[Json] = []
    for message in channel.messages.values():
        if message.is_reply:
            continue
        replies = [one for one in channel.messages.values() if one.is_reply and one.thread_ts == message.ts]
        thread = [_message(space, channel, one) for one in replies]
        thread += [_whisper(space, one) for one in whispers if one.thread_ts == message.ts]
        shown.append(_message(space, channel, message) | {"thread": _in_order(thread)})
    parents = {message["ts"] for message in shown}
    # Below a reply there is no thread: what was posted there hangs loose.
    lost = [one for one in channel.messages.values() if one.is_reply and one.thread_ts not in parents]
    shown += [_message(space, channel, one) | {"thread": []} for one in lost]
    loose = [one for one in whispers if one.thread_ts not in parents]
    return _in_order([*shown, *(_whisper(space, one) | {"thread": []} for one in loose)])


def _in_order(shown: list[Json]) -> list[Json]:
    return sorted(shown, key=lambda one: tuple(int(part) for part in str(one["ts"]).split(".")))


def _user(user: User) -> Json:
    return {
        "id": user.id,
        "name": user.name,
        "real_name": user.real_name,
        "title": user.title,
        "team_id": user.team_id,
        "is_bot": user.is_bot,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "deleted": user.deleted,
        "tz": user.tz,
        "email": user.email,
    }


def _channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "is_im": channel.is_im,
        "is_archived": channel.is_archived,
        "creator": channel.creator,
        "topic": channel.topic.value,
        "purpose": channel.purpose.value,
        "members": list(channel.members),
        "pins": [pin.ts for pin in channel.pins],
        "bookmarks": [{"id": one.id, "title": one.title, "link": one.link} for one in channel.bookmarks],
    }


def _app(app: App) -> Json:
    return {
        "id": app.id,
        "name": app.name,
        "bot_user_id": app.bot_user_id,
        "bot_id": app.bot_id,
        "commands": sorted(app.commands),
        "request_url": app.request_url,
        "connections": app.delivery.connections,
        "unacknowledged": app.unacknowledged(),
        "given_up": len(app.delivery.given_up),
    }


def _message(space: Workspace, channel: Channel, message: Message) -> Json:
    shape = shapes.message_json(space, message)
    files = [space.files[one] for one in message.files if one in space.files]
    return {
        "ts": message.ts,
        "thread_ts": message.thread_ts,
        "user": message.user,
        "user_name": space.user(message.user).name,
        "bot_id": message.bot_id or None,
        "text": shape["text"],
        "blocks": shape.get("blocks", []),
        "attachments": message.attachments,
        "subtype": "thread_broadcast" if message.broadcast else shape.get("subtype"),
        "reactions": shapes.reactions_json(message),
        "files": [
            {"id": f.id, "name": f.name, "title": f.title, "size": len(f.content)} | shapes.text_content(f)
            for f in files
        ],
        "edited": {"user": message.edited_by, "ts": message.edited_ts} if message.edited_ts else None,
        "deleted": message.deleted or message.tombstone,
        "pinned": any(pin.ts == message.ts for pin in channel.pins),
        "metadata": message.metadata,
        "ephemeral": False,
        "visible_to": [] if message.deleted else space.visible_to(message),
    }


def _whisper(space: Workspace, shown: Happening) -> Json:
    by = space.user(shown.user) if shown.user else None
    return {
        "ts": shown.ts,
        "thread_ts": shown.thread_ts,
        "user": shown.user,
        "user_name": by.name if by else None,
        "bot_id": (by.bot_id or None) if by else None,
        "text": shown.text,
        "blocks": list(shown.blocks),
        "attachments": [],
        "subtype": None,
        "reactions": [],
        "files": [],
        "edited": None,
        "deleted": False,
        "pinned": False,
        "metadata": None,
        "ephemeral": True,
        "visible_to": [space.user(str(shown.detail["to"])).name],
    }
