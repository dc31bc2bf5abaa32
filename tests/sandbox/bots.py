"""Small bots to hold against the local workspace: real Bolt apps, and a bare Socket Mode client for what Bolt hides."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import SandboxServer, SteppedClock, default, default_workspace

START = 1_700_000_000.0
PATIENCE = 10.0  # seconds after which a test gives up; nothing waits for it otherwise


class WatchedClock(SteppedClock):
    """A clock that stands still and tells when somebody goes to sleep."""

    def __init__(self, start: float = START) -> None:
        super().__init__(start)
        self._asleep: asyncio.Queue[float] = asyncio.Queue()

    async def sleep_until(self, when: float) -> None:
        self._asleep.put_nowait(when)
        await super().sleep_until(when)

    async def next_sleeper(self) -> float:
        """Until when the next one sleeps, waiting for that one to fall asleep."""
        return float(await got(self._asleep))


@asynccontextmanager
async def serving(*, ack_within: float = 3.0, clock: SteppedClock | None = None) -> AsyncIterator[SandboxServer]:
    """The default workspace on a clock that stands still."""
    async with SandboxServer(default_workspace(clock or WatchedClock()), ack_within=ack_within) as server:
        yield server


def web_client(server: SandboxServer, token: str = default.BOT_TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=server.base_url)


def bolt_app(server: SandboxServer, **options: Any) -> AsyncApp:
    return AsyncApp(client=web_client(server), signing_secret="test-signing-secret", **options)


@asynccontextmanager
async def in_socket_mode(app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, "xapp-test-token")
    await handler.connect_async()
    try:
        yield handler
    finally:
        await handler.close_async()


@asynccontextmanager
async def over_http(server: SandboxServer, app: AsyncApp) -> AsyncIterator[str]:
    """The Bolt app behind a request URL that the workspace has verified."""

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    async with listening(handle) as url:
        await server.workspace.apps[0].use_request_url(url)
        yield url
        await server.workspace.apps[0].use_request_url(None)


@asynccontextmanager
async def listening(handle: Any) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_post("/slack/events", handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()


class BareSocket:
    """One Socket Mode connection that acknowledges only when told to."""

    def __init__(self, server: SandboxServer) -> None:
        self._server = server
        self._session = aiohttp.ClientSession()
        self.hello: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        url = (await web_client(self._server).apps_connections_open(app_token="xapp-test-token"))["url"]
        self._socket = await self._session.ws_connect(url)
        self.hello = await self.receive()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()
        await self._session.close()

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            return json.loads(await self._socket.receive_str())

    async def close(self) -> None:
        await self._socket.close()

    async def closed(self) -> bool:
        async with asyncio.timeout(PATIENCE):
            return (await self._socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}

    async def acknowledge(self, envelope: dict[str, Any], payload: dict[str, Any] | None = None) -> None:
        answer = {"envelope_id": envelope["envelope_id"]} | ({"payload": payload} if payload else {})
        await self._socket.send_str(json.dumps(answer))

    async def take(self, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Receive an envelope and acknowledge it."""
        envelope = await self.receive()
        await self.acknowledge(envelope, payload)
        return envelope


async def got(queue: asyncio.Queue[Any]) -> Any:
    async with asyncio.timeout(PATIENCE):
        return await queue.get()


async def settled(server: SandboxServer) -> None:
    """Everything that was sent has been acknowledged or given up for now."""
    async with asyncio.timeout(PATIENCE):
        for app in server.workspace.apps:
            await app.delivery.settled()


def unknown_keys(payload: Any, known: Any, where: str = "") -> list[str]:
    """Keys of a payload that Slack's sample does not have; what is empty in the sample says nothing of its inside."""
    if isinstance(payload, dict) and isinstance(known, dict) and known:
        found: list[str] = []
        for key, value in payload.items():
            here = f"{where}/{key}"
            if key == "blocks":
                continue  # Block Kit has its own rules; samples show one block of many
            found += unknown_keys(value, known[key], here) if key in known else [here]
        return found
    if isinstance(payload, list) and isinstance(known, list) and known:
        merged: Any = {key: value for one in known if isinstance(one, dict) for key, value in one.items()} or known[0]
        return [key for one in payload for key in unknown_keys(one, merged, where)]
    return []
