"""What an app's answers do in a channel: a message for all or for one, the original replaced or taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.sandbox.actions import messages
from bot.sandbox.interactions.response_urls import ResponseUrl
from bot.sandbox.state.model import Json
from bot.sandbox.state.typed_text import posted_text

if TYPE_CHECKING:
    from bot.sandbox.workspace import Workspace


class Responder:
    """Carries out answers that come by acknowledgement or response_url; such answers need no membership."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def post(
        self, to: ResponseUrl, text: str, blocks: list[Json], *, thread_ts: str | None, metadata: Json | None
    ) -> None:
        """A message for everybody in the channel."""
        messages.post(
            self._workspace,
            self._workspace.channel(to.channel),
            user=to.app.bot_user_id,
            app=to.app,
            text=posted_text(text),
            blocks=blocks,
            thread_ts=thread_ts,
            metadata=metadata,
        )
        self._shown(to.user, text, blocks)

    def whisper(self, to: ResponseUrl, text: str, blocks: list[Json], *, thread_ts: str | None) -> None:
        """A message for this person only."""
        self._workspace.show_ephemeral(
            to.channel, to.user, text, blocks, by=to.app.bot_user_id, thread_ts=thread_ts or to.thread_ts
        )

    def replace(self, to: ResponseUrl, text: str, blocks: list[Json]) -> None:
        """Put this in place of the message with the button."""
        if to.ephemeral:
            self._forget(to)
            self.whisper(to, text, blocks, thread_ts=None)
        elif to.message_ts is not None:
            message = self._workspace.message(to.channel, to.message_ts)
            messages.edit(
                self._workspace, message, by=to.app.bot_user_id, text=posted_text(text), blocks=blocks, app=to.app
            )
            self._shown(to.user, text, blocks)

    def take_away(self, to: ResponseUrl) -> None:
        """Delete the message with the button."""
        if to.ephemeral:
            self._forget(to)
        elif to.message_ts is not None:
            message = self._workspace.message(to.channel, to.message_ts)
            messages.delete(self._workspace, message, by=to.app.bot_user_id)
        self._shown(to.user, "", [])

    def _forget(self, to: ResponseUrl) -> None:
        shown = self._workspace.ephemerals
        shown[:] = [one for one in shown if one.ts != to.message_ts]

    def _shown(self, user: str, text: str, blocks: list[Json]) -> None:
        told: list[Callable[[str, Json], None]] = list(self._workspace.on_shown)
        for tell in told:
            tell(user, {"text": text, "blocks": blocks, "response_type": "in_channel"})
