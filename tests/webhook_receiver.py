"""Somebody who listens for webhooks, on this machine."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = b"24 bytes that nobody knows"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass(kw_only=True)
class Receiver:
    """Checks every signature as a receiver has to."""

    url: str = ""
    status: int = 204
    silent: bool = False  # takes what comes and never answers
    events: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    come: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def types(self) -> list[str]:
        return [one["type"].removeprefix("incident.") for one in self.events]

    async def take(self, request: web.Request) -> web.Response:
        body, headers = await request.read(), request.headers
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        self.events.append(json.loads(body))
        self.ids.append(headers["webhook-id"])
        self.come.set()
        if self.silent:
            await self.let_go.wait()
        return web.Response(status=self.status, headers={"Location": self.url})


@asynccontextmanager
async def receiver(**how: Any) -> AsyncIterator[Receiver]:
    listening = Receiver(**how)
    site = web.Application()
    site.router.add_post("/", listening.take)
    runner = web.AppRunner(site, shutdown_timeout=0)
    await runner.setup()
    try:
        server = web.TCPSite(runner, "127.0.0.1", 0)
        await server.start()
        listening.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield listening
    finally:
        listening.let_go.set()
        await runner.cleanup()
