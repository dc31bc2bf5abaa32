"""An app as everybody else in the workspace knows it; how payloads reach it is left to the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.sandbox.state.model import Json


@dataclass(frozen=True, kw_only=True)
class SlashCommand:
    """A registered command."""

    command: str  # with its slash
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = True  # mentions arrive as <@U…|name> and <#C…|name>


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """How an app answered a command or an interaction."""

    error: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


class InstalledApp(Protocol):
    """Who an app is, and what can be sent to it."""

    id: str
    name: str
    bot_user_id: str
    bot_id: str
    verification_token: str
    commands: dict[str, SlashCommand]  # by name, with the slash

    def deliver_event(self, event: Json) -> None:
        """Send an inner event if the app is subscribed to it; never waits for the app."""

    async def ask(self, kind: str, payload: Json) -> Acknowledgement:
        """Send a command ("slash_commands") or an interaction ("interactive"), and wait for the acknowledgement."""

    def unacknowledged(self) -> int:
        """Sent or about to be, and not yet acknowledged; retries that wait for their time do not count."""
