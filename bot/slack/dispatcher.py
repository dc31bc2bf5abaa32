"""Carries the outbox to Slack: in order for each lane, side by side otherwise, again where Slack asks to wait."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Pause
from bot.errors import NOT_LET_IN, SlackBusy, SlackRefused, SlackUnclear
from bot.render.words import Words
from bot.service import telling, waiting
from bot.service.desk import Desk, UnitOfWork
from bot.service.incidents import by_id
from bot.slack.gateway import Gateway
from bot.slack.limits import Hold, Limits
from bot.slack.steps import STEPS, Call, Step
from bot.store import outbox
from bot.store.outages import fault_in
from bot.store.tables import OutboxItem

log = logging.getLogger(__name__)

# A replica that dies is replaced within its lease and a round. Living ones renew theirs in each round, so a call may
# take longer than a lease.
_LEASE_SECONDS = 3.0
# Items of other processes, and leases that ran out, are found at the next round.
_ROUND_SECONDS = 1.0
_MOST_AT_ONCE = 16
# A step that fails by itself, not by Slack.
_MOST_FAILURES = 6
# Refusals that mean: it is so already.
_AS_WANTED = frozenset({"already_in_channel", "already_pinned", "cant_invite_self", "no_change"})

# What Slack says to a post and to an edit in an archived channel.
_ARCHIVED = frozenset({"is_archived", "is_inactive"})


class Dispatcher:
    def __init__(self, desk: Desk, slack: Gateway, words: Words) -> None:
        self._desk = desk
        self._slack = slack
        self._words = words
        self._limits = Limits(desk.clock)
        self._under_way: dict[int, asyncio.Task[None]] = {}  # by the item's id
        self._name = uuid4().hex  # whose leases these are
        self._preparing: set[int] = set()  # ids of items that are claimed and not yet under way
        self._stopping = False
        self._pause = Pause(desk.outbox_changed, desk.clock)
        self._renewed_at = 0.0
        self._leased_at: dict[int, float] = {}  # since when, by the event loop's clock; no later than by the database's
        # What has to wait for Slack's limits is not claimed: when a token is there, the most urgent gets it.
        self._held_steps: dict[str, Hold] = {}
        self._held_lanes: dict[str, Hold] = {}

    async def run(self) -> None:
        """Until it is cancelled; what is under way then is finished by `drain`."""
        while True:
            self._desk.outbox_changed.clear()
            await self._renew()
            if not await self._claim_and_start():
                await self._pause.wait(await self._next_time(), at_most=_ROUND_SECONDS)

    async def drain(self) -> None:
        """Waits for what is under way, and holds on to it meanwhile; nothing new is begun."""
        self._stopping = True
        while under_way := set(self._under_way.values()):
            await asyncio.wait(under_way, timeout=_ROUND_SECONDS)
            await self._renew()

    @property
    def rests(self) -> bool:
        """Whether it has seen all that may go out."""
        return self._pause.lasts

    async def busy(self) -> bool:
        """Whether anything is being sent or could be sent now."""
        self._let_go()
        async with self._desk.look() as uow:
            return await outbox.busy(
                uow.session,
                uow.team_id,
                now=uow.now,
                held_steps=self._held_steps,
                held_lanes=self._held_lanes,
            )

    def _done(self, item_id: int, task: asyncio.Task[None]) -> None:
        self._under_way.pop(item_id, None)
        if item_id not in self._preparing:  # it may be claimed again already
            self._leased_at.pop(item_id, None)
        self._desk.outbox_changed.set()
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("A step could not be carried out and is tried again when its lease ends.", exc_info=problem)

    async def _renew(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._own and now - self._renewed_at >= _ROUND_SECONDS / 2:
            async with self._desk.database.write() as session:
                held = await outbox.renew(session, self._own, owner=self._name, lease=_LEASE_SECONDS)
            self._leased_at |= dict.fromkeys(held, now)
            self._renewed_at = now

    async def _next_time(self) -> datetime | None:
        """When something that waits for a time may go out."""
        async with self._desk.look() as uow:
            told = await outbox.next_time(uow.session, uow.team_id, now=uow.now)
        held = [hold.until for hold in (*self._held_steps.values(), *self._held_lanes.values())]
        return min(filter(None, (told, *held)), default=None)

    def _let_go(self) -> None:
        now = self._desk.clock.now()
        self._held_steps = {step: hold for step, hold in self._held_steps.items() if hold.holds(now)}
        self._held_lanes = {lane: hold for lane, hold in self._held_lanes.items() if hold.holds(now)}

    async def _claim_and_start(self) -> bool:
        """False where there was nothing to do."""
        self._let_go()
        async with self._desk.look() as uow:
            if not await outbox.ready(
                uow.session,
                uow.team_id,
                now=uow.now,
                but=self._own,
                held_steps=self._held_steps,
                held_lanes=self._held_lanes,
            ):
                return False  # nothing to write: do not take the database's write lock
        async with self._desk.database.write() as session:
            await outbox.free_cut_off(session, self._desk.team_id, but=self._own)
            items = await self._claim_in(session)
        await self._start(items)
        return bool(items)

    async def _claim_in(self, session: AsyncSession) -> Sequence[OutboxItem]:
        """Claims as much as there is room for."""
        room = _MOST_AT_ONCE - len(self._under_way) - len(self._preparing)
        if room <= 0 or self._stopping:
            return []
        now = asyncio.get_running_loop().time()
        items = await outbox.claim(
            session,
            self._desk.team_id,
            now=self._desk.clock.now(),
            owner=self._name,
            lease=_LEASE_SECONDS,
            most=room,
            held_steps=self._held_steps,
            held_lanes=self._held_lanes,
        )
        self._preparing |= {item.id for item in items}
        self._leased_at |= dict.fromkeys((item.id for item in items), now)
        return items

    @property
    def _own(self) -> set[int]:
        """What this process is about to send, or is sending, however late it is with it."""
        return self._preparing | set(self._under_way)

    async def _start(self, items: Sequence[OutboxItem]) -> None:
        """Prepares them with one look, the urgent first; each goes out as soon as it is prepared."""
        try:
            await self._prepare_and_send(items)
        finally:
            self._preparing -= {item.id for item in items}

    async def _prepare_and_send(self, items: Sequence[OutboxItem]) -> None:
        too_soon = []
        async with self._desk.look() as uow:
            for item in items:
                call = await self._prepare(uow, item)
                hold = self._limits.take(call.method, call.arguments) if isinstance(call, Call) else None
                if hold is not None:
                    self._hold(item, hold)
                    too_soon.append(item.id)
                    continue
                task = asyncio.create_task(self._deliver(item, call), name=f"outbox-{item.id}")
                self._under_way[item.id] = task
                task.add_done_callback(partial(self._done, item.id))
        if too_soon:
            async with self._desk.database.write() as session:
                await outbox.put_back(session, too_soon)
            for number in too_soon:
                self._leased_at.pop(number, None)

    def _hold(self, item: OutboxItem, hold: Hold) -> None:
        if hold.channel:
            self._held_lanes[item.lane] = hold
        else:
            self._held_steps[item.step] = hold

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
            answer = await self._find_or_send(item, step, call)
        except SlackBusy as problem:
            if problem.method == call.method:  # and not a lookup's
                self._limits.close(call.method, call.arguments, seconds=problem.retry_after)
            await self._again(item, problem, after=problem.retry_after)
        except SlackUnclear as problem:
            # Never given up: Slack may be away for an hour, and what people were promised is sent afterwards.
            await self._again(item, problem, after=min(60.0, 2.0**item.attempts), failed=True, unclear=True)
        except SlackRefused as problem:
            await self._refused(item, call, problem)
        except Exception as problem:  # noqa: BLE001 - a supervisor's catch, as above; logged in _failed
            await self._failed(item, problem)
        else:
            if answer is not None:
                await self._keep(item, step, call, answer)

    async def _find_or_send(self, item: OutboxItem, step: Step, call: Call) -> dict[str, Any] | None:
        """Slack's answer, to this attempt or to an earlier one; None where it is another process's to send by now."""
        answer = await step.find(self._slack, call) if item.unclear else None
        if answer is not None:
            return answer
        if asyncio.get_running_loop().time() - self._leased_at[item.id] >= _LEASE_SECONDS:
            # The machine was suspended, or the database away.
            log.warning("%s is left to others.", item.step, extra={"action": "lease_lost", "item": item.id})
            return None
        return await step.send(self._slack, call)

    async def _keep(self, item: OutboxItem, step: Step, call: Call, answer: Mapping[str, Any]) -> None:
        try:
            following = await self._record(item, step, call, answer)
        except Exception as problem:
            if fault_in(problem) is None:
                raise  # it is found in Slack when its lease has run out
            await self._failed(item, problem, unclear=True)
        else:
            await self._start(following)
            log.debug("Sent %s.", item.step, extra={"action": "outbox_delivered", "item": item.id})

    async def _record(
        self, item: OutboxItem, step: Step, call: Call, answer: Mapping[str, Any]
    ) -> Sequence[OutboxItem]:
        """Stores what the answer tells. What waited for it goes out in the same breath, not at the next round."""
        async with self._desk.work() as uow:
            kept = await self._mine(uow, item)
            if kept is None:
                return []
            await step.record(uow, kept, answer)
            await step.go_on(uow, kept, call, answer)
            await self._mark(uow, kept, "done")
            await uow.session.flush()
            return await self._claim_in(uow.session)

    async def _mine(self, uow: UnitOfWork, item: OutboxItem) -> OutboxItem | None:
        """The item, to write down what became of it; None where the lease was lost and another process has done so."""
        found = await outbox.held(uow.session, item.id, owner=self._name)
        if found is None:
            log.warning("%s took longer than its lease.", item.step, extra={"action": "lease_lost", "item": item.id})
        return found

    async def _failed(self, item: OutboxItem, problem: Exception, *, unclear: bool = False) -> None:
        """A fault of ours: tried again some times, then set aside."""
        log.error(
            "The step %s failed.", item.step, exc_info=problem, extra={"action": "outbox_failed", "item": item.id}
        )
        if item.attempts + 1 < _MOST_FAILURES:
            await self._again(item, problem, after=2.0**item.attempts, failed=True, unclear=unclear)
        else:
            error = f"{type(problem).__name__}: {problem}"
            await self._give_up(item, error, why=telling.A_BUG)

    async def _refused(self, item: OutboxItem, call: Call, problem: SlackRefused) -> None:
        step = STEPS[item.step]
        if problem.code in _AS_WANTED | step.as_wanted:
            await self._finish(item, "done")
            return
        if problem.code in NOT_LET_IN:
            # No fault of the item's: what people were promised is sent when there is a token that Slack accepts.
            log.error("Slack does not accept the bot's token (%s).", problem.code, extra={"action": "not_let_in"})
            await self._again(item, problem, after=outbox.LONGEST_PAUSE.total_seconds())
            return
        async with self._desk.work() as uow:
            kept = await self._mine(uow, item)
            if kept is None:
                return
            if await step.refused(uow, kept, problem):
                kept.state = "waiting"
                return
            waits = problem.code in _ARCHIVED and await _may_be_opened(uow, kept, call)
        if waits:
            await self._again(item, problem, after=outbox.LONGEST_PAUSE.total_seconds())
            return
        await self._give_up(item, str(problem), why=problem.explained)

    async def _give_up(self, item: OutboxItem, error: str, *, why: str) -> None:
        """Sets the item aside for good, and tells a person."""
        async with self._desk.work() as uow:
            kept = await self._mine(uow, item)
            if kept is None:
                return
            kept.error = error
            await self._mark(uow, kept, "refused")
            await telling.report_refusal(uow, kept, what=STEPS[item.step].what, why=why)
        log.error("%s", error, extra={"action": "outbox_refused", "item": item.id, "step": item.step})

    async def _again(
        self, item: OutboxItem, problem: Exception, *, after: float, failed: bool = False, unclear: bool = False
    ) -> None:
        """Waits `after` seconds; being asked to wait is no failure of the item's."""
        async with self._desk.work() as uow:
            kept = await self._mine(uow, item)
            if kept is None:
                return
            kept.error, kept.unclear = str(problem), kept.unclear or unclear
            kept.attempts += failed
            kept.state, kept.leased_until = "waiting", None
            # Where Slack asks for more, the limits hold it back for the rest.
            kept.not_before = uow.now + min(timedelta(seconds=after), outbox.LONGEST_PAUSE)
            await waiting.watch(uow, kept)
        log.info("%s: %s", item.step, problem, extra={"action": "outbox_again", "item": item.id})

    async def _finish(self, item: OutboxItem, state: str) -> None:
        async with self._desk.work() as uow:
            kept = await self._mine(uow, item)
            if kept is not None:
                await self._mark(uow, kept, state)

    async def _mark(self, uow: UnitOfWork, item: OutboxItem, state: str) -> None:
        item.state, item.finished_at, item.leased_until = state, self._desk.clock.now(), None
        await waiting.unmark(uow, item)


async def _may_be_opened(uow: UnitOfWork, item: OutboxItem, call: Call) -> bool:
    """Whether the item is for the channel of a live incident that somebody archived, as its commander knows."""
    if item.incident_id is None:
        return False
    incident = await by_id(uow, item.incident_id)
    here = call.arguments.get("channel") == incident.channel_id
    return here and incident.is_live and incident.channel_is_archived
