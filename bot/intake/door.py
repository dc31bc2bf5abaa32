"""Where programs write to: proved, stored, committed, and only then answered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from bot.errors import IntakeRefused
from bot.intake.inbox import Inbox
from bot.intake.source import Hook, Incoming, Received
from bot.service.desk import Desk
from bot.store import inbox
from bot.store.outages import fault_in

log = logging.getLogger(__name__)

_LARGEST_BODY = 1024 * 1024
# PagerDuty waits for 5 s; what is stored later all the same is known by its id when it is sent again.
_SECONDS_TO_STORE = 4.0
_SECONDS_TO_STAY_AWAY = 10


class Door:
    """Serves POST /hooks/SOURCE/INTEGRATION, also with a key behind it. The key is a secret: no path is ever logged."""

    def __init__(self, desk: Desk, inbox: Inbox, hooks: Sequence[Hook], *, stopping: Callable[[], bool]) -> None:
        self._desk = desk
        self._inbox = inbox
        self._hooks = hooks
        self._stopping = stopping

    def serve(self, site: web.Application) -> None:
        """Adds the routes."""
        for hook in self._hooks:
            path = f"/hooks/{hook.name}/{{integration}}"
            site.router.add_post(path, self._handler(hook))
            site.router.add_post(f"{path}/{{key}}", self._handler(hook))

    def _handler(self, hook: Hook) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.Response:
            incoming = Incoming(
                integration=request.match_info["integration"],
                key=request.match_info.get("key", ""),
                headers=request.headers,
                body=await request.read(),
            )
            return await self._answer(hook, incoming)

        return handle

    async def _answer(self, hook: Hook, incoming: Incoming) -> web.Response:
        if self._stopping():
            return _later()  # a balancer may give it to another replica
        if not hook.authentic(incoming):
            return web.json_response({"error": "unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"})
        if len(incoming.body) > _LARGEST_BODY:
            return web.json_response({"error": f"the body is larger than {_LARGEST_BODY} bytes"}, status=413)
        try:
            received = hook.read(incoming)
        except IntakeRefused as refused:
            return web.json_response({"errors": refused.problems}, status=400)
        try:
            await self._store(hook, incoming, received)
        except Exception:  # noqa: BLE001 - the inbox has logged it; whoever gets no 2xx sends it again
            return _later()
        return web.json_response(
            {"received": received.id, "incident": await self._incident(hook, received)}, status=202
        )

    async def _store(self, hook: Hook, incoming: Incoming, received: Received) -> None:
        payload = inbox.Payload(
            source=hook.name,
            # Others have keys of their own in there, and other integrations the same ids.
            key=f"{hook.name}:{incoming.integration}:{received.id}",
            lane=received.lane,
            body=received.body,
        )
        async with asyncio.timeout(_SECONDS_TO_STORE):
            await self._inbox.take(payload)

    async def _incident(self, hook: Hook, received: Received) -> str | None:
        """Its name; it is stored by now, so nothing may keep the answer from being given."""
        try:
            async with asyncio.timeout(_SECONDS_TO_STORE / 4), self._desk.look() as uow:
                found = await hook.incident(uow, received)
        except Exception as problem:
            if fault_in(problem) is not None and not isinstance(problem, TimeoutError):
                log.exception("Whose an alert is could not be looked up.", extra={"action": "intake_failed"})
            return None
        return found.name if found is not None else None


def _later() -> web.Response:
    """Nothing is stored: monitors try again after a 503, and after nothing else."""
    return web.json_response(
        {"error": "not now; send it again"}, status=503, headers={"Retry-After": str(_SECONDS_TO_STAY_AWAY)}
    )
