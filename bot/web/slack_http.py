"""Receives payloads over HTTP, signed by Slack."""

import asyncio
import logging
import time

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.metrics import ACKNOWLEDGEMENT_SECONDS
from bot.web.server import Server

log = logging.getLogger(__name__)

PATH = "/slack/events"
_SECONDS_TO_FINISH = 2.0


class HttpReceiver:
    """Serves PATH for events, commands and interactivity; Bolt checks the signature and its five-minute window."""

    def __init__(self, app: AsyncApp, server: Server) -> None:
        """The server is opened before the receiver and closed after it, by whoever has made them."""
        self._app = app
        self._server = server
        self._server.site.router.add_post(PATH, self._handle)
        self._open = False
        self._under_way: set[asyncio.Task[web.Response]] = set()

    @property
    def state(self) -> str:
        return f"listening on {self._server.address}"

    async def receiving(self) -> bool:
        return self._open

    async def open(self) -> None:
        self._open = True
        log.info("Listening for Slack on %s%s.", self._server.address, PATH, extra={"action": "listening"})

    async def watch(self) -> None:
        """Slack comes to us: there is no connection of ours to lose."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """No new payloads; those under way are finished and acknowledged first."""
        self._open = False
        if self._under_way:
            await asyncio.wait(set(self._under_way), timeout=_SECONDS_TO_FINISH)

    async def _handle(self, request: web.Request) -> web.Response:
        if not self._open:
            # Nothing was done: a balancer may give it to another replica, and Slack sends events again.
            return web.Response(status=503)
        task = asyncio.create_task(self._dispatch(request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await task

    async def _dispatch(self, request: web.Request) -> web.Response:
        received_at = time.perf_counter()
        answer = await to_aiohttp_response(await self._app.async_dispatch(await to_bolt_request(request)))
        if answer.status == 200:
            # Slack sends events as JSON, everything that people do as a form.
            kind = "event" if request.content_type == "application/json" else "interaction"
            ACKNOWLEDGEMENT_SECONDS.labels(kind).observe(time.perf_counter() - received_at)
        return answer
