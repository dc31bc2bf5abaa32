"""Waiting for what a person is shown after they did something."""

from __future__ import annotations

import asyncio
from typing import Self

from bot.sandbox.state.activity import Answer
from bot.sandbox.state.apps import Acknowledgement
from bot.sandbox.state.model import Json
from bot.sandbox.state.workspace_state import WorkspaceState


class Audience:
    """Notes the first thing that this person is shown from now on."""

    def __init__(self, workspace: WorkspaceState, user: str) -> None:
        self._workspace = workspace
        self._user = user
        self._first: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

    def __enter__(self) -> Self:
        self._workspace.on_shown.append(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        self._workspace.on_shown.remove(self._see)
        self._first.cancel()

    def _see(self, user: str, shown: Json) -> None:
        if user == self._user and not self._first.done():
            self._first.set_result(shown)

    async def answer(self, acknowledgement: Acknowledgement, wait: float) -> Answer:
        """What was shown by `wait` machine seconds after the acknowledgement; nothing is an answer, too."""
        if acknowledgement.error:
            return Answer(ok=False, error=acknowledgement.error)
        done, _ = await asyncio.wait({self._first}, timeout=wait)
        shown = self._first.result() if done else {}
        return Answer(
            ok=True,
            text=str(shown.get("text", "")),
            blocks=list(shown.get("blocks", ())),
            response_type=str(shown.get("response_type", "ephemeral")),
            view=shown.get("view"),
        )
