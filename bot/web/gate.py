"""Who may hold a connection, and for how long without saying anything: half-open ones must not crowd out Slack's."""

import asyncio
import logging
import resource
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

log = logging.getLogger(__name__)

# Descriptors that everything else needs: the database, Slack, files, the program itself.
_DESCRIPTORS_KEPT = 100
_FEWEST = 8


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Connections in all and from one address; seconds until the headers, and then the body, must have come."""

    connections: int = 400
    per_address: int = 100
    headers_within: float = 10.0
    body_within: float = 20.0


class Gate:
    """Counts the connections of one server, and closes those on which nothing comes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        # At the limit of descriptors accepting fails over and over, and nothing else gets any.
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = max(_FEWEST, min(limits.connections, descriptors - _DESCRIPTORS_KEPT))
        self._open: Counter[str] = Counter()
        self._waiting: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}

    def enter(self, transport: asyncio.Transport) -> str | None:
        """The address that the connection counts for; None where it is refused."""
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) and peer else ""
        if self._open.total() >= self._most or self._open[address] >= self._limits.per_address:
            log.warning(
                "A connection was refused: too many are open.",
                extra={"action": "connection_refused", "open": self._open.total(), "address": address},
            )
            return None
        self._open[address] += 1
        loop = asyncio.get_running_loop()
        self._waiting[transport] = loop.call_later(self._limits.headers_within, self._too_slow, transport)
        return address

    def leave(self, transport: asyncio.BaseTransport, address: str) -> None:
        """The connection is closed."""
        self._heard(transport)
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The headers are there; the body, which is kept for the handler, has its own time."""
        if request.transport is not None:
            self._heard(request.transport)
        try:
            async with asyncio.timeout(self._limits.body_within):
                await request.read()
        except TimeoutError:
            answer = web.Response(status=408)
            answer.force_close()
            return answer
        try:
            answered = await handler(request)
        except web.HTTPException as refused:
            refused.force_close()
            raise
        if answered.status != web.HTTPOk.status_code:
            answered.force_close()  # who asks for nothing that is here does not keep a place
        return answered

    def _heard(self, transport: asyncio.BaseTransport) -> None:
        timer = self._waiting.pop(transport, None)
        if timer is not None:
            timer.cancel()

    def _too_slow(self, transport: asyncio.Transport) -> None:
        self._waiting.pop(transport, None)
        transport.abort()


class GuardedConnection(asyncio.Protocol):
    """Hands everything on to aiohttp's protocol, for a connection that the gate lets in."""

    def __init__(self, gate: Gate, inner: asyncio.Protocol) -> None:
        self._gate = gate
        self._inner = inner
        self._transport: asyncio.BaseTransport | None = None
        self._address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - as of any server of streams
        self._transport, self._address = transport, self._gate.enter(transport)
        if self._address is None:
            transport.abort()
        else:
            self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None and self._address is not None:
            self._gate.leave(self._transport, self._address)
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._address is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._address is not None else None

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
