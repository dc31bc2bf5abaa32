"""Stores what comes in before it is answered: what came while a commit was under way shares the next one."""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence

from bot.service.desk import Desk
from bot.store import inbox
from bot.store.outages import fault_in

log = logging.getLogger(__name__)

# What is told when a payload is stored (None), or could not be.
Told = Callable[[Exception | None], None]

# A rush is over when nothing has come for so long.
_RUSH_SECONDS = 0.02
_SECONDS_TO_JOIN = 0.001


def signal(source: str) -> str:
    """What is rung when something of the source has been stored."""
    return f"inbox:{source}"


class Receipt:
    """What somebody waits for who has handed a payload in."""

    def __init__(self) -> None:
        self._stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, problem: Exception | None) -> None:
        """It is stored, or couldn't be; whoever waited may be gone."""
        if self._stored.done():
            return
        if problem is None:
            self._stored.set_result(None)
        else:
            self._stored.set_exception(problem)

    async def given(self) -> None:
        """Returns once it is stored; raises what kept it from that."""
        await self._stored


class Inbox:
    """The way into the database, which all sources share."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._rushed_at = -math.inf  # by the event loop's clock: when payloads last shared a commit
        self._to_store: list[tuple[inbox.Payload, Told]] = []
        self._storing: asyncio.Task[None] | None = None

    @property
    def in_a_rush(self) -> bool:
        """Whether payloads come so fast that they share commits."""
        return self.storing or self._rushed

    @property
    def _rushed(self) -> bool:
        return asyncio.get_running_loop().time() - self._rushed_at < _RUSH_SECONDS

    @property
    def storing(self) -> bool:
        """Whether anything is on its way into the database."""
        return self._storing is not None

    async def all_stored(self) -> None:
        """Returns when nothing is on its way into the database any more."""
        while self._storing is not None:
            await asyncio.wait([self._storing])

    def take_up(self, payload: inbox.Payload, tell: Told) -> None:
        """Calls `tell` once the payload is committed under its key, or with the error.

        A second delivery changes nothing.
        """
        self._to_store.append((payload, tell))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())

    async def take(self, payload: inbox.Payload) -> None:
        """Returns once it is committed; raises what kept it from being stored."""
        receipt = Receipt()
        self.take_up(payload, receipt.tell)
        await receipt.given()

    async def _store_all(self) -> None:
        try:
            while self._to_store:
                # What has already arrived may join; in a rush, what is just arriving too: one commit more costs more.
                await asyncio.sleep(_SECONDS_TO_JOIN if self._rushed else 0)
                together, self._to_store = self._to_store, []
                await self._store_and_tell(together)
        finally:
            self._storing = None

    async def _store_and_tell(self, together: Sequence[tuple[inbox.Payload, Told]]) -> None:
        try:
            await self._store([payload for payload, _ in together])
        except Exception as problem:
            if fault_in(problem) is not None and len(together) > 1:
                for one in together:  # whichever it was, it must not keep the others out
                    await self._store_and_tell([one])
                return
            # Whoever waits gets it: without an answer it is sent again.
            if fault_in(problem) is None:
                log.warning("The database is away; events were not stored.", extra={"action": "outage"})
            else:
                log.exception("An event could not be stored.", extra={"action": "inbox_store_failed"})
            for _, tell in together:
                tell(problem)
        else:
            for _, tell in together:
                tell(None)
            if len(together) > 1:
                self._rushed_at = asyncio.get_running_loop().time()
            self._desk.signals.ring({signal(payload.source) for payload, _ in together})

    async def _store(self, payloads: Sequence[inbox.Payload]) -> None:
        try:
            await self._store_once(payloads)
        except Exception as problem:
            if fault_in(problem) is not None:
                raise
            await self._store_once(payloads)  # the connection may be of before a restart of the database

    async def _store_once(self, payloads: Sequence[inbox.Payload]) -> None:
        async with self._desk.database.statement() as connection:
            await inbox.store(connection, self._desk.team_id, payloads, received_at=self._desk.clock.now())
