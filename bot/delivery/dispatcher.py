"""Carries the outbox to one destination: in order for each lane, side by side otherwise, again where that may help."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Generic
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Pause
from bot.delivery.destination import Answer, Destination, Hold, Prepared, Verdict
from bot.errors import Busy, Refused, Unclear
from bot.service.desk import Desk, UnitOfWork
from bot.service.notifications import A_BUG
from bot.store import outbox
from bot.store.outages import fault_in, first_line
from bot.store.tables import OutboxItem

log = logging.getLogger(__name__)

# A replica that dies is replaced within its lease and a round. Living ones renew theirs in each round, so a call may
# take longer than a lease.
_LEASE_SECONDS = 3.0
# Items of other processes, and leases that ran out, are found at the next round.
_ROUND_SECONDS = 1.0
# While there is always something to claim, or a lease is about to end, it is looked this often for those that did.
_LOOKS_SECONDS = 0.25
# An item that fails by itself, not by its destination.
_MOST_FAILURES = 6


@dataclass(kw_only=True)
class _Outcome(Generic[Prepared]):
    """What became of an item: an answer, a problem, or neither where there was nothing to tell any more."""

    item: OutboxItem
    prepared: Prepared | None
    answer: Answer | None = None
    problem: Exception | None = None
    unclear: bool = False  # it may have been told although the problem is ours
    kept: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def is_kept(self, problem: Exception | None = None) -> None:
        """It is written down, or couldn't be; whoever waited for that may be gone."""
        if self.kept.done():
            return
        if problem is None:
            self.kept.set_result(None)
        else:
            self.kept.set_exception(problem)


