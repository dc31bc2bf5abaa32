"""response_urls: how an app answers a command or a click later on, five times within thirty minutes."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.block_kit import validation
from bot.sandbox.interactions.responder import Responder, ResponseTarget
from bot.sandbox.state.model import Json, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState

USES = 5
LIVES = 30 * 60.0  # seconds of workspace time


@dataclass(kw_only=True)
class ResponseUrl:
    """Leave to answer there."""

    kind: str  # "commands" | "actions" | "app": the first part of the path
    target: ResponseTarget
    made: float  # workspace time
    uses: int = 0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the app gets for its post."""

    status: int
    body: str | Json


class ResponseUrls:
    """All response_urls of a workspace."""

    def __init__(self, workspace: WorkspaceState, responder: Responder) -> None:
        self._workspace = workspace
        self._responder = responder
        self._urls: dict[str, ResponseUrl] = {}
        self._number = itertools.count(1)

    def issue(self, kind: str, target: ResponseTarget) -> str:
        """A new URL, good from now on."""
        path = f"{kind}/{self._workspace.team_id}/{next(self._number):012}/{secrets.token_hex(12)}"
        self._urls[path] = ResponseUrl(kind=kind, target=target, made=self._workspace.clock.time())
        return f"{self._workspace.origin}/{path}"

    def answer(self, path: str, body: Mapping[str, Any]) -> Reply:
        """What happens when the app posts to one."""
        url = self._urls.get(path)
        if url is None or self._workspace.clock.time() - url.made >= LIVES:
            return _refused(404, "expired_url")
        if url.uses >= USES:
            return _refused(404, "used_url")
        target = url.target
        text, blocks = str(body.get("text") or ""), list(body.get("blocks") or [])
        if validation.check_answer(blocks):
            return _refused(400, "invalid_blocks")
        deletes = target.message_ts is not None and _true(body.get("delete_original"))
        if not deletes and not text and not blocks:
            return _refused(400, "no_text")
        url.uses += 1
        try:
            if deletes:
                self._responder.take_away(target)
            elif target.message_ts is not None and _true(body.get("replace_original")):
                self._responder.replace(target, text, blocks)
            elif body.get("response_type") == "in_channel":
                thread_ts, metadata = body.get("thread_ts"), body.get("metadata")
                self._responder.post(target, text, blocks, thread_ts=thread_ts, metadata=metadata)
            else:
                self._responder.whisper(target, text, blocks, thread_ts=body.get("thread_ts"))
        except WorkspaceError:
            return _refused(404, "message_not_found")  # the original, or the thread, is gone meanwhile
        return Reply(status=200, body="ok" if url.kind == "commands" else {"ok": True})


def _true(given: Any) -> bool:
    return given is True or given == "true"


def _refused(status: int, error: str) -> Reply:
    return Reply(status=status, body={"ok": False, "error": error})
