"""Socket Mode of one app: tickets, the connections they open, and what is said on them."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import WSMsgType, web

from bot.sandbox.delivery.delivery import Delivery, Envelope

MOST_CONNECTIONS = 10
_PING_EVERY = 20.0  # seconds of machine time; a client that does not answer is dead
_LEAVE_WITHIN = 10.0  # seconds between a disconnect message and the cut
_GOODBYE = 1.0  # seconds that a client gets to confirm a close
_HOST = "applink-local"
_GONE: None = None  # ends a connection's outgoing queue


class SocketApp(Protocol):
    """What Socket Mode needs to know of an app."""

    id: str
    delivery: Delivery


class SocketConnection:
    """One WebSocket of an app; payloads leave it in the order in which they were pushed."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport
        self.silent = False
        self._outgoing: asyncio.Queue[str | None] = asyncio.Queue()

    def push(self, envelope: Envelope) -> None:
        """Queue a payload for this connection."""
        message: dict[str, Any] = {
            "envelope_id": envelope.envelope_id,
            "payload": envelope.payload,
            "type": envelope.kind,
            "accepts_response_payload": envelope.accepts_response_payload,
        }
        if envelope.kind == "events_api":
            message |= {"retry_attempt": envelope.retry_attempt, "retry_reason": envelope.retry_reason}
        self.say(message)

    def say(self, message: dict[str, Any]) -> None:
        """Queue any message."""
        if not self.silent:
            self._outgoing.put_nowait(json.dumps(message))  # now: what it tells may change before it leaves

    def fall_silent(self) -> None:
        """Nothing is sent or heard any more, and the other side is not told."""
        self.silent = True
        if self._transport is not None:
            self._transport.pause_reading()

    def hang_up(self) -> None:
        """Close once everything queued is out."""
        self._outgoing.put_nowait(_GONE)

    async def write(self) -> None:
        """Send what is queued until somebody hangs up or the other side is gone."""
        while (message := await self._outgoing.get()) is not None:
            try:
                await self._socket.send_str(message)
            except ConnectionError:
                return
        await self._socket.close()


class SocketMode:
    """The Socket Mode side of one app."""

    def __init__(self, app: SocketApp) -> None:
        self._app = app
        self._tickets: set[str] = set()
        self._connections: dict[SocketConnection, asyncio.Task[None]] = {}

    def open_ticket(self) -> str:
        """A ticket that opens one connection."""
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket endpoint: takes the ticket, says hello, then carries payloads until either side leaves."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="unknown or used ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(heartbeat=_PING_EVERY, timeout=_GOODBYE)
        await socket.prepare(request)
        connection = SocketConnection(socket, request.transport)
        if len(self._connections) >= MOST_CONNECTIONS:
            connection.say(_disconnect("too_many_websockets"))
            connection.hang_up()
            await connection.write()
            return socket
        writer = asyncio.create_task(connection.write())
        self._connections[connection] = writer
        connection.say(self._hello())
        self._app.delivery.attach(connection)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._heard(message.data)
        finally:
            self._connections.pop(connection, None)
            self._app.delivery.detach(connection)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    def refresh(self, reason: str = "refresh_requested", count: int | None = None) -> int:
        """Ask connections (the oldest first) to make way for new ones; returns how many were asked.

        They get nothing new, and whoever stays is cut off after a while. A warning leaves them open.
        """
        asked = list(self._connections)[:count]
        for connection in asked:
            connection.say(_disconnect(reason))
            if reason != "warning":
                self._app.delivery.rest(connection)
                asyncio.get_running_loop().call_later(_LEAVE_WITHIN, connection.hang_up)
        return len(asked)

    def silence(self, count: int | None = None) -> int:
        """Connections (the oldest first) carry nothing any more; returns how many.

        Payloads still go to them until they do not answer a ping.
        """
        silenced = [one for one in self._connections if not one.silent][:count]
        for connection in silenced:
            connection.fall_silent()
        return len(silenced)

    @property
    def silent(self) -> int:
        """How many carry nothing and are still taken as open."""
        return sum(one.silent for one in self._connections)

    async def close(self) -> None:
        """Close all connections."""
        writers = list(self._connections.values())
        for connection in list(self._connections):
            connection.hang_up()
        await asyncio.gather(*writers, return_exceptions=True)

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {"host": _HOST, "build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._app.id},
        }

    def _heard(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return  # Slack, too, says nothing to what it cannot read
        if isinstance(message, Mapping) and isinstance(message.get("envelope_id"), str):
            payload = message.get("payload")
            self._app.delivery.acknowledge(message["envelope_id"], payload if isinstance(payload, Mapping) else None)


def _disconnect(reason: str) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}}
