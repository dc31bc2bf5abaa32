"""Receives payloads over HTTP, signed by Slack."""

import asyncio
import logging

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.errors import ConfigError

log = logging.getLogger(__name__)

PATH = "/slack/events"
# Slack's largest payload is a view submission: 250 kB of view, form-encoded.
_LARGEST_BODY = 2 * 1024 * 1024


class HttpReceiver:
    """Serves PATH for events, commands and interactivity; Bolt checks the signature and its five-minute window."""

    def __init__(self, app: AsyncApp, *, host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None

    @property
    def state(self) -> str:
        return f"listening on {self._host}:{self._port}"

    async def open(self) -> None:
        """Raises ConfigError where the address cannot be used."""
        site = web.Application(client_max_size=_LARGEST_BODY)
        site.router.add_post(PATH, self._handle)
        self._runner = web.AppRunner(site, access_log=None)
        await self._runner.setup()
        server = web.TCPSite(self._runner, self._host, self._port)
        try:
            await server.start()
        except OSError as problem:
            await self._runner.cleanup()
            why = problem.strerror or str(problem)
            raise ConfigError(
                [f"--http {self._host}:{self._port} cannot be used: {why}. Take another port."]
            ) from problem
        self._port = self._runner.addresses[0][1]  # asked for as 0 it is the system's choice
        log.info("Listening for Slack on %s:%s%s.", self._host, self._port, PATH, extra={"action": "listening"})

    async def watch(self) -> None:
        """Slack comes to us: there is no connection of ours to lose."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        answer = await self._app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)
