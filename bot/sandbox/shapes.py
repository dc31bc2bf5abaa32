"""How Slack writes users, channels, messages and files in JSON."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from bot.sandbox.happenings import Json
from bot.sandbox.model import SLACKBOT, Channel, File, Message, Note, User
from bot.sandbox.state import WorkspaceState

_SIZES = (24, 32, 48, 72, 192, 512)
_ICONS = (36, 48, 72)
_TOMBSTONE = "This message was deleted."
# The parent of a broadcast and a pinned message are shown in short.
_ROOT_KEYS = (
    "type",
    "subtype",
    "user",
    "username",
    "bot_id",
    "bot_profile",
    "team",
    "text",
    "ts",
    "thread_ts",
    "edited",
    "reply_count",
    "reply_users_count",
    "latest_reply",
    "subscribed",
)
_PINNED_KEYS = ("type", "user", "bot_id", "app_id", "bot_profile", "team", "text", "ts")


def user_json(space: WorkspaceState, user: User, *, email: bool = True) -> Json:
    """A user with their profile; the address only for apps with users:read.email."""
    at = space.clock.time()
    shape: Json = {
        "id": user.id,
        "team_id": space.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": hashlib.sha256(user.id.encode()).hexdigest()[:6],
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz_label(at),
        "tz_offset": user.tz_offset(at),
        "profile": full_profile_json(space, user, email=email),
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": user.updated,
        "is_email_confirmed": not user.is_bot and user.id != SLACKBOT,
        "who_can_share_contact_card": "EVERYONE",
    }
    if user.deleted:
        # A deactivated account comes without its zone and rights.
        for key in ("color", "real_name", "tz", "tz_label", "tz_offset", "is_admin", "is_owner", "is_primary_owner"):
            del shape[key]
    return shape


def profile_json(space: WorkspaceState, user: User, *, email: bool = True) -> Json:
    first, _, last = user.real_name.partition(" ")
    display = "" if user.is_bot else user.name
    shape: Json = {
        "title": user.title,
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": display,
        "display_name_normalized": display,
        "status_text": "",
        "status_text_canonical": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": hashlib.sha256(user.id.encode()).hexdigest()[:12],
        "first_name": first,
        "last_name": last,
    }
    shape |= {f"image_{size}": f"https://avatars.{space.domain}.example/{user.id}-{size}.png" for size in _SIZES}
    if email and user.email:
        shape["email"] = user.email
    return shape


def full_profile_json(space: WorkspaceState, user: User, *, email: bool = True) -> Json:
    """The profile inside a user: with the team, and a bot's ids."""
    shape = profile_json(space, user, email=email) | {"team": space.team_id}
    if user.is_bot:
        shape |= {"api_app_id": user.app_id, "always_active": True, "bot_id": user.bot_id}
    return shape


def bot_profile_json(space: WorkspaceState, bot_id: str, app_id: str, name: str) -> Json:
    return {
        "id": bot_id,
        "deleted": False,
        "name": name,
        "updated": 0,
        "app_id": app_id,
        "icons": {f"image_{size}": f"https://avatars.{space.domain}.example/{bot_id}-{size}.png" for size in _ICONS},
        "team_id": space.team_id,
    }


def _note_json(note: Note) -> Json:
    return {"value": note.value, "creator": note.creator, "last_set": note.last_set}


def channel_json(space: WorkspaceState, channel: Channel, *, viewer: str = "", num_members: bool = False) -> Json:
    """A channel as the user `viewer` sees it; direct messages have a shape of their own."""
    if channel.is_im:
        return _direct_json(space, channel, viewer)
    shape: Json = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private and not channel.is_mpim,
        "is_group": channel.is_private and not channel.is_mpim,
        "is_im": False,
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private or channel.is_mpim,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_general": channel.is_general,
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": False,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": space.team_id,
        "updated": channel.updated,
        "creator": channel.creator,
        "is_ext_shared": False,
        "shared_team_ids": [space.team_id],
        "pending_connected_team_ids": [],
        "topic": _note_json(channel.topic),
        "purpose": _note_json(channel.purpose),
        "previous_names": list(channel.previous_names),
    }
    if viewer:
        shape["is_member"] = viewer in channel.members
    if num_members:
        shape["num_members"] = len([one for one in channel.members if not space.user(one).deleted])
    return shape


