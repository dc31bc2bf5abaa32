"""What Slack delivers is committed before it is acknowledged, and applied once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.service.desk import Desk, UnitOfWork
from bot.store.tables import InboxItem

log = logging.getLogger(__name__)

# Applies one event (as Slack sends it) that happened at a time.
Apply = Callable[[UnitOfWork, Mapping[str, Any], datetime], Awaitable[None]]

_MOST_ATTEMPTS = 5
# Items of other processes are found at the next round.
_ROUND_SECONDS = 2.0


async def first_time(uow: UnitOfWork, key: str) -> bool:
    """Marks a command, click or submission as done in the transaction that does it; False where it was done before."""
    known = await uow.session.scalar(select(InboxItem.id).where(InboxItem.team_id == uow.team_id, InboxItem.key == key))
    if known is not None:
        return False
    uow.session.add(
        InboxItem(team_id=uow.team_id, key=key, lane="interaction", body={}, state="applied", received_at=uow.now)
    )
    await uow.session.flush()
    return True


class Inbox:
    """Stores events in front of Bolt's listeners, and applies them behind the acknowledgement."""

    def __init__(self, desk: Desk, apply: Apply) -> None:
        self._desk = desk
        self._apply = apply
        self._arrived = asyncio.Event()

    async def middleware(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Bolt's global middleware: an exception here means no acknowledgement, and Slack sends it again."""
        if req.body.get("type") == "app_rate_limited":
            # No inner event: Slack has stopped sending for a minute because there was too much.
            log.warning("Slack is holding back events of this workspace.", extra={"action": "app_rate_limited"})
            return BoltResponse(status=200)
        if req.body.get("type") != "event_callback":
            return await next()
        await self.store(req.body)
        return BoltResponse(status=200)

    async def store(self, body: Mapping[str, Any]) -> None:
        """Commits the event under its id; a second delivery changes nothing."""
        event = body.get("event") or {}
        key = body.get("event_id") or f"{event.get('type')}:{event.get('event_ts')}"
        async with self._desk.database.write() as session:
            known = await session.scalar(
                select(InboxItem.id).where(InboxItem.team_id == self._desk.team_id, InboxItem.key == key)
            )
            if known is not None:
                return
            session.add(
                InboxItem(
                    team_id=self._desk.team_id,
                    key=key,
                    lane=_lane(event),
                    body={"event": event, "event_time": body.get("event_time")},
                    state="waiting",
                    received_at=self._desk.clock.now(),
                )
            )
        self._arrived.set()

    async def run(self) -> None:
        """Applies what waits, oldest first, until it is cancelled."""
        while True:
            self._arrived.clear()
            if not await self._apply_next():
                try:
                    await asyncio.wait_for(self._arrived.wait(), _ROUND_SECONDS)
                except TimeoutError:
                    continue

    async def busy(self) -> bool:
        """Whether anything waits to be applied."""
        async with self._desk.look() as uow:
            return await uow.session.scalar(self._waiting(uow.session).limit(1)) is not None

    def _waiting(self, session: AsyncSession) -> Any:  # noqa: ARG002
        return (
            select(InboxItem)
            .where(InboxItem.team_id == self._desk.team_id, InboxItem.state == "waiting")
            .order_by(InboxItem.id)
        )

    async def _apply_next(self) -> bool:
        if not await self.busy():
            return False  # nothing to write: do not take the database's write lock
        async with self._desk.work() as uow:
            item = await uow.session.scalar(self._waiting(uow.session).limit(1).with_for_update(skip_locked=True))
            if item is None:
                return False
            at = datetime.fromtimestamp(item.body.get("event_time") or uow.now.timestamp(), UTC)
            try:
                async with uow.session.begin_nested():
                    await self._apply(uow, item.body["event"], at)
            except Exception as problem:
                # A supervisor's catch: the payload is kept with its error and does not hold up the others.
                log.exception("An event could not be applied.", extra={"action": "inbox_failed", "item": item.id})
                item.attempts, item.error = item.attempts + 1, f"{type(problem).__name__}: {problem}"
                item.state = "failed" if item.attempts >= _MOST_ATTEMPTS else "waiting"
            else:
                item.state, item.body = "applied", {}
        return True


def _lane(event: Mapping[str, Any]) -> str:
    """The channel that an event belongs to."""
    item = event.get("item")
    channel = (
        event.get("channel") or event.get("channel_id") or (item.get("channel") if isinstance(item, dict) else None)
    )
    return channel if isinstance(channel, str) else "workspace"
