"""files.*: the upload in three steps, and what is known of a file."""

from __future__ import annotations

from typing import Any

from bot.sandbox import shapes
from bot.sandbox.actions import messages
from bot.sandbox.block_kit import validation
from bot.sandbox.state.model import Channel, File, Json, WorkspaceError
from bot.sandbox.state.typed_text import posted_text
from bot.sandbox.web.api.registry import ApiError, Call, invalid_arguments, method
from bot.sandbox.workspace import Workspace

_LARGEST_SNIPPET = 1_000_000
_LONGEST_ALT_TEXT = 1000
_MOST_CHANNELS = 100


@method("files.getUploadURLExternal", scopes=("files:write",))
def files_get_upload_url_external(call: Call) -> Json:
    """Step one: an address for the bytes, and the id that the file will have."""
    length = call.number("length", 0)
    if not call.given("filename") or length == 0:
        raise ApiError("missing_argument")
    if length < 0:
        raise invalid_arguments("must be greater than 0 [json-pointer:/length]")
    if call.given("snippet_type") and length > _LARGEST_SNIPPET:
        raise ApiError("snippet_too_large")
    if len(call.text("alt_txt")) > _LONGEST_ALT_TEXT:
        raise ApiError("alt_txt_too_large")
    space = call.workspace
    file = File(
        id=space.new_id("F"),
        name=call.text("filename"),
        title=call.text("filename"),
        user=call.bot.id,
        created=space.now(),
        announced_size=length,
        snippet_type=call.text("snippet_type"),
        alt_text=call.text("alt_txt"),
        app_id=call.app.id,
    )
    space.files[file.id] = file
    return {"upload_url": f"{space.origin}/upload/v1/{file.id}", "file_id": file.id}


def receive_upload(workspace: Workspace, file_id: str, content: bytes) -> None:
    """Step two: the bytes have come to the upload address; WorkspaceError where nobody asked for it."""
    file = workspace.files.get(file_id)
    if file is None or file.shares:
        raise WorkspaceError(f"no upload is waiting for {file_id}")
    file.content, file.received = content, True


@method("files.completeUploadExternal", scopes=("files:write",), required=("files",))
def files_complete_upload_external(call: Call) -> Json:
    """Step three: the files get their titles and are shared in the channels, as one message each."""
    channels = [_shared_in(call, one) for one in _channel_ids(call)]
    named = call.json("files")
    if not isinstance(named, list) or not named or not all(isinstance(one, dict) for one in named):
        raise invalid_arguments("must provide an array of files [json-pointer:/files]")
    files = [_waiting(call, one) for one in named]
    blocks = call.json("blocks")
    if blocks is not None and (not isinstance(blocks, list) or validation.check_blocks(blocks, surface="message")):
        raise ApiError("invalid_blocks")
    parents = {channel.id: _parent_ts(call, channel) for channel in channels}
    for file, one in zip(files, named, strict=True):
        file.title = str(one.get("title") or file.title)
    for channel in channels:
        messages.post(
            call.workspace,
            channel,
            user=call.bot.id,
            app=call.app,
            text=posted_text(call.text("initial_comment")),
            blocks=[] if call.given("initial_comment") else (blocks or []),
            thread_ts=parents[channel.id],
            files=[file.id for file in files],
        )
    return {"files": [shapes.file_json(call.workspace, file) for file in files]}


def _channel_ids(call: Call) -> list[str]:
    ids = [*call.names("channels"), *([call.text("channel_id")] if call.given("channel_id") else [])]
    if len(ids) > _MOST_CHANNELS:
        raise ApiError("channels_limit_exceeded")
    return list(dict.fromkeys(ids))


def _shared_in(call: Call, channel_id: str) -> Channel:
    channel = call.workspace.channels.get(channel_id)
    if channel is None or not call.sees(channel):
        raise ApiError("channel_not_found")
    if call.bot.id not in channel.members:
        raise ApiError("not_in_channel")
    if channel.is_archived:
        raise ApiError("posting_to_channel_denied")
    return channel


def _parent_ts(call: Call, channel: Channel) -> str | None:
    if not call.given("thread_ts"):
        return None
    try:
        return messages.answered_message(channel, call.text("thread_ts")).ts
    except WorkspaceError as error:
        raise invalid_arguments("no such message [json-pointer:/thread_ts]") from error


def _waiting(call: Call, named: dict[str, Any]) -> File:
    file = call.workspace.files.get(str(named.get("id")))
    if file is None or not file.received:
        raise ApiError("file_not_found")
    if file.user != call.bot.id:
        raise ApiError("access_denied")
    return file


@method("files.info", scopes=("files:read",), required=("file",))
def files_info(call: Call) -> Json:
    file = call.workspace.files.get(call.text("file"))
    if file is None or not file.received:
        raise ApiError("file_not_found")
    seen = any(call.sees(call.workspace.channels[one]) for one in file.shares)
    if not seen and file.user != call.bot.id:
        raise ApiError("not_visible")
    return {"file": shapes.file_json(call.workspace, file), **shapes.text_content(file)}
