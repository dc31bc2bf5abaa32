"""Receives payloads over HTTP, signed by Slack."""

import asyncio
import logging
import re
import time

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.metrics import ACKNOWLEDGEMENT_SECONDS
from bot.web.server import Server

log = logging.getLogger(__name__)

PATH = "/slack/events"
_SECONDS = re.compile(r"[0-9]{1,12}")
_TIMESTAMP, _SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
_SECONDS_TO_FINISH = 2.0


class _Unreadable(Exception):
    """Nothing that Slack sends: no words for whoever sent it, and no traceback in our log."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _read(request: web.Request, verifier: SignatureVerifier) -> AsyncBoltRequest:
    """The request as Bolt takes it, proved before anything is read into it.

    Raises _Unreadable for what Bolt would stumble over.
    """
    try:
        body = (await request.read()).decode("utf-8")  # whatever charset it claims: Slack has no other
    except UnicodeDecodeError:
        raise _Unreadable(400) from None
    sent_at, signature = request.headers.get(_TIMESTAMP, ""), request.headers.get(_SIGNATURE, "")
    if not _SECONDS.fullmatch(sent_at) or not signature.isascii() or not verifier.is_valid(body, sent_at, signature):
        raise _Unreadable(401)
    try:
        asked = AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers))
    except (ValueError, RecursionError, AttributeError, TypeError):  # no JSON, a bottomless one, or no object
        raise _Unreadable(400) from None
    if not isinstance(asked.body, dict) or not isinstance(asked.body.get("event", {}), dict):
        raise _Unreadable(400)
    return asked


class HttpReceiver:
    """Serves PATH for events, commands and interactivity, signed by Slack within the last five minutes."""

    def __init__(self, app: AsyncApp, server: Server, *, signing_secret: str) -> None:
        """The server is opened before the receiver and closed after it, by whoever has made them."""
        self._app = app
        self._verifier = SignatureVerifier(signing_secret)
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
        try:
            asked = await _read(request, self._verifier)
        except _Unreadable as problem:
            return web.Response(status=problem.status)
        answer = await to_aiohttp_response(await self._app.async_dispatch(asked))
        if answer.status == 200:
            # Slack sends events as JSON, everything that people do as a form.
            kind = "event" if request.content_type == "application/json" else "interaction"
            ACKNOWLEDGEMENT_SECONDS.labels(kind).observe(time.perf_counter() - received_at)
        return answer
