"""Applies what a source has brought, behind the answer that it was given: in order for each lane, once."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence

from bot.errors import TooEarly
from bot.intake.inbox import Inbox, signal
from bot.intake.source import Source
from bot.service.desk import Desk, UnitOfWork
from bot.store import inbox
from bot.store.outages import fault_in, first_line
from bot.store.tables import InboxItem

log = logging.getLogger(__name__)

_MOST_ATTEMPTS = 5
_FIRST_REST = 0.05  # seconds; doubled with each try, since what went wrong may pass
_MOST_LANES = 20
# Items of other processes are found at the next round.
_ROUND_SECONDS = 1.0
# So many of a lane at a time, and lanes together for so long: a command must not wait behind them for the database.
_MOST_TOGETHER, _MOST_IN_A_RUSH = 100, 20
_SECONDS_TOGETHER = 0.03
_SECONDS_UNTIL_NOT_TOO_EARLY = 0.02
# Storing what comes in goes before applying it: the sender waits for the one, nobody for the other. But not for ever.
_CALM_SECONDS = 0.01
_LONGEST_WAIT_FOR_CALM = 0.5
# A database that is away fails before anything is applied, or everywhere. What says so in one lane so many times in a
# row, and lets itself be asked before, is taken for the item's own.
_MOST_INTERRUPTIONS = 3
# Lanes that are applied side by side where the database lets several write.
_WORKERS = 3


class Applier:
    """One source's; a source that fails has only its own loop to hold up."""

    def __init__(self, desk: Desk, source: Source, came_in: Inbox) -> None:
        self.source = source
        self._desk = desk
        self._inbox = came_in
        self._arrived = desk.signals.listen(signal(source.name))
        self._too_early: set[str] = set()  # lanes
        self._resting: dict[str, float] = {}  # lanes in which something failed, until when by the event loop's clock
        self._interrupted: Counter[str] = Counter()  # lanes in which the database failed, and how often in a row
        self._stalled_since: float | None = None  # by the event loop's clock: something waits, and nothing is applied

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(_WORKERS if self._desk.database.shared else 1):
                workers.create_task(self._work())

    async def busy(self) -> bool:
        """Whether anything could be applied now."""
        async with self._desk.look() as uow:
            too_early = await self._still_too_early(uow)
            return self._inbox.storing or await inbox.anything_waits(
                uow.session, uow.team_id, self.source.name, but=too_early
            )

    def stalled_for(self) -> float:
        """Seconds for which nothing has been applied although something could be; 0 where all goes well."""
        since = self._stalled_since
        return 0.0 if since is None else asyncio.get_running_loop().time() - since

    async def _work(self) -> None:
        while True:
            self._arrived.clear()
            calm = await self._calm()
            if not await self._apply_some(most=_MOST_TOGETHER if calm else _MOST_IN_A_RUSH):
                pause = _SECONDS_UNTIL_NOT_TOO_EARLY if self._too_early or self._resting else _ROUND_SECONDS
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), pause)
                await self._look_again()

    async def _calm(self) -> bool:
        """Waits until payloads no longer come in a rush; False where they still do."""
        clock = asyncio.get_running_loop().time
        until = clock() + _LONGEST_WAIT_FOR_CALM
        while (rush := self._inbox.in_a_rush) and clock() < until:  # noqa: ASYNC110 - the end of a rush is no event
            await asyncio.sleep(_CALM_SECONDS / 2)
        return not rush

    async def _still_too_early(self, uow: UnitOfWork) -> set[str]:
        return await self.source.still_too_early(uow, self._too_early) if self._too_early else set()

    async def _look_again(self) -> None:
        """Lets lanes go for which it is time by now, or whose failure is some time ago."""
        if self._too_early:
            asked = set(self._too_early)
            async with self._desk.look() as uow:
                self._too_early -= asked - await self._still_too_early(uow)
        now = asyncio.get_running_loop().time()
        self._resting = {lane: until for lane, until in self._resting.items() if until > now}

    async def _apply_some(self, *, most: int) -> bool:
        """Applies some of what waits in one transaction; False where nothing waits."""
        but = self._too_early | set(self._resting)
        async with self._desk.look() as look:
            if not await inbox.anything_waits(look.session, look.team_id, self.source.name, but=but):
                if not self._resting:
                    self._stalled_since = None
                return False  # nothing to write: do not take the database's write lock
        clock = asyncio.get_running_loop().time
        self._stalled_since = self._stalled_since or clock()
        until, some = clock() + _SECONDS_TOGETHER, False
        async with self._desk.work() as uow:
            # Where others write too, one lane at a time: each holds an incident until the commit.
            lanes = 1 if self._desk.database.shared else _MOST_LANES
            for lane in await inbox.take_lanes(uow.session, uow.team_id, self.source.name, but=but, most=lanes):
                if some and clock() > until:
                    break
                items = await inbox.waiting(uow.session, uow.team_id, self.source.name, lane, most=most)
                some = await self._apply_lane(uow, lane, items) or some
        return some

    def _went_well(self, lane: str) -> None:
        self._interrupted.pop(lane, None)
        self._stalled_since = None

    async def _apply_lane(self, uow: UnitOfWork, lane: str, items: Sequence[InboxItem]) -> bool:
        """False where it is too early for the lane; its items stay as they are."""
        try:
            async with uow.session.begin_nested():
                await self.source.apply(uow, items)
        except TooEarly:
            self._too_early.add(lane)
            return False
        except Exception as problem:
            if self._is_outage(lane, problem):
                raise  # the database's, not the items': all of them are tried again
            for item in items:  # whichever it was, it is found and logged one by one
                await self._apply_one(uow, item)
                failed = lane in self._resting and item.state != "failed"
                if lane in self._too_early or (failed and self.source.waits_for_failed):
                    break
        else:
            await inbox.mark_applied(uow.session, items)
            self._went_well(lane)
        return True

    def _is_outage(self, lane: str, problem: Exception) -> bool:
        """Whether the database is away; not where only this lane meets that again and again."""
        if fault_in(problem) is not None:
            return False
        self._interrupted[lane] += 1
        return self._interrupted[lane] <= _MOST_INTERRUPTIONS

    async def _apply_one(self, uow: UnitOfWork, item: InboxItem) -> None:
        try:
            async with uow.session.begin_nested():
                await self.source.apply(uow, [item])
        except TooEarly:
            self._too_early.add(item.lane)
        except Exception as problem:
            if fault_in(problem) is None and self._interrupted[item.lane] <= _MOST_INTERRUPTIONS:
                raise
            # A supervisor's catch: the payload is kept with its error and does not hold up the others.
            log.exception(
                "An event could not be applied.",
                extra={"action": "inbox_failed", "item": item.id, "source": item.source},
            )
            item.attempts, item.error = item.attempts + 1, first_line(problem)
            item.state = "failed" if item.attempts >= _MOST_ATTEMPTS else "waiting"
            self._resting[item.lane] = asyncio.get_running_loop().time() + _FIRST_REST * 2**item.attempts
        else:
            await inbox.mark_applied(uow.session, [item])
            self._stalled_since = None
