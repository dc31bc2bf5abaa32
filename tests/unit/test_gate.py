"""Connections on which nothing comes are closed, and nobody holds more than their share."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from bot.web.gate import ConnectionLimits, Gate, _address
from bot.web.server import Server

QUICK = ConnectionLimits(connections=10, per_address=10, headers_within=0.2, body_within=0.2)
PATIENT = ConnectionLimits(connections=10, per_address=4, headers_within=60, body_within=60)
REQUEST = b"GET /hello HTTP/1.1\r\nHost: here\r\n\r\n"


class Visitor:
    """Somebody with a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def say(self, said: bytes) -> None:
        self._writer.write(said)

    async def answer(self) -> bytes:
        """What comes first: an answer, or nothing where the connection is closed."""
        async with asyncio.timeout(20):
            try:
                return await self._reader.read(1000)
            except ConnectionError:
                return b""

    async def leave(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


class House:
    """A server, and those who come to it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.visitors: list[Visitor] = []

    def busy(self) -> int:
        """On how many connections a request is under way."""
        gate = self._server.site.middlewares[-1].__self__  # type: ignore[attr-defined]
        return int(gate._open.total()) - len(gate._silent)

    async def enter(self, said: bytes = b"") -> Visitor:
        host, _, port = self._server.address.rpartition(":")
        visitor = Visitor(*await asyncio.open_connection(host, int(port)))
        self.visitors.append(visitor)
        visitor.say(said)
        return visitor


@asynccontextmanager
async def house(limits: ConnectionLimits) -> AsyncIterator[House]:
    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=f"hello {len(await request.read())}")

    server = Server("--http", "127.0.0.1", 0)
    server.limits = limits
    server.site.router.add_route("*", "/hello", hello)
    async with server:
        opened = House(server)
        try:
            yield opened
        finally:
            for one in opened.visitors:
                await one.leave()


@pytest.mark.parametrize("said", [b"", b"POST /hello HTTP/1.1\r\nHost: he"])
async def test_a_connection_without_a_request_is_closed(said: bytes) -> None:
    async with house(QUICK) as there:
        visitors = [await there.enter(said) for _ in range(10)]
        assert [await one.answer() for one in visitors] == [b""] * 10
        assert b"hello" in await (await there.enter(REQUEST)).answer(), "there is room again"


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with house(QUICK) as there:
        visitor = await there.enter(b"POST /hello HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nslow")
        assert b" 408 " in await visitor.answer()


@pytest.mark.parametrize("first", [b"", REQUEST], ids=["silent", "after a request"])
async def test_where_all_places_are_taken_the_longest_silent_gives_up_theirs(first: bytes) -> None:
    async with house(PATIENT) as there:
        crowd = []
        for _ in range(PATIENT.per_address):
            crowd.append(await there.enter(first))
            assert not first or b"hello" in await crowd[-1].answer()
        assert b"hello" in await (await there.enter(REQUEST)).answer()
        assert await crowd[0].answer() == b""
        crowd[1].say(REQUEST)
        assert b"hello" in await crowd[1].answer()


async def test_where_everybody_is_busy_whoever_comes_is_refused() -> None:
    async with house(PATIENT) as there:
        begun = b"POST /hello HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n"
        crowd = [await there.enter(begun) for _ in range(PATIENT.per_address)]
        async with asyncio.timeout(20):
            while there.busy() < len(crowd):  # noqa: ASYNC110 - the server reads by itself
                await asyncio.sleep(0.01)
        assert await (await there.enter(REQUEST)).answer() == b""
        crowd[0].say(b"done")
        assert b"hello 4" in await crowd[0].answer()
        assert b"hello" in await (await there.enter(REQUEST)).answer(), "there is room again"


async def test_a_connection_that_asks_now_and_then_and_stays_is_closed() -> None:
    async with house(replace(QUICK, next_within=0.2)) as there:
        visitor = await there.enter(REQUEST)
        assert b"hello" in await visitor.answer()
        visitor.say(b"GET /hel")
        assert await visitor.answer() == b""


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("203.0.113.9", 40000), "203.0.113.9"),
        (("::ffff:203.0.113.9", 40000, 0, 0), "203.0.113.9"),
        (("2001:db8:1:2:aaaa::1", 40000, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 40000, 0, 2), "fe80::/64"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(peer: object, address: str) -> None:
    assert _address(peer) == address


async def test_who_goes_on_talking_keeps_the_connection() -> None:
    clock = asyncio.get_running_loop().time
    async with house(QUICK) as there:
        visitor, until = await there.enter(REQUEST), clock() + 2 * QUICK.headers_within
        while clock() < until:
            assert b"hello" in await visitor.answer()
            visitor.say(REQUEST)


def test_descriptors_are_left_for_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.gate.resource.getrlimit", lambda _: (256, 256))
    assert Gate(ConnectionLimits(connections=400))._most == 156
