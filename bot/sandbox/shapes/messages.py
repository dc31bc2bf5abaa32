"""How Slack writes messages in JSON: in history, in events, as a thread's root, as a pin."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from bot.sandbox.shapes.files import file_json
from bot.sandbox.shapes.people import bot_profile_json
from bot.sandbox.state import links
from bot.sandbox.state.model import SLACKBOT, Json, Message
from bot.sandbox.state.typed_text import unescape
from bot.sandbox.state.workspace_state import WorkspaceState

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
_MARKUP = re.compile(r"<([@#!])?([^<>|]+)(?:\|([^<>]*))?>")


def permalink(space: WorkspaceState, message: Message) -> str:
    """The address of a message; of a reply with its thread."""
    where = f"https://{space.domain}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    return f"{where}?thread_ts={message.thread_ts}&cid={message.channel}" if message.is_reply else where


def rich_text(text: str) -> list[Json]:
    """The blocks that a person's client makes of what was typed: text, mentions and links."""
    elements: list[Json] = []

    def add_text(piece: str) -> None:
        if piece:
            elements.append({"type": "text", "text": unescape(piece)})

    makers: dict[str, Callable[[str], Json]] = {
        "@": lambda target: {"type": "user", "user_id": target},
        "#": lambda target: {"type": "channel", "channel_id": target},
        "!": lambda target: {"type": "broadcast", "range": target},
        "": lambda target: links.element(unescape(target), unescape(label or "")),
    }
    end = 0
    for match in _MARKUP.finditer(text):
        sign, target, label = match.groups()
        add_text(text[end : match.start()])
        elements.append(makers[sign or ""](target))
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
    if message.subtype or message.broadcast:
        shape["subtype"] = message.subtype or "thread_broadcast"
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
        shape |= {"client_msg_id": message.client_msg_id, "team": space.user(message.user).team_id}
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
        shape["root"] = root
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
