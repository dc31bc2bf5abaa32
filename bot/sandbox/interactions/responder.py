"""What an app's answers do in a channel: a message for all or for one, the original replaced or taken away."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.actions import messages
from bot.sandbox.state.apps import InstalledApp
from bot.sandbox.state.model import Json
from bot.sandbox.state.typed_text import posted_text
from bot.sandbox.state.workspace_state import WorkspaceState


@dataclass(frozen=True, kw_only=True)
class ResponseTarget:
    """Where an app answers one person."""

    app: InstalledApp
    user: str
    channel: str
    message_ts: str | None = None  # the message with the button
    ephemeral: bool = False  # that message was shown to this person only
    thread_ts: str | None = None


class Responder:
    """Carries out answers that come by acknowledgement or response_url; such answers need no membership."""

    def __init__(self, workspace: WorkspaceState) -> None:
        self._workspace = workspace

    def post(
        self, to: ResponseTarget, text: str, blocks: list[Json], *, thread_ts: str | None, metadata: Json | None
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

    def whisper(self, to: ResponseTarget, text: str, blocks: list[Json], *, thread_ts: str | None) -> None:
        """A message for this person only."""
        self._workspace.show_ephemeral(
            to.channel, to.user, text, blocks, by=to.app.bot_user_id, thread_ts=thread_ts or to.thread_ts
        )

    def replace(self, to: ResponseTarget, text: str, blocks: list[Json]) -> None:
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

    def take_away(self, to: ResponseTarget) -> None:
        """Delete the message with the button."""
        if to.ephemeral:
            self._forget(to)
        elif to.message_ts is not None:
            message = self._workspace.message(to.channel, to.message_ts)
            messages.delete(self._workspace, message, by=to.app.bot_user_id)
        self._shown(to.user, "", [])

    def _forget(self, to: ResponseTarget) -> None:
        shown = self._workspace.ephemerals
        shown[:] = [one for one in shown if one.ts != to.message_ts]

    def _shown(self, user: str, text: str, blocks: list[Json]) -> None:
        self._workspace.show(user, {"text": text, "blocks": blocks, "response_type": "in_channel"})
