"""Carries the outbox to Slack: in order for each lane, side by side otherwise, again where Slack asks to wait."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import wait
from bot.errors import SlackBusy, SlackRefused, SlackUnclear
from bot.render.words import Words
from bot.service import telling
from bot.service.desk import Desk, UnitOfWork
from bot.slack.gateway import Gateway
from bot.slack.steps import STEPS, Call
from bot.store import outbox
from bot.store.tables import OutboxItem

log = logging.getLogger(__name__)

# Longer than a call can take, so that nobody takes over what is still under way.
_LEASE_SECONDS = 40.0
_MOST_AT_ONCE = 16
# Items of other processes, and leases that ran out, are found at the next round.
_ROUND_SECONDS = 2.0
# A step that fails by itself, not by Slack.
_MOST_FAILURES = 6
# Refusals that mean: it is so already.
_AS_WANTED = frozenset({"already_in_channel", "already_pinned", "cant_invite_self", "no_change"})


class Dispatcher:
    def __init__(self, desk: Desk, slack: Gateway, words: Words, *, machine_time: Callable[[], float]) -> None:
        self._desk = desk
        self._slack = slack
        self._words = words
        self._machine_time = machine_time
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until it is cancelled; what is under way then is finished by `drain`."""
        while True:
            self._desk.outbox_changed.clear()
            items = await self._claim()
            if items:
                await self._start(items)
                continue
            async with self._desk.look() as uow:
                until = await outbox.next_time(uow.session, uow.team_id, now=uow.now)
            await wait(self._desk.outbox_changed, self._desk.clock, until, at_most=_ROUND_SECONDS)

    async def drain(self) -> None:
        """Waits for what is under way."""
        if self._under_way:
            await asyncio.wait(set(self._under_way))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._desk.outbox_changed.set()
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("A step could not be carried out and is tried again when its lease ends.", exc_info=problem)

    async def _claim(self) -> Sequence[OutboxItem]:
        async with self._desk.look() as uow:
            now, machine_time = uow.now, self._machine_time()
            if not await outbox.ready(uow.session, uow.team_id, now=now, machine_time=machine_time):
                return []  # nothing to write: do not take the database's write lock
        async with self._desk.database.write() as session:
            await outbox.free_cut_off(session, self._desk.team_id, machine_time=machine_time)
            return await self._claim_in(session)

    async def _claim_in(self, session: AsyncSession) -> Sequence[OutboxItem]:
        """Claims as much as there is room for."""
        room = _MOST_AT_ONCE - len(self._under_way)
        if room <= 0:
            return []
        return await outbox.claim(
            session,
            self._desk.team_id,
            now=self._desk.clock.now(),
            machine_time=self._machine_time(),
            lease=_LEASE_SECONDS,
            most=room,
        )

    async def _start(self, items: Sequence[OutboxItem]) -> None:
        """Prepares them with one look, the urgent first; each goes out as soon as it is prepared."""
        async with self._desk.look() as uow:
            for item in items:
                task = asyncio.create_task(
                    self._deliver(item, await self._prepare(uow, item)), name=f"outbox-{item.id}"
                )
                self._under_way.add(task)
                task.add_done_callback(self._done)

    async def _prepare(self, uow: UnitOfWork, item: OutboxItem) -> Call | Exception | None:
        try:
            return await STEPS[item.step].prepare(uow, item, self._words)
        except Exception as problem:  # noqa: BLE001 - one that cannot be prepared must not hold up the others; see _failed
            return problem

    async def _deliver(self, item: OutboxItem, call: Call | Exception | None) -> None:
        if call is None:
            await self._finish(item, "needless")
            return
        if isinstance(call, Exception):
            await self._failed(item, call)
            return
        step = STEPS[item.step]
        try:
            answer = await step.find(self._slack, call) if item.unclear else None
            if answer is None:
                answer = await step.send(self._slack, call)
        except SlackBusy as problem:
            await self._again(item, problem, after=problem.retry_after)
        except SlackUnclear as problem:
            # Never given up: Slack may be away for an hour, and what people were promised is sent afterwards.
            await self._again(item, problem, after=min(60.0, 2.0**item.attempts), failed=True, unclear=True)
        except SlackRefused as problem:
            await self._refused(item, problem)
        except Exception as problem:  # noqa: BLE001 - a supervisor's catch, as above; logged in _failed
            await self._failed(item, problem)
        else:
            async with self._desk.work() as uow:
                kept = await uow.session.get_one(OutboxItem, item.id)
                await step.record(uow, kept, answer)
                self._mark(kept, "done")
                await uow.session.flush()
                # What waited for it goes out in the same breath instead of at the next round.
                following = await self._claim_in(uow.session)
            await self._start(following)
            log.debug("Sent %s.", item.step, extra={"action": "outbox_delivered", "item": item.id})

    async def _failed(self, item: OutboxItem, problem: Exception) -> None:
        """A fault of ours: tried again some times, then set aside."""
        log.error(
            "The step %s failed.", item.step, exc_info=problem, extra={"action": "outbox_failed", "item": item.id}
        )
        if item.attempts + 1 < _MOST_FAILURES:
            await self._again(item, problem, after=2.0**item.attempts, failed=True)
        else:
            error = f"{type(problem).__name__}: {problem}"
            await self._give_up(item, error, why="of a fault of mine; it is in my log")

    async def _refused(self, item: OutboxItem, problem: SlackRefused) -> None:
        step = STEPS[item.step]
        if problem.code in _AS_WANTED:
            await self._finish(item, "done")
            return
        async with self._desk.work() as uow:
            kept = await uow.session.get_one(OutboxItem, item.id)
            if await step.refused(uow, kept, problem):
                kept.state, kept.unclear = "waiting", False
                return
        await self._give_up(item, str(problem), why=problem.explained)

    async def _give_up(self, item: OutboxItem, error: str, *, why: str) -> None:
        """Sets the item aside for good, and tells a person."""
        async with self._desk.work() as uow:
            kept = await uow.session.get_one(OutboxItem, item.id)
            kept.error = error
            self._mark(kept, "refused")
            await telling.report_refusal(uow, kept, what=STEPS[item.step].what, why=why)
        log.error("%s", error, extra={"action": "outbox_refused", "item": item.id, "step": item.step})

    async def _again(
        self, item: OutboxItem, problem: Exception, *, after: float, failed: bool = False, unclear: bool = False
    ) -> None:
        """Waits `after` seconds; being asked to wait is no failure of the item's."""
        async with self._desk.work() as uow:
            kept = await uow.session.get_one(OutboxItem, item.id)
            kept.error, kept.unclear = str(problem), kept.unclear or unclear
            kept.attempts += failed
            kept.state, kept.leased_until = "waiting", None
            kept.not_before = uow.now + timedelta(seconds=after)
        log.info("%s: %s", item.step, problem, extra={"action": "outbox_again", "item": item.id})

    async def _finish(self, item: OutboxItem, state: str) -> None:
        async with self._desk.work() as uow:
            self._mark(await uow.session.get_one(OutboxItem, item.id), state)

    def _mark(self, item: OutboxItem, state: str) -> None:
        item.state, item.finished_at, item.leased_until = state, self._desk.clock.now(), None
