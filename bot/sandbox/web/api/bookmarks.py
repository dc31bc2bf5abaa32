"""bookmarks.*: links at the top of a channel."""

from __future__ import annotations

import re

from bot.sandbox.state.model import Bookmark, Channel, Json
from bot.sandbox.web.api.registry import ApiError, Call, method

_EMOJI = re.compile(r":?[a-z0-9_+'-]+:?")
_MOST = 100


def _channel(call: Call) -> Channel:
    channel = call.channel("channel_id")
    if call.bot.id not in channel.members:
        raise ApiError("access_denied")
    return channel


def _link(call: Call) -> str:
    link = call.text("link")
    if not link.startswith(("http://", "https://")):
        raise ApiError("invalid_link")
    return link


def _emoji(call: Call) -> str:
    emoji = call.text("emoji")
    if emoji and not _EMOJI.fullmatch(emoji):
        raise ApiError("invalid_emoji")
    return emoji


def _shape(call: Call, bookmark: Bookmark, rank: int) -> Json:
    return {
        "id": bookmark.id,
        "channel_id": bookmark.channel,
        "title": bookmark.title,
        "link": bookmark.link,
        "emoji": bookmark.emoji,
        "icon_url": None,
        "type": bookmark.type,
        "entity_id": None,
        "date_created": bookmark.created,
        "date_updated": bookmark.updated,
        "rank": f"{rank:03d}",
        "last_updated_by_user_id": bookmark.by,
        "last_updated_by_team_id": call.workspace.team_id,
        "shortcut_id": None,
        "app_id": None,
    }


@method("bookmarks.add", scopes=("bookmarks:write",), required=("channel_id", "title", "type"))
def bookmarks_add(call: Call) -> Json:
    channel = _channel(call)
    if call.text("type") != "link":
        raise ApiError("invalid_bookmark_type")
    if len(channel.bookmarks) >= _MOST:
        raise ApiError("too_many_bookmarks")
    bookmark = Bookmark(
        id=call.workspace.new_id("Bk"),
        channel=channel.id,
        title=call.text("title"),
        link=_link(call),
        emoji=_emoji(call),
        created=call.workspace.now(),
        by=call.bot.id,
    )
    channel.bookmarks.append(bookmark)
    return {"bookmark": _shape(call, bookmark, len(channel.bookmarks))}


def _find(call: Call, channel: Channel) -> Bookmark:
    for bookmark in channel.bookmarks:
        if bookmark.id == call.text("bookmark_id"):
            return bookmark
    raise ApiError("not_found")


@method("bookmarks.edit", scopes=("bookmarks:write",), required=("channel_id", "bookmark_id"))
def bookmarks_edit(call: Call) -> Json:
    channel = _channel(call)
    bookmark = _find(call, channel)
    link = _link(call) if call.given("link") else bookmark.link
    emoji = _emoji(call) if "emoji" in call.args else bookmark.emoji
    bookmark.link, bookmark.emoji, bookmark.title = link, emoji, call.text("title", bookmark.title)
    bookmark.updated, bookmark.by = call.workspace.now(), call.bot.id
    return {"bookmark": _shape(call, bookmark, channel.bookmarks.index(bookmark) + 1)}


@method("bookmarks.remove", scopes=("bookmarks:write",), required=("channel_id", "bookmark_id"))
def bookmarks_remove(call: Call) -> Json:
    channel = _channel(call)
    channel.bookmarks.remove(_find(call, channel))
    return {}


@method("bookmarks.list", scopes=("bookmarks:read",), required=("channel_id",))
def bookmarks_list(call: Call) -> Json:
    channel = _channel(call)
    return {"bookmarks": [_shape(call, one, rank) for rank, one in enumerate(channel.bookmarks, start=1)]}
