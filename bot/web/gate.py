"""Who may hold a connection, and for how long without saying anything: half-open ones must not crowd out Slack's."""

import asyncio
import ipaddress
import logging
import resource
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple

from aiohttp import web

log = logging.getLogger(__name__)

# Descriptors that everything else needs: the database, Slack, files, the program itself.
_DESCRIPTORS_KEPT = 100
_FEWEST = 8


@dataclass(frozen=True, kw_only=True)
class ConnectionLimits:
    """Connections in all and from one address; seconds until the headers, and then the body, must have come.

    An address is a host of IPv4, or a network of IPv6: whoever has one of those has 2^64 hosts (RFC 6177).
    """

    connections: int = 400
    per_address: int = 100
    headers_within: float = 10.0
    body_within: float = 20.0
    next_within: float = 90.0  # until the headers of another request on the same connection; balancers keep 60


class _Silent(NamedTuple):
    address: str
    timer: asyncio.TimerHandle


class Gate:
    """Counts the connections of one server, and closes those on which nothing comes.

    Where all places are taken, whoever comes has that of the connection that has been silent longest.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        # At the limit of descriptors accepting fails over and over, and nothing else gets any.
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most = max(_FEWEST, min(limits.connections, descriptors - _DESCRIPTORS_KEPT))
        self._open: Counter[str] = Counter()
        # Those on which nothing is under way, the longest silent first.
        self._silent: dict[asyncio.Transport, _Silent] = {}
        self._put_out: set[asyncio.Transport] = set()

    def enter(self, transport: asyncio.Transport) -> str | None:
        """The address that the connection counts for; None where it is refused."""
        address = _address(transport.get_extra_info("peername"))
        is_crowded = self._open[address] >= self._limits.per_address
        if (is_crowded or self._open.total() >= self._most) and not self._make_room(address if is_crowded else None):
            log.warning(
                "A connection was refused: too many are open.",
                extra={"action": "connection_refused", "open": self._open.total(), "address": address},
            )
            return None
        self._open[address] += 1
        self._listen(transport, address, self._limits.headers_within)
        return address

    def leave(self, transport: asyncio.Transport, address: str) -> None:
        """The connection is closed."""
        self._heard(transport)
        if transport in self._put_out:
            self._put_out.discard(transport)  # its place was given away
        else:
            self._free(address)

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The headers are there; the body, which is kept for the handler, has its own time."""
        transport = request.transport
        silent = self._heard(transport) if transport is not None else None
        try:
            return await self._answer(request, handler)
        finally:
            if transport is not None and silent is not None and not transport.is_closing():
                self._listen(transport, silent.address, self._limits.next_within)

    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
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
        if answered.status >= web.HTTPMultipleChoices.status_code:
            answered.force_close()  # who asks for nothing that is here does not keep a place
        return answered

    def _make_room(self, address: str | None) -> bool:
        """Closes the connection that has been silent longest, of this address; False where all are busy."""
        found = next((one for one, silent in self._silent.items() if address in (None, silent.address)), None)
        if found is None:
            return False
        self._close(found)
        return True

    def _listen(self, transport: asyncio.Transport, address: str, seconds: float) -> None:
        """Waits for the headers of a request."""
        timer = asyncio.get_running_loop().call_later(seconds, self._close, transport)
        self._silent[transport] = _Silent(address, timer)

    def _heard(self, transport: asyncio.Transport) -> _Silent | None:
        silent = self._silent.pop(transport, None)
        if silent is not None:
            silent.timer.cancel()
        return silent

    def _close(self, transport: asyncio.Transport) -> None:
        """Gives its place away at once: the loop hears of the end later."""
        silent = self._heard(transport)
        if silent is not None:
            self._put_out.add(transport)
            self._free(silent.address)
        transport.abort()

    def _free(self, address: str) -> None:
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


def _address(peer: object) -> str:
    """What a connection counts for: a host of IPv4, the network of a host of IPv6."""
    host = str(peer[0]) if isinstance(peer, tuple) and peer else ""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host  # a socket in the file system has none
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


class GuardedConnection(asyncio.Protocol):
    """Hands everything on to aiohttp's protocol, for a connection that the gate lets in."""

    def __init__(self, gate: Gate, inner: asyncio.Protocol) -> None:
        self._gate = gate
        self._inner = inner
        self._transport: asyncio.Transport | None = None
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
