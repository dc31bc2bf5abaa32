"""The workspace on a port of this machine: Web API, Socket Mode, response_urls, files and the control interface."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.sandbox.default import default_workspace
from bot.sandbox.delivery.app import App
from bot.sandbox.delivery.delivery import ACK_WITHIN
from bot.sandbox.delivery.faults import Faults
from bot.sandbox.state.clock import WorkspaceClock
from bot.sandbox.state.model import Json
from bot.sandbox.web import api, file_urls
from bot.sandbox.web.api.apps import OPEN_CONNECTION
from bot.sandbox.web.api.arguments import Arguments, read_arguments
from bot.sandbox.web.call_log import CallLog, LoggedCall
from bot.sandbox.web.control import Control
from bot.sandbox.web.file_urls import Take
from bot.sandbox.web.rate_limits import RateLimiter
from bot.sandbox.workspace import Workspace

_LARGEST_BODY = 64 * 1024 * 1024
_SHUTDOWN = 0.2  # seconds that requests still under way get at the end
_APP_TOKEN_METHODS = {OPEN_CONNECTION}


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What a call comes to; a status of 0 cuts the connection."""

    status: int
    body: Any
    headers: Mapping[str, str]


class SandboxServer:
    """Serves a workspace on 127.0.0.1; `async with` starts and stops it.

    `ack_within` is how long (machine seconds) an app has to acknowledge; `fresh` builds what `POST reset` begins with;
    `generosity` multiplies Slack's rate limits, for measurements that must not run into them.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        port: int = 0,
        ack_within: float = ACK_WITHIN,
        fresh: Callable[[WorkspaceClock], Workspace] = default_workspace,
        generosity: int = 1,
    ) -> None:
        self.workspace = workspace
        self.faults = Faults()
        self.calls = CallLog()
        self.on_reset: list[Callable[[Workspace], None]] = []  # called with the fresh workspace
        self._port = port
        self._ack_within = ack_within
        self._fresh = fresh
        self._generosity = generosity
        self._limiter = RateLimiter(workspace.clock, generosity=generosity)
        self._runner: web.AppRunner | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """What a Slack client takes as its base URL."""
        return f"{self.origin}/api/"

    @property
    def control_url(self) -> str:
        return f"{self.origin}/_control"

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_route("*", "/api/{method}", self._api)
        application.router.add_get("/link/", self._link)
        for kind in ("commands", "actions", "app"):
            application.router.add_post(f"/{kind}/{{rest:.+}}", self._response_url)
        file_urls.add_routes(application, lambda: self.workspace, self._upload)
        application.add_subapp("/_control", Control(self).application())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_SHUTDOWN)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self._open(self.workspace)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for app in self.workspace.apps:
            await app.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def reset(self) -> None:
        """Begin again with a fresh workspace; apps are asked to reconnect and keep their request URL."""
        old = self.workspace
        self.workspace = self._fresh(old.clock)
        self.faults.set({})
        self.calls.clear()
        self._limiter = RateLimiter(self.workspace.clock, generosity=self._generosity)
        self._open(self.workspace)
        for told in self.on_reset:
            told(self.workspace)
        urls = {app.name: app.request_url for app in old.apps}
        for app in old.apps:
            app.sockets.refresh()
            await app.close()
        for app in self.workspace.apps:
            if urls.get(app.name):
                await app.use_request_url(urls[app.name])

    def refresh(self, reason: str = "refresh_requested", count: int | None = None) -> int:
        """Ask Socket Mode connections to make way for new ones."""
        asked = 0
        for app in self.workspace.apps:
            asked += app.sockets.refresh(reason, None if count is None else count - asked)
        return asked

    def silence(self, count: int | None = None) -> int:
        """Let Socket Mode connections go dead without a word, as where a router on the way forgets them."""
        silenced = 0
        for app in self.workspace.apps:
            silenced += app.sockets.silence(None if count is None else count - silenced)
        return silenced

    def _open(self, workspace: Workspace) -> None:
        workspace.origin = self.origin
        for app in workspace.apps:
            self._start(app)

    def _start(self, app: App) -> None:
        app.start(faults=self.faults, ack_within=self._ack_within)

    # --- Web API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given = await read_arguments(request, method)
        args = given.args
        started = self.workspace.clock.time()
        app, refusal = self._caller(method, given)
        if (late := self.faults.take("latency_ms", method)) is not None:
            await asyncio.sleep(late.latency)
        outcome = self._outcome(method, app, refusal, args)
        self.calls.add(
            LoggedCall(
                method=method,
                args=args,
                answer=outcome.body,
                status=outcome.status,
                started=started,
                ended=self.workspace.clock.time(),
                app=app.id if app else None,
            )
        )
        if outcome.status == 0:
            return _cut(request)
        return _response(outcome)

    def _caller(self, method: str, given: Arguments) -> tuple[App | None, str]:
        """The app whose token this is, and why the call is refused before it is looked at."""
        token = given.token
        if not token:
            return None, "invalid_auth" if given.misplaced_token else "not_authed"
        for app in self.workspace.apps:
            self._start(app)  # it may have been installed meanwhile
            if token == app.bot_token:
                return app, "not_allowed_token_type" if method in _APP_TOKEN_METHODS else given.problem
            if token == app.app_token:
                return app, given.problem if method in _APP_TOKEN_METHODS else "not_allowed_token_type"
        return None, "invalid_auth"

    def _outcome(self, method: str, app: App | None, refusal: str, args: Json) -> _Outcome:
        if (faulty := self._faulty(method)) is not None:
            return faulty
        if app is None or refusal:
            return _Outcome(status=200, body={"ok": False, "error": refusal}, headers={})
        # Every replica opens its connections at once when it starts or is refreshed: Slack bears that.
        wait = None if method in _APP_TOKEN_METHODS else self._limiter.check(app.id, method, args)
        if wait is not None:
            return _limited(int(wait))
        answer = api.call(self.workspace, app, method, args)
        if self.faults.take("drop_after_accept", method):
            return _Outcome(status=0, body=answer, headers={})
        # An app learns there at its start whether it was given all that it needs.
        granted = {} if method in _APP_TOKEN_METHODS else {"X-OAuth-Scopes": ",".join(sorted(app.scopes))}
        return _Outcome(status=200, body=answer, headers=granted)

    def _faulty(self, method: str, *, named: bool = False) -> _Outcome | None:
        if self.faults.take("drop_before_accept", method, named=named):
            return _Outcome(status=0, body=None, headers={})
        if (limited := self.faults.take("rate_limit", method, named=named)) is not None:
            return _limited(limited.retry_after)
        if (other := self.faults.take("answer", method, named=named)) is not None:
            return _Outcome(status=int(other.options.get("status", 200)), body=other.body, headers={})
        if (broken := self.faults.take("error", method, named=named)) is not None:
            return _Outcome(status=broken.status, body={"ok": False, "error": broken.error}, headers={})
        return None

    # --- what else an app reaches

    async def _link(self, request: web.Request) -> web.StreamResponse:
        for app in self.workspace.apps:
            if app.id == request.query.get("app_id"):
                return await app.sockets.serve(request)
        return web.Response(status=404, text="unknown app")

    async def _upload(self, request: web.Request, take: Take) -> web.StreamResponse:
        """The file host, which can fail while the Web API is well."""
        if (late := self.faults.take("latency_ms", "upload", named=True)) is not None:
            await asyncio.sleep(late.latency)
        faulty = self._faulty("upload", named=True)
        if faulty is not None:
            return _cut(request) if faulty.status == 0 else _response(faulty)
        taken = await take(request)
        return _cut(request) if self.faults.take("drop_after_accept", "upload", named=True) else taken

    async def _response_url(self, request: web.Request) -> web.StreamResponse:
        if (late := self.faults.take("latency_ms", "response_url")) is not None:
            await asyncio.sleep(late.latency)
        try:
            body = await request.json()
        except (ValueError, ConnectionError):  # the latter: whoever began to ask is gone
            body = None
        if not isinstance(body, dict):
            return web.Response(status=400, text="invalid_payload")
        faulty = self._faulty("response_url", named=True)
        if faulty is not None:
            return _cut(request) if faulty.status == 0 else _response(faulty)
        if not self.workspace.apps:
            return web.Response(status=404)
        reply = self.workspace.interactions.response_urls.answer(request.path.removeprefix("/"), body)
        if isinstance(reply.body, str):
            return web.Response(status=reply.status, text=reply.body)
        return web.json_response(reply.body, status=reply.status)


def _response(outcome: _Outcome) -> web.Response:
    if isinstance(outcome.body, str):
        return web.Response(text=outcome.body, content_type="text/html", status=outcome.status, headers=outcome.headers)
    return web.json_response(outcome.body, status=outcome.status, headers=outcome.headers)


def _limited(retry_after: int) -> _Outcome:
    return _Outcome(
        status=429, body={"ok": False, "error": "ratelimited"}, headers={"Retry-After": str(max(1, retry_after))}
    )


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # never arrives
