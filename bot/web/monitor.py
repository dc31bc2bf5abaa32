"""Says whether the bot lives, whether it can work, and how much it has to do: for orchestrators, balancers, Prometheus.

No answer holds a secret, or a word that somebody wrote.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import StoreError
from bot.health import Health
from bot.service.desk import Desk
from bot.store.depths import Depths, depths
from bot.store.migrate import SCHEMA, current_schema
from bot.web.exposition import exposition

_SECONDS_TO_ANSWER = 2.0
# Longer than any rest that an item takes by itself before it is set aside.
_SECONDS_WITHOUT_PROGRESS = 60.0
_FINE = "ok"

Answer = TypeVar("Answer")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Question(Generic[Answer]):
    """Asked one at a time, however many want to know: probes must not pile up before a database that is slow."""

    def __init__(self, ask: Callable[[], Coroutine[Any, Any, Answer]]) -> None:
        self._ask = ask
        self._asked: asyncio.Task[Answer] | None = None

    async def answer(self) -> Answer:
        """Raises TimeoutError after two seconds, or what the database raises."""
        asked = self._asked
        if asked is None or asked.done():
            asked = self._asked = asyncio.create_task(self._ask())
            asked.add_done_callback(_heard)
        # Not wait_for: it would also wait until a query on a dead connection has let itself be cancelled.
        await asyncio.wait({asked}, timeout=_SECONDS_TO_ANSWER)
        if not asked.done() or asked.cancelled():
            asked.cancel()
            raise TimeoutError
        return asked.result()


def _heard(asked: asyncio.Task[Any]) -> None:
    """Nobody may be waiting any more for what a query died of in the end."""
    if not asked.cancelled():
        asked.exception()


def _only_with(token: str, handle: Handler) -> Handler:
    """Refuses who doesn't know the token; how long that takes tells nothing about it."""
    wanted = f"Bearer {token}".encode()

    async def checked(request: web.Request) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, wanted):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        return await handle(request)

    return checked


class Monitor:
    """Serves /healthz, /readyz and /metrics."""

    def __init__(
        self,
        *,
        desk: Desk,
        health: Health,
        receiving: Callable[[], Awaitable[bool]],
        stalled_for: Callable[[], float],
    ) -> None:
        """`receiving`: whether payloads can come in now; `stalled_for`: seconds since the inbox came to a halt."""
        self._desk = desk
        self._health = health
        self._receiving = receiving
        self._stalled_for = stalled_for
        self._schema = _Question(self._ask_schema)
        self._depths = _Question(self._ask_depths)

    def serve(self, site: web.Application, *, metrics: bool = True, token: str = "") -> None:
        """Adds the routes. `/metrics` asks for the bearer token where there is one; without either it isn't there."""
        site.router.add_get("/healthz", self._handle_health)
        site.router.add_get("/readyz", self._handle_readiness)
        if token:
            site.router.add_get("/metrics", _only_with(token, self._handle_metrics))
        elif metrics:
            site.router.add_get("/metrics", self._handle_metrics)

    async def _handle_health(self, _: web.Request) -> web.Response:
        """200 as long as a new process would do no better; that it is answered at all shows that the event loop turns.

        The database is left out on purpose: its outage must not get every replica killed.
        """
        failing = self._health.failing()
        return web.json_response({"healthy": not failing, "loops": failing}, status=503 if failing else 200)

    async def _handle_readiness(self, _: web.Request) -> web.Response:
        """200 where payloads can come in and be worked on; each check with "ok" or the reason why not."""
        checks = {"running": _FINE}
        if not self._health.stopping:
            database, schema = await self._check_database()
            receiving = _FINE if await self._receiving() else "payloads from Slack cannot come in just now"
            checks |= {"database": database, "schema": schema, "receiving": receiving, "inbox": self._check_inbox()}
        if self._health.stopping:  # maybe since then; nothing else matters, and the database is just being closed
            checks = {"running": "a stop has begun"}
        ready = set(checks.values()) == {_FINE}
        return web.json_response({"ready": ready, "checks": checks}, status=200 if ready else 503)

    async def _handle_metrics(self, _: web.Request) -> web.Response:
        """What this process counted is told even where the database is away."""
        try:
            found = await self._depths.answer()
        except (SQLAlchemyError, OSError):  # TimeoutError is one of these
            found = None
        text = exposition(
            found,
            receiving=await self._receiving(),
            now=self._desk.clock.now(),
            priorities=self._desk.settings.priorities,
        )
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    def _check_inbox(self) -> str:
        """Whether what comes in is applied."""
        stalled = self._stalled_for()
        if stalled < _SECONDS_WITHOUT_PROGRESS:
            return _FINE
        return f"nothing has been applied for {stalled:.0f} s although something waits; see the log"

    async def _check_database(self) -> tuple[str, str]:
        """How the database and its schema are."""
        unknown = "not known without the database"
        try:
            schema = await self._schema.answer()
        except TimeoutError:
            return f"no answer within {_SECONDS_TO_ANSWER:g} s", unknown
        except (StoreError, SQLAlchemyError, OSError) as problem:
            # Only the kind: the sentence names hosts and accounts.
            return f"no answer ({type(problem.__cause__ or problem).__name__})", unknown
        if schema != SCHEMA:
            return _FINE, f"the database has {schema or 'none'}, this version works with {SCHEMA}"
        return _FINE, _FINE

    async def _ask_schema(self) -> str | None:
        return await current_schema(self._desk.database)

    async def _ask_depths(self) -> Depths:
        async with self._desk.look() as uow:
            return await depths(uow.session, uow.team_id)
