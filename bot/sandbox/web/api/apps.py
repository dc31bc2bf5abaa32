"""apps.connections.open: how an app comes to a Socket Mode connection."""

from __future__ import annotations

from bot.sandbox.state.model import Json
from bot.sandbox.web.api.registry import Call, method

OPEN_CONNECTION = "apps.connections.open"


@method(OPEN_CONNECTION)
def open_connection(call: Call) -> Json:
    """A WebSocket address that serves once."""
    origin = call.workspace.origin.replace("http", "ws", 1)
    return {"url": f"{origin}/link/?ticket={call.app.sockets.open_ticket()}&app_id={call.app.id}"}
