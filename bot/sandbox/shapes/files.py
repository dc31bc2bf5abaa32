"""How Slack writes files in JSON."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from bot.sandbox.state.model import File, Json
from bot.sandbox.state.workspace_state import WorkspaceState

_PRETTY = {"text": "Plain Text", "png": "PNG", "jpg": "JPEG", "pdf": "PDF", "csv": "CSV", "json": "JSON"}


def file_json(space: WorkspaceState, file: File, *, shares: bool = True) -> Json:
    """A file; inside a message it does not say where else it is shared, and one from outside says next to nothing."""
    owner = space.user(file.user)
    if space.is_foreign(owner) and not shares:
        return {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
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
        "user_team": owner.team_id,
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
