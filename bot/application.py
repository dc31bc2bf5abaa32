"""What runs: opens, supervises, drains and closes."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from slack_bolt.async_app import AsyncApp

from bot.delivery.dispatcher import Dispatcher
from bot.health import Health
from bot.intake.applier import Applier
from bot.service.desk import Desk
from bot.service.due import DueJobs
from bot.slack.inbound.backfill import Backfill
from bot.slack.inbound.inbox import SlackInbox
from bot.slack.inbound.membership import Membership
from bot.slack.outbound.gateway import Gateway
from bot.store import outbox
from bot.store.outages import fault_in
from bot.store.purge import KEEP, purge

log = logging.getLogger(__name__)

# A stop takes five seconds at most: what was acknowledged is applied within three, what is being sent goes on till the
# end. What is not done by then waits for the next start, or for another replica.
_SECONDS_TO_STOP = 5.0
_SECONDS_TO_APPLY = 3.0
_SECONDS_BETWEEN_LOOKS = 5.0
_SECONDS_TO_CANCEL = 1.0  # a transaction that is under way is rolled back
_SECONDS_BETWEEN_PURGES = 3600.0
# Replicas are restarted one after the other: one that doesn't know a new destination yet leaves it to the others.
_NOBODY_GOES_THERE_AFTER = timedelta(days=1)


class Receiver(Protocol):
    """How payloads come in: Socket Mode or HTTP."""

    @property
    def state(self) -> str:
        """For people, once it is open: connected, or listening on which address."""
        ...

    async def receiving(self) -> bool:
        """Whether payloads can come in now."""
        ...

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    async def watch(self) -> None:
        """Ends only with an error: nothing can come in any more."""
        ...


class Application:
    """One bot at work in one workspace; use it with `async with`."""

    def __init__(
        self,
        *,
        desk: Desk,
        slack: Gateway,
        inbox: SlackInbox,
        appliers: Sequence[Applier],
        dispatchers: Sequence[Dispatcher[Any]],
        jobs: DueJobs,
        backfill: Backfill,
        membership: Membership,
        slack_app: AsyncApp,
        receiver: Receiver,
        health: Health,
    ) -> None:
        self.desk = desk
        self._slack = slack
        self.inbox = inbox
        self._appliers = appliers
        self._dispatchers = dispatchers
        self._jobs = jobs
        self._backfill = backfill
        self.membership = membership
        self.receiver = receiver
        self.health = health
        self.slack_app = slack_app
        self._loops: list[asyncio.Task[None]] = []
        self._missed = True  # what was said before the start
        self._catching_up = False
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if not self.desk.database.shared:
            async with self.desk.database.write() as session:
                await outbox.free_all(session, self.desk.team_id)
        # First: where it fails there are no loops to stop yet. What comes in before them waits in the inbox.
        await self.receiver.open()
        loops = {
            **{f"applying {one.source.name}": one.run for one in self._appliers},
            **{f"telling {one.destination.name}": one.run for one in self._dispatchers},
            "due jobs": self._jobs.run,
            "listening": self._listen,
            "backfill": self._catch_up,
            "purge": self._purge,
        }
        self._loops = [asyncio.create_task(self._supervise(name, loop), name=name) for name, loop in loops.items()]
        self._watching = asyncio.create_task(self.receiver.watch(), name="watch")
        return self

    async def __aexit__(self, *_: object) -> None:
        """No new work; what is under way is finished, within five seconds."""
        self.health.stopping = True
        began = asyncio.get_running_loop().time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(began + _SECONDS_TO_APPLY):
                await self.receiver.close()
                await self._as_far_as_possible(self._applied())
        for dispatcher in self._dispatchers:
            dispatcher.stop_claiming()
        tasks = [*self._loops, *filter(None, [self._watching])]
        for loop in tasks:
            loop.cancel()
        ended, _still_at_it = await asyncio.wait(tasks, timeout=_SECONDS_TO_CANCEL)
        for loop in ended:
            with contextlib.suppress(asyncio.CancelledError):
                loop.exception()  # seen by whoever waited for it
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(began + _SECONDS_TO_STOP):
                draining = [self._as_far_as_possible(one.drain()) for one in self._dispatchers]
                await asyncio.gather(*draining)
        for dispatcher in self._dispatchers:
            await dispatcher.abandon()
            await dispatcher.destination.close()
        await self._slack.close()
        await self.desk.database.close()

    async def _as_far_as_possible(self, finishing: Awaitable[None]) -> None:
        """Whatever happens, the stop goes on; what is not done waits for the next start."""
        try:
            await finishing
        except Exception as problem:
            # A supervisor's catch, as below.
            if fault_in(problem) is None:
                log.warning("The database is away; the rest waits for the next start.", extra={"action": "outage"})
            else:
                log.exception("Not all could be finished.", extra={"action": "stop_failed"})

    async def _applied(self) -> None:
        """Returns when everything that was acknowledged is applied; what is not waits for the next start."""
        while await self._applying():  # noqa: ASYNC110 - the inbox is a table: there is no event to wait for
            await asyncio.sleep(0.01)

    async def _applying(self) -> bool:
        for applier in self._appliers:
            if await applier.busy():
                return True
        return False

    async def until_it_cannot_go_on(self) -> None:
        """Raises what keeps the bot from receiving anything."""
        if self._watching is not None:
            await asyncio.shield(self._watching)

    async def _supervise(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """A loop that fails is started again: one bad moment of the database must not silence the bot."""
        while True:
            try:
                await loop()
            except Exception as problem:
                # The supervisor's catch.
                self.health.loop_failed(name, problem)
                if fault_in(problem) is None:  # needs no traceback each second
                    log.warning("The database is away; the %s loop tries again.", name, extra={"action": "outage"})
                else:
                    log.exception("The %s loop failed and starts again.", name, extra={"action": "loop_failed"})
                await asyncio.sleep(1)

    async def _listen(self) -> None:
        """Notices when more may have been missed than Slack sends again: asks no database, so that nothing ends it."""
        while True:
            if await self.receiver.receiving():
                self.membership.hear()
            if self.inbox.take_missed():
                self.membership.doubt()
            if self.membership.take_doubt():
                self._missed = True
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    async def _catch_up(self) -> None:
        """Reads what was missed: before the start, and whenever `_listen` says so."""
        while True:
            if self._missed and await self.receiver.receiving():
                self._missed, self._catching_up = False, True
                try:
                    in_question = await self.membership.in_question()  # what is resolved meanwhile too
                    await self._backfill.catch_up()
                    # Second, since nobody waits for it: before an answer that it matters to, Slack is asked at once.
                    await self.membership.compare(in_question)
                except Exception:
                    self._missed = True
                    raise
                finally:
                    self._catching_up = False
            else:
                # Who came into a channel before it was found may not have been told of either.
                await self.membership.compare(await self._backfill.read_rest())
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    async def _purge(self) -> None:
        """Deletes what has been finished for long, every hour."""
        known = [one.destination.name for one in self._dispatchers]
        while True:
            now = self.desk.clock.now()
            async with self.desk.database.write() as session:
                await outbox.retire(session, self.desk.team_id, known=known, before=now - _NOBODY_GOES_THERE_AFTER)
            await purge(self.desk.database, before=now - KEEP)
            await asyncio.sleep(_SECONDS_BETWEEN_PURGES)

    def stalled_for(self) -> float:
        """Seconds for which nothing of a source has been applied although something waits; 0 where all goes well."""
        return max(applier.stalled_for() for applier in self._appliers)

    async def idle(self) -> None:
        """Returns when nothing is left to do before the clock moves on or somebody does something."""
        while await self._busy():  # noqa: ASYNC110 - much of it is in tables: there is no event to wait for
            await asyncio.sleep(0.002)

    async def _busy(self) -> bool:
        # Who does not rest is about to look, and to say until when they wait. Asked first, since it costs nothing, and
        # at the end, since a table that was looked at may have changed meanwhile.
        if self._missed or self._catching_up or not self._rests():
            return True
        due = await self._jobs.next_due()
        if due is not None and due <= self.desk.clock.now():
            return True
        if await self._applying():
            return True
        for dispatcher in self._dispatchers:
            if await dispatcher.busy():
                return True
        return not self._rests()

    def _rests(self) -> bool:
        return self._jobs.rests and all(one.rests for one in self._dispatchers)

    async def next_due(self) -> datetime | None:
        """When a due job comes up next."""
        return await self._jobs.next_due()
