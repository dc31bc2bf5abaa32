"""What Slack delivers is committed before it is acknowledged, and applied once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import TooEarly
from bot.service.desk import Desk, UnitOfWork
from bot.store import inbox, outbox
from bot.store.tables import InboxItem, Workspace

log = logging.getLogger(__name__)

# Applies one event (as Slack sends it) that happened at a time.
Apply = Callable[[UnitOfWork, Mapping[str, Any], datetime], Awaitable[None]]

_MOST_ATTEMPTS = 5
# Items of other processes are found at the next round.
_ROUND_SECONDS = 2.0
# Events that wait are applied together, but not for so long that a command waits behind them for the database.
_SECONDS_TOGETHER = 0.03
_SECONDS_UNTIL_NOT_TOO_EARLY = 0.02
# Told by the bot's own doings too, and needed: it learns from them who is in a channel.
_KEPT_OF_OUR_OWN = frozenset({"member_joined_channel", "member_left_channel"})


class Inbox:
    """Stores events in front of Bolt's listeners, and applies them behind the acknowledgement."""

    def __init__(self, desk: Desk, apply: Apply, workspace: Workspace) -> None:
        self._desk = desk
        self._apply = apply
        self._workspace = workspace
        self._arrived = asyncio.Event()
        self._too_early: set[str] = set()  # lanes
        # What came while a commit was under way shares the next one.
        self._to_store: list[tuple[dict[str, Any], asyncio.Future[None]]] = []
        self._storing: asyncio.Task[None] | None = None

    async def middleware(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Bolt's global middleware: an exception here means no acknowledgement, and Slack sends it again."""
        return BoltResponse(status=200) if await self.take(req.body) else await next()

    async def take(self, body: Mapping[str, Any]) -> bool:
        """Returns once an event is committed under its id; False for what is no event.

        A second delivery changes nothing.
        """
        if body.get("type") == "app_rate_limited":
            # No inner event: Slack has stopped sending for a minute because there was too much.
            log.warning("Slack is holding back events of this workspace.", extra={"action": "app_rate_limited"})
            return True
        if body.get("type") != "event_callback":
            return False
        event = body.get("event") or {}
        if self._is_our_own(event):
            return True
        row = inbox.item(
            team_id=self._desk.team_id,
            key=str(body.get("event_id") or f"{event.get('type')}:{event.get('event_ts')}"),
            lane=_lane(event),
            body={"event": event, "event_time": body.get("event_time")},
            received_at=self._desk.clock.now(),
        )
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._to_store.append((row, stored))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        await stored
        return True

    async def _store_all(self) -> None:
        try:
            while self._to_store:
                together, self._to_store = self._to_store, []
                try:
                    async with self._desk.database.write() as session:
                        await inbox.store(session, [row for row, _ in together])
                except Exception as problem:
                    # Whoever waits gets it: without an acknowledgement Slack sends the event again.
                    log.exception("Events could not be stored.", extra={"action": "inbox_store_failed"})
                    for _, stored in together:
                        if not stored.done():
                            stored.set_exception(problem)
                else:
                    for _, stored in together:
                        if not stored.done():
                            stored.set_result(None)
                    self._arrived.set()
        finally:
            self._storing = None

    async def run(self) -> None:
        """Applies what waits, in order for each channel, until it is cancelled."""
        while True:
            self._arrived.clear()
            if not await self._apply_some():
                try:
                    pause = _SECONDS_UNTIL_NOT_TOO_EARLY if self._too_early else _ROUND_SECONDS
                    await asyncio.wait_for(self._arrived.wait(), pause)
                except TimeoutError:
                    pass
                if self._too_early and not await self._is_too_early():
                    self._too_early.clear()

    async def _is_too_early(self) -> bool:
        async with self._desk.look() as uow:
            return await outbox.making_a_channel(uow.session, uow.team_id)

    async def busy(self) -> bool:
        """Whether anything could be applied now."""
        too_early = self._too_early if self._too_early and await self._is_too_early() else ()
        async with self._desk.look() as uow:
            return self._storing is not None or await inbox.anything_waits(uow.session, uow.team_id, but=too_early)

    async def _apply_some(self) -> bool:
        """Applies some of what waits in one transaction; False where nothing waits."""
        async with self._desk.look() as look:
            if not await inbox.anything_waits(look.session, look.team_id, but=self._too_early):
                return False  # nothing to write: do not take the database's write lock
        started, applied = asyncio.get_running_loop().time(), 0
        async with self._desk.work() as uow:
            while asyncio.get_running_loop().time() - started < _SECONDS_TOGETHER or not applied:
                item = await uow.session.scalar(inbox.next_waiting(uow.team_id, but=self._too_early))
                if item is None:
                    break
                applied += await self._apply_one(uow, item)
                await uow.session.flush()
        return applied > 0

    async def _apply_one(self, uow: UnitOfWork, item: InboxItem) -> bool:
        """False where it is too early for it; it stays as it is."""
        try:
            at = datetime.fromtimestamp(item.body.get("event_time") or uow.now.timestamp(), UTC)
            async with uow.session.begin_nested():
                await self._apply(uow, item.body["event"], at)
        except TooEarly:
            self._too_early.add(item.lane)
            return False
        except Exception as problem:
            # A supervisor's catch: the payload is kept with its error and does not hold up the others.
            log.exception("An event could not be applied.", extra={"action": "inbox_failed", "item": item.id})
            item.attempts, item.error = item.attempts + 1, f"{type(problem).__name__}: {problem}"
            item.state = "failed" if item.attempts >= _MOST_ATTEMPTS else "waiting"
        else:
            # No second copy of what people wrote.
            item.state, item.body, item.error = "applied", {}, None
        return True

    def _is_our_own(self, event: Mapping[str, Any]) -> bool:
        """What the bot does itself is in the database already."""
        if str(event.get("type")) in _KEPT_OF_OUR_OWN:
            return False
        parts = [event, event.get("message"), event.get("previous_message")]
        return any(
            isinstance(part, Mapping)
            and (
                part.get("user") == self._workspace.bot_user_id
                or (bool(part.get("bot_id")) and part.get("bot_id") == self._workspace.bot_id)
            )
            for part in parts
        )


def _lane(event: Mapping[str, Any]) -> str:
    """The channel that an event belongs to."""
    item = event.get("item")
    channel = (
        event.get("channel") or event.get("channel_id") or (item.get("channel") if isinstance(item, dict) else None)
    )
    return channel if isinstance(channel, str) else "workspace"