class Dispatcher(Generic[Prepared]):
    """One destination's; a destination that is slow or dead has only its own loop to hold up."""

    def __init__(self, desk: Desk, destination: Destination[Prepared]) -> None:
        self.destination = destination
        self._desk = desk
        self._changed = desk.signals.listen(destination.name)
        self._pause = Pause(self._changed, desk.clock)
        self._under_way: dict[int, asyncio.Task[None]] = {}  # by the item's id
        self._name = uuid4().hex  # whose leases these are
        self._preparing: set[int] = set()  # ids of items that are claimed and not yet under way
        self._full = self._stopping = False
        self._looked_at = self._renewed_at = float("-inf")
        self._leased_at: dict[int, float] = {}  # since when, by the event loop's clock; no later than by the database's
        # What has to wait for the destination's limits is not claimed: when there is room, the most urgent gets it.
        self._held_steps: dict[str, Hold] = {}
        self._held_lanes: dict[str, Hold] = {}
        # What is to be written down, by the incident that is locked for it, and who writes.
        self._outcomes: dict[object, list[_Outcome[Prepared]]] = {}
        self._writers: dict[object, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until it is cancelled; what is under way then is finished by `drain`."""
        while True:
            told = self._changed.is_set()
            self._changed.clear()
            await self._renew()
            if not await self._claim_and_start(told=told):
                until, lease_ends_in = await self._next_time()
                await self._pause.wait(until, at_most=lease_ends_in)

    def stop_claiming(self) -> None:
        """Nothing new is begun."""
        self._stopping = True

    async def drain(self) -> None:
        """Waits for what is under way and for what became of it, and holds on to it meanwhile."""
        self.stop_claiming()
        while under_way := {*self._under_way.values(), *self._writers.values()}:
            await asyncio.wait(under_way, timeout=_ROUND_SECONDS)
            await self._renew()

    async def abandon(self) -> None:
        """What is under way still is cut off; it is looked for when its lease has run out."""
        under_way = [*self._under_way.values(), *self._writers.values()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    @property
    def rests(self) -> bool:
        """Whether it has seen all that may go out."""
        return self._pause.lasts

    async def busy(self) -> bool:
        """Whether anything is being sent or could be sent now."""
        self._let_go()
        async with self._desk.look() as uow:
            return await outbox.busy(uow.session, self._scope(uow.now))

    def _scope(self, now: datetime) -> outbox.Scope:
        return outbox.Scope(
            team_id=self._desk.team_id,
            destination=self.destination.name,
            now=now,
            longest_pause=self.destination.longest_pause,
            held_steps=self._held_steps,
            held_lanes=self._held_lanes,
        )

    def _done(self, item_id: int, task: asyncio.Task[None]) -> None:
        if self._under_way.get(item_id) is task:  # it may have been claimed again, and be under way anew
            del self._under_way[item_id]
            if item_id not in self._preparing:
                self._leased_at.pop(item_id, None)
        if self._full:
            self._changed.set()  # there is room for another
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("An item could not be dealt with and is tried again when its lease ends.", exc_info=problem)

    async def _renew(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._own and now - self._renewed_at >= _ROUND_SECONDS / 2:
            async with self._desk.database.write() as session:
                held = await outbox.renew(session, self._own, owner=self._name, lease=_LEASE_SECONDS)
            self._leased_at |= dict.fromkeys(held, now)
            self._renewed_at = now

    async def _next_time(self) -> tuple[datetime | None, float]:
        """When something that waits for a time may go out, and seconds after which to look whatever happens."""
        async with self._desk.look() as uow:
            told, lease_ends_in = await outbox.next_time(uow.session, self._scope(uow.now), exclude=self._own)
        held = [hold.until for hold in (*self._held_steps.values(), *self._held_lanes.values())]
        soon = _ROUND_SECONDS if lease_ends_in is None else max(_LOOKS_SECONDS, min(lease_ends_in, _ROUND_SECONDS))
        return min(filter(None, (told, *held)), default=None), soon

    def _let_go(self) -> None:
        now = self._desk.clock.now()
        self._held_steps = {step: hold for step, hold in self._held_steps.items() if hold.holds(now)}
        self._held_lanes = {lane: hold for lane, hold in self._held_lanes.items() if hold.holds(now)}

    async def _claim_and_start(self, *, told: bool) -> bool:
        """False where there was nothing to do; `told`: there probably is."""
        self._let_go()
        now = asyncio.get_running_loop().time()
        cut_off = False
        if not told or now - self._looked_at >= _LOOKS_SECONDS:
            self._looked_at = now
            async with self._desk.look() as uow:
                cut_off, ready = await outbox.ready(uow.session, self._scope(uow.now), exclude=self._own)
            if not cut_off and not ready:
                return False  # nothing to write: do not take the database's write lock
        with self._claiming() as claimed:
            async with self._desk.database.write() as session:
                if cut_off:
                    await outbox.free_cut_off(session, self._scope(self._desk.clock.now()), exclude=self._own)
                items = await self._claim_in(session, claimed)
        await self._start(items)
        return bool(items)

    @contextmanager
    def _claiming(self) -> Iterator[set[int]]:
        """Ids that were claimed in a transaction: one that fails has claimed nothing."""
        claimed: set[int] = set()
        try:
            yield claimed
        except BaseException:
            self._preparing -= claimed
            raise

    async def _claim_in(self, session: AsyncSession, claimed: set[int]) -> Sequence[OutboxItem]:
        """Claims as much as there is room for."""
        room = self.destination.at_once - len(self._under_way) - len(self._preparing)
        self._full = room <= 0
        if room <= 0 or self._stopping:
            return []
        now = asyncio.get_running_loop().time()
        items = await outbox.claim(
            session, self._scope(self._desk.clock.now()), owner=self._name, lease=_LEASE_SECONDS, limit=room
        )
        self._full = len(items) == room
        self._leased_at |= dict.fromkeys((item.id for item in items), now)
        claimed |= {item.id for item in items}
        self._preparing |= claimed
        return items

    @property
    def _own(self) -> set[int]:
        """What this process is about to send, or is sending, however late it is with it."""
        return self._preparing | set(self._under_way)

    async def _start(self, items: Sequence[OutboxItem]) -> None:
        """Prepares them with one look, the urgent first; each goes out as soon as it is prepared."""
        if not items:
            return
        try:
            await self._prepare_and_send(items)
        finally:
            self._preparing -= {item.id for item in items}

    async def _prepare_and_send(self, items: Sequence[OutboxItem]) -> None:
        too_soon = []
        async with self._desk.look() as uow:
            for item in items:
                outcome = await self._prepare(uow, item)
                hold = self.destination.hold(item, outcome.prepared) if outcome.prepared is not None else None
                if hold is not None:
                    (self._held_lanes if hold.lane else self._held_steps)[item.lane if hold.lane else item.step] = hold
                    too_soon.append(item.id)
                    continue
                task = asyncio.create_task(self._deliver(outcome), name=f"outbox-{item.id}")
                self._under_way[item.id] = task
                task.add_done_callback(partial(self._done, item.id))
        if too_soon:
            async with self._desk.database.write() as session:
                await outbox.put_back(session, too_soon)
            for number in too_soon:
                self._leased_at.pop(number, None)
            self._changed.set()  # there is a new time to wait for

    async def _prepare(self, uow: UnitOfWork, item: OutboxItem) -> _Outcome[Prepared]:
        try:
            return _Outcome(item=item, prepared=await self.destination.prepare(uow, item))
        except Exception as problem:  # noqa: BLE001 - one that cannot be prepared must not hold up the others; see _failed
            return _Outcome(item=item, prepared=None, problem=problem)

    async def _deliver(self, outcome: _Outcome[Prepared]) -> None:
        item, prepared = outcome.item, outcome.prepared
        if prepared is not None:
            try:
                outcome.answer = await self._find_or_send(item, prepared)
            except Exception as problem:  # noqa: BLE001 - a supervisor's catch, as above; logged in _failed
                if isinstance(problem, Busy):
                    self.destination.asked_to_wait(item, prepared, problem)
                outcome.problem = problem
            else:
                if outcome.answer is None:
                    return
        await self._keep(outcome)

    async def _find_or_send(self, item: OutboxItem, prepared: Prepared) -> Answer | None:
        """The answer, to this attempt or to an earlier one; None where it is another process's to send by now."""
        answer = await self.destination.find(item, prepared) if item.unclear else None
        if answer is not None:
            return answer
        if asyncio.get_running_loop().time() - self._leased_at[item.id] >= _LEASE_SECONDS:
            # The machine was suspended, or the database away.
            log.warning("%s is left to others.", item.step, extra={"action": "lease_lost", "item": item.id})
            return None
        return await self.destination.send(item, prepared)

    async def _keep(self, outcome: _Outcome[Prepared]) -> None:
        """Returns when it is written down. What is ready meanwhile is written with one commit.

        In a database that others write to, only what belongs to one incident: it is locked, and never two at a time.
        """
        item = outcome.item
        group: object = item.incident_id or f"item {item.id}" if self._desk.database.shared else ""
        self._outcomes.setdefault(group, []).append(outcome)
        if group not in self._writers:
            self._writers[group] = asyncio.create_task(self._write_down(group), name=f"outcomes {group}")
        await outcome.kept

    async def _write_down(self, group: object) -> None:
        try:
            while together := self._outcomes.pop(group, []):
                try:
                    following = await self._write(together)
                except Exception:  # noqa: BLE001 - whose fault it is shows when each is written by itself
                    following = [item for outcome in together for item in await self._write_alone(outcome)]
                else:
                    for outcome in together:
                        outcome.is_kept()
                try:
                    await self._start(following)
                except Exception:
                    log.exception("Items that were claimed could not be prepared: they are when their leases end.")
        finally:
            del self._writers[group]

    async def _write_alone(self, outcome: _Outcome[Prepared]) -> Sequence[OutboxItem]:
        """What fails for a fault of ours is written down as that; in an outage it is looked for when its lease ends."""
        try:
            try:
                following = await self._write([outcome])
            except Exception as problem:
                if fault_in(problem) is None:
                    raise
                outcome.unclear = outcome.answer is not None or isinstance(outcome.problem, Unclear)
                outcome.problem = problem
                following = await self._write([outcome])
        except Exception as problem:  # noqa: BLE001 - raised where it is waited for
            outcome.is_kept(problem)
            return []
        outcome.is_kept()
        return following

    async def _write(self, together: Sequence[_Outcome[Prepared]]) -> list[OutboxItem]:
        """What became of the items; what waited for them is claimed in the same breath, not at the next round."""
        with self._claiming() as claimed:
            async with self._desk.work() as uow:
                ours = await outbox.held(uow.session, [outcome.item.id for outcome in together], owner=self._name)
                for outcome in together:
                    item = ours.get(outcome.item.id)
                    if item is None:  # another process has written down what became of it
                        extra = {"action": "lease_lost", "item": outcome.item.id}
                        log.warning("%s took longer than its lease.", outcome.item.step, extra=extra)
                    else:
                        await self._apply(uow, item, outcome)
                await uow.session.flush()
                return list(await self._claim_in(uow.session, claimed))

    async def _apply(self, uow: UnitOfWork, item: OutboxItem, outcome: _Outcome[Prepared]) -> None:
        problem, prepared = outcome.problem, outcome.prepared
        if problem is None:
            if prepared is not None and outcome.answer is not None:
                await self.destination.record(uow, item, prepared, outcome.answer)
                await self._finish(uow, item, "done")
                log.debug("Sent %s.", item.step, extra={"action": "outbox_delivered", "item": item.id})
            else:
                await self._finish(uow, item, "needless")
        elif isinstance(problem, Busy):
            await self._again(uow, item, problem, after=problem.retry_after)
        elif isinstance(problem, Unclear):
            item.unclear = True
            await self._failed_there(uow, item, problem)
        elif isinstance(problem, Refused) and prepared is not None:
            await self._refused(uow, item, prepared, problem)
        else:
            item.unclear = item.unclear or outcome.unclear
            await self._failed_here(uow, item, problem)

    async def _refused(self, uow: UnitOfWork, item: OutboxItem, prepared: Prepared, problem: Refused) -> None:
        match await self.destination.refused(uow, item, prepared, problem):
            case Verdict.DONE:
                await self._finish(uow, item, "done")
            case Verdict.AGAIN:
                item.state, item.leased_until = "waiting", None
            case Verdict.LATER:
                await self._again(uow, item, problem, after=self.destination.longest_pause.total_seconds())
            case Verdict.GIVE_UP:
                await self._give_up(uow, item, str(problem), why=problem.explained)

    async def _failed_there(self, uow: UnitOfWork, item: OutboxItem, problem: Exception) -> None:
        """The destination is away: for how long it is tried again is its own to say."""
        pause = self.destination.pause(item)
        if pause is None:
            await self._give_up(uow, item, str(problem), why=f"there was no answer for too long ({problem})")
        else:
            item.attempts += 1
            await self._again(uow, item, problem, after=pause)

    async def _failed_here(self, uow: UnitOfWork, item: OutboxItem, problem: Exception) -> None:
        """A fault of ours: tried again some times, then set aside."""
        log.error("%s failed.", item.step, exc_info=problem, extra={"action": "outbox_failed", "item": item.id})
        item.attempts += 1
        if item.attempts < _MOST_FAILURES:
            await self._again(uow, item, problem, after=2.0 ** (item.attempts - 1))
        else:
            await self._give_up(uow, item, first_line(problem), why=A_BUG)

    async def _give_up(self, uow: UnitOfWork, item: OutboxItem, error: str, *, why: str) -> None:
        """Sets the item aside for good, and tells a person."""
        item.error = error
        await self._finish(uow, item, "refused")
        await self.destination.given_up(uow, item, why=why)
        log.error("%s", error, extra={"action": "outbox_refused", "item": item.id, "step": item.step})

    async def _again(self, uow: UnitOfWork, item: OutboxItem, problem: Exception, *, after: float) -> None:
        """Waits `after` seconds; being asked to wait is no failure of the item's."""
        item.error, item.state, item.leased_until = first_line(problem), "waiting", None
        # Where more is asked for, the destination's limits hold it back for the rest.
        item.not_before = uow.now + min(timedelta(seconds=after), self.destination.longest_pause)
        uow.wakes.add(self.destination.name)  # there is a new time to wait for
        await self.destination.delayed(uow, item)
        log.info("%s: %s", item.step, item.error, extra={"action": "outbox_again", "item": item.id})

    async def _finish(self, uow: UnitOfWork, item: OutboxItem, state: str) -> None:
        item.state, item.finished_at, item.leased_until = state, uow.now, None
        await self.destination.finished(uow, item)
