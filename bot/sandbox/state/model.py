"""The things in a workspace: users, channels, messages and files, as plain records without behaviour towards an app."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

SLACKBOT = "USLACKBOT"

# Slack names zones in words; zoneinfo knows only the abbreviation in force.
_ZONE_WORDS = {
    "UTC": "Coordinated Universal Time",
    "GMT": "Greenwich Mean Time",
    "BST": "British Summer Time",
    "WET": "Western European Time",
    "WEST": "Western European Summer Time",
    "CET": "Central European Time",
    "CEST": "Central European Summer Time",
    "EET": "Eastern European Time",
    "EEST": "Eastern European Summer Time",
    "EST": "Eastern Standard Time",
    "EDT": "Eastern Daylight Time",
    "CST": "Central Standard Time",
    "CDT": "Central Daylight Time",
    "MST": "Mountain Standard Time",
    "MDT": "Mountain Daylight Time",
    "PST": "Pacific Standard Time",
    "PDT": "Pacific Daylight Time",
    "IST": "India Standard Time",
    "JST": "Japan Standard Time",
    "AEST": "Australian Eastern Standard Time",
    "AEDT": "Australian Eastern Daylight Time",
}


class WorkspaceError(LookupError):
    """Something that cannot be done in this workspace, in a sentence for the person who tried."""


@dataclass(kw_only=True)
class User:
    """A person or a bot user."""

    id: str
    team_id: str  # another than the workspace's: somebody from outside, by Slack Connect
    name: str  # what one types after the @
    real_name: str
    title: str = ""
    tz: str = "UTC"
    is_bot: bool = False
    is_restricted: bool = False  # a guest
    is_ultra_restricted: bool = False  # a guest in one channel only; Slack calls them restricted as well
    deleted: bool = False  # deactivated: the record stays, the person is gone
    email: str = ""
    bot_id: str = ""  # only bot users
    app_id: str = ""  # only bot users
    updated: int = 0

    def tz_offset(self, at: float) -> int:
        """Seconds east of UTC at that moment: summer time counts."""
        offset = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(self.tz)).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def tz_label(self, at: float) -> str:
        name = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(self.tz)).tzname() or self.tz
        if name == "IST" and self.tz in {"Europe/Dublin", "Eire"}:
            return "Irish Standard Time"
        return _ZONE_WORDS.get(name, self.tz.replace("_", " "))


@dataclass(kw_only=True)
class Note:
    """A channel's topic or purpose."""

    value: str = ""
    creator: str = ""
    last_set: int = 0


@dataclass(frozen=True, kw_only=True)
class Pin:
    """One pinned message."""

    ts: str
    by: str
    at: int


@dataclass(kw_only=True)
class Bookmark:
    """A link at the top of a channel."""

    id: str
    channel: str
    title: str
    link: str
    emoji: str = ""
    type: str = "link"
    created: int
    updated: int = 0
    by: str


@dataclass(kw_only=True)
class File:
    """An uploaded file with its content."""

    id: str
    name: str
    title: str
    user: str
    created: int
    content: bytes = b""
    announced_size: int = 0  # what files.getUploadURLExternal was told
    received: bool = False  # the bytes have come
    shares: dict[str, list[str]] = field(default_factory=dict)  # channel id -> ts of the messages that share it
    snippet_type: str = ""
    alt_text: str = ""
    app_id: str = ""  # the app that uploaded it; empty for people


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a message said before an edit."""

    until: float
    text: str


@dataclass(kw_only=True)
class Message:
    """One message; deleted ones are kept for transcripts and are shown to no app."""

    ts: str
    channel: str
    text: str
    user: str  # a person's or a bot user's id
    bot_id: str = ""  # posted by an app
    app_id: str = ""
    blocks: list[Json] = field(default_factory=list)  # as the app sent them; people's rich text is made when shown
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None  # on replies, and on a parent once it has replies
    broadcast: bool = False  # a reply that is also shown in the channel
    reactions: dict[str, list[str]] = field(default_factory=dict)  # name -> user ids in order
    edited_by: str = ""
    edited_ts: str = ""
    versions: list[Version] = field(default_factory=list)
    deleted_at: float | None = None
    tombstone: bool = False  # a deleted parent whose replies stay
    subtype: str = ""
    extra: Json = field(default_factory=dict)  # what a subtype adds: inviter, topic, purpose, name, old_name
    files: list[str] = field(default_factory=list)  # file ids
    metadata: Json | None = None
    client_msg_id: str = ""  # only people's clients set one
    username: str = ""  # chat:write.customize
    icons: Json = field(default_factory=dict)
    replies: list[str] = field(default_factory=list)  # ts of the replies that still stand, in order
    reply_users: list[str] = field(default_factory=list)

    @property
    def deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def reply_count(self) -> int:
        return len(self.replies)

    @property
    def latest_reply(self) -> str | None:
        return self.replies[-1] if self.replies else None


@dataclass(kw_only=True)
class Channel:
    """A public or private channel, or a direct message (`is_im`, without a name)."""

    id: str
    name: str
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    is_general: bool = False
    is_archived: bool = False
    creator: str = ""
    created: int = 0
    updated: int = 0  # milliseconds, as Slack has it here
    topic: Note = field(default_factory=Note)
    purpose: Note = field(default_factory=Note)
    previous_names: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)  # user ids in the order in which they joined
    messages: dict[str, Message] = field(default_factory=dict)  # by ts, oldest first
    pins: list[Pin] = field(default_factory=list)
    bookmarks: list[Bookmark] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """What Slack's events call `channel_type`."""
        if self.is_im:
            return "im"
        if self.is_mpim:
            return "mpim"
        return "group" if self.is_private else "channel"

    @property
    def is_direct(self) -> bool:
        return self.is_im or self.is_mpim