def _direct_json(space: WorkspaceState, channel: Channel, viewer: str) -> Json:
    others = [one for one in channel.members if one != viewer] or list(channel.members)
    return {
        "id": channel.id,
        "created": channel.created,
        "is_im": True,
        "is_org_shared": False,
        "is_archived": False,
        "user": others[0] if others else "",
        "context_team_id": space.team_id,
        "updated": channel.updated,
        "priority": 0,
    }


def permalink(space: WorkspaceState, message: Message) -> str:
    """The address of a message; of a reply with its thread."""
    where = f"https://{space.domain}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    return f"{where}?thread_ts={message.thread_ts}&cid={message.channel}" if message.is_reply else where


# --- messages

_MARKUP = re.compile(r"<([@#!])?([^<>|]+)(?:\|([^<>]*))?>")


def rich_text(text: str) -> list[Json]:
    """The blocks that a person's client makes of what was typed: text, mentions and links."""
    elements: list[Json] = []

    def add_text(piece: str) -> None:
        if piece:
            plain = piece.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            elements.append({"type": "text", "text": plain})

    makers: dict[str, Callable[[str], Json]] = {
        "@": lambda target: {"type": "user", "user_id": target},
        "#": lambda target: {"type": "channel", "channel_id": target},
        "!": lambda target: {"type": "broadcast", "range": target},
        "": lambda target: {"type": "link", "url": target},
    }
    end = 0
    for match in _MARKUP.finditer(text):
        sign, target, label = match.groups()
        add_text(text[end : match.start()])
        element = makers[sign or ""](target)
        if label and not sign:
            element["text"] = label
        elements.append(element)
        end = match.end()
    add_text(text[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": hashlib.sha256(text.encode()).hexdigest()[:5], "elements": [section]}]


def message_json(space: WorkspaceState, message: Message) -> Json:
    """A message without what only lists of messages add (reactions, metadata)."""
    shape: Json = {"type": "message", "ts": message.ts, "user": message.user, "text": message.text}
    if message.tombstone:
        shape |= {"subtype": "tombstone", "user": SLACKBOT, "text": _TOMBSTONE, "hidden": True}
        return shape | thread_json(space, message)
    if message.subtype:
        shape["subtype"] = message.subtype
    shape |= message.extra
    if message.subtype == "bot_message":
        # An app under another name: the bot user does not show.
        del shape["user"]
        shape |= {"bot_id": message.bot_id, "app_id": message.app_id}
    elif message.subtype == "me_message":
        shape["bot_id"] = message.bot_id
    elif message.bot_id:
        shape |= {"bot_id": message.bot_id, "app_id": message.app_id, "team": space.team_id}
        app = space.app_of(message)
        name = app.name if app else space.user(message.user).name
        shape["bot_profile"] = bot_profile_json(space, message.bot_id, message.app_id, name)
    elif message.client_msg_id:
        shape |= {"client_msg_id": message.client_msg_id, "team": space.team_id}
    if message.username:
        shape["username"] = message.username
    if message.icons:
        shape["icons"] = dict(message.icons)
    blocks = message.blocks or (rich_text(message.text) if message.client_msg_id and message.text else [])
    if blocks:
        shape["blocks"] = blocks
    if message.attachments:
        shape["attachments"] = message.attachments
    if message.files:
        shape["files"] = [file_json(space, space.files[one], shares=False) for one in message.files]
        shape["upload"] = message.subtype == "" and not message.bot_id
        shape["display_as_bot"] = False
    if message.edited_ts:
        shape["edited"] = {"user": message.edited_by, "ts": message.edited_ts}
    return shape | thread_json(space, message)


def thread_json(space: WorkspaceState, message: Message) -> Json:
    """The thread's book-keeping: on replies whom they answer, on parents what was answered."""
    if message.thread_ts is None:
        return {}
    shape: Json = {"thread_ts": message.thread_ts}
    if message.is_reply:
        parent = space.channels[message.channel].messages.get(message.thread_ts)
        if parent is not None:
            shape["parent_user_id"] = SLACKBOT if parent.tombstone else parent.user
    elif message.replies:
        shape |= {
            "reply_count": message.reply_count,
            "reply_users_count": len(message.reply_users),
            "latest_reply": message.latest_reply,
            "reply_users": list(message.reply_users),
            "is_locked": False,
            "subscribed": False,
        }
    return shape


def root_json(space: WorkspaceState, message: Message) -> Json | None:
    """The parent as a broadcast reply carries it."""
    parent = space.channels[message.channel].messages.get(message.thread_ts or "")
    if parent is None:
        return None
    shape = message_json(space, parent)
    return {key: shape[key] for key in _ROOT_KEYS if key in shape}


def listed_message_json(space: WorkspaceState, message: Message, *, metadata: bool = False) -> Json:
    """A message as conversations.history and conversations.replies list it."""
    shape = message_json(space, message)
    if message.broadcast and (root := root_json(space, message)):
        shape |= {"subtype": "thread_broadcast", "root": root}
    if message.reactions:
        shape["reactions"] = reactions_json(message)
    if metadata and message.metadata:
        shape["metadata"] = message.metadata
    return shape


def reactions_json(message: Message) -> list[Json]:
    return [{"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()]


def pinned_item_json(space: WorkspaceState, message: Message, *, by: str, at: int, pinned: bool = True) -> Json:
    """A pin as pins.list and the pin events show it."""
    shape = message_json(space, message)
    shape = {key: shape[key] for key in _PINNED_KEYS if key in shape} | {"permalink": permalink(space, message)}
    if pinned:
        shape["pinned_to"] = [message.channel]
    return {"type": "message", "created": at, "created_by": by, "channel": message.channel, "message": shape}


# --- files

_PRETTY = {"text": "Plain Text", "png": "PNG", "jpg": "JPEG", "pdf": "PDF", "csv": "CSV", "json": "JSON"}


def file_json(space: WorkspaceState, file: File, *, shares: bool = True) -> Json:
    """A file; inside a message it does not say where else it is shared."""
    mime = mimetypes.guess_type(file.name)[0] or ("text/plain" if _is_text(file) else "application/octet-stream")
    suffix = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    filetype = "text" if mime == "text/plain" else (suffix or "binary")
    public = {c: ts for c, ts in file.shares.items() if space.channels[c].kind == "channel"}
    private = {c: ts for c, ts in file.shares.items() if space.channels[c].kind != "channel"}
    address, written = f"{space.origin}/files-pri/{space.team_id}-{file.id}", quote(file.name, safe="")
    shape: Json = {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": mime,
        "filetype": filetype,
        "pretty_type": _PRETTY.get(filetype, filetype.upper()),
        "user": file.user,
        "user_team": space.team_id,
        "editable": False,
        "size": len(file.content),
        "mode": "snippet" if file.snippet_type else "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": bool(public),
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{address}/{written}",
        "url_private_download": f"{address}/download/{written}",
        "permalink": f"https://{space.domain}.slack.com/files/{file.user}/{file.id}/{written}",
        "has_rich_preview": False,
        "file_access": "visible",
        "media_display_type": "unknown",
    }
    if file.alt_text:
        shape["alt_txt"] = file.alt_text
    if not shares:
        return shape
    shape["channels"] = [c for c in public if not space.channels[c].is_direct]
    shape["groups"] = [c for c in private if not space.channels[c].is_direct]
    shape["ims"] = [c for c in private if space.channels[c].is_direct]
    shape["shares"] = {
        key: {c: [_share_json(space, file, c, one) for one in ts] for c, ts in where.items()}
        for key, where in (("public", public), ("private", private))
        if where
    }
    return shape


def _share_json(space: WorkspaceState, file: File, channel: str, ts: str) -> Json:
    message = space.channels[channel].messages[ts]
    shape: Json = {
        "reply_users": list(message.reply_users),
        "reply_users_count": len(message.reply_users),
        "reply_count": message.reply_count,
        "ts": ts,
        "channel_name": space.channels[channel].name,
        "team_id": space.team_id,
        "share_user_id": file.user,
        "source": "UNKNOWN",
    }
    if message.is_reply:
        shape["thread_ts"] = message.thread_ts
    return shape


def _is_text(file: File) -> bool:
    try:
        file.content.decode()
    except UnicodeDecodeError:
        return False
    return True


def text_content(file: File) -> dict[str, Any]:
    """What files.info adds for a text file."""
    return {"content": file.content.decode()} if _is_text(file) and file.received else {}
