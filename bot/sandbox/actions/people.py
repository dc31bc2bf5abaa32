"""What is done with people's accounts."""

from __future__ import annotations

from bot.sandbox.shapes import events
from bot.sandbox.state.model import User
from bot.sandbox.state.workspace_state import WorkspaceState


def deactivate(space: WorkspaceState, user: User) -> None:
    """The account is switched off; it stays in its channels' records and is listed nowhere."""
    user.deleted = True
    user.updated = space.now()
    space.emit_event(events.user_change(space, user, ts=space.new_ts()))
