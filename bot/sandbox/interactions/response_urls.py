"""response_urls: how an app answers a command or a click later on, five times within thirty minutes."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.sandbox.block_kit import validation
from bot.sandbox.state.model import Json, WorkspaceError

if TYPE_CHECKING:
    from bot.sandbox.delivery.app import App
    from bot.sandbox.interactions.responder import Responder
    from bot.sandbox.workspace import Workspace

USES = 5
LIVES = 30 * 60.0  # seconds of workspace time


@dataclass(kw_only=True)
class ResponseUrl:
    """Leave to answer one person in one channel."""

    kind: str  # "commands" | "actions": the first part of the path
    app: App
    user: str
    channel: str
    made: float
    message_ts: str | None = None  # the message with the button
    ephemeral: bool = False  # that message was shown to this person only
    thread_ts: str | None = None
    uses: int = 0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the app gets for its post."""

    status: int
    body: str | Json


class ResponseUrls:
    """All response_urls of a workspace."""

    def __init__(self, workspace: Workspace, responder: Responder) -> None:
        self._workspace = workspace
        self._responder = responder
        self._urls: dict[str, ResponseUrl] = {}
        self._number = itertools.count(1)

    def issue(self, given: ResponseUrl) -> str:
        """A new URL."""
        path = f"{given.kind}/{self._workspace.team_id}/{next(self._number):012}/{secrets.token_hex(12)}"
        self._urls[path] = given
        return f"{self._workspace.origin}/{path}"

    def answer(self, path: str, body: Mapping[str, Any]) -> Reply:
        """What happens when the app posts to one."""
        url = self._urls.get(path)
        if url is None or self._workspace.clock.time() - url.made >= LIVES:
            return _refused(404, "expired_url")
        if url.uses >= USES:
            return _refused(404, "used_url")
        text, blocks = str(body.get("text") or ""), list(body.get("blocks") or [])
        if validation.check_answer(blocks):
            return _refused(400, "invalid_blocks")
        deletes = url.message_ts is not None and _true(body.get("delete_original"))
        if not deletes and not text and not blocks:
            return _refused(400, "no_text")
        url.uses += 1
        try:
            if deletes:
                self._responder.take_away(url)
            elif url.message_ts is not None and _true(body.get("replace_original")):
                self._responder.replace(url, text, blocks)
            elif body.get("response_type") == "in_channel":
                thread_ts, metadata = body.get("thread_ts"), body.get("metadata")
                self._responder.post(url, text, blocks, thread_ts=thread_ts, metadata=metadata)
            else:
                self._responder.whisper(url, text, blocks, thread_ts=body.get("thread_ts"))
        except WorkspaceError:
            return _refused(404, "message_not_found")  # the original, or the thread, is gone meanwhile
        return Reply(status=200, body="ok" if url.kind == "commands" else {"ok": True})


def _true(given: Any) -> bool:
    return given is True or given == "true"


def _refused(status: int, error: str) -> Reply:
    return Reply(status=status, body={"ok": False, "error": error})
