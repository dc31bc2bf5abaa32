"""How a scenario's time passes: on a clock that the player moves, or on the machine's own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from bot.sandbox.state.activity import Happening
from bot.sandbox.state.clock import SteppedClock
from bot.sandbox.workspace import Workspace

CHUNK = 0.05  # machine seconds between two looks at the progress
CATCH_UP = 1.0  # machine seconds of delay that are made good; the rest is forgiven, or a slow step makes many rush
PATIENCE = timedelta(seconds=60)  # how long, in the workspace's time, somebody waits for an app's channel

Progress = Callable[[timedelta], None]  # told the story's time, counted from its start


class PlayError(Exception):
    """The scenario cannot go on, in a sentence that names the step."""


class Pacing(Protocol):
    """What the player needs of time; all of it is counted from the story's start."""

    def now(self) -> timedelta: ...

    async def reach(self, at: timedelta, *, seconds: float) -> None:
        """Come to `at`, and spend that many seconds of machine time on the way."""

    async def settle(self) -> None:
        """Everything that a step has caused is done."""

    def chances(self) -> AsyncGenerator[None, None]:
        """Yields while it is reasonable to wait for something that an app does, and lets it get on in between."""


class _Spending:
    """Machine time that is spent so that a viewer can follow; work counts towards it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._planned: float | None = None  # where, on the event loop's clock, the story should be

    async def spend(self, seconds: float, *, since: timedelta, until: timedelta) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time() if self._planned is None else max(self._planned, loop.time() - CATCH_UP)
        self._planned = start + seconds
        while seconds > 0 and (left := self._planned - loop.time()) > 0:
            self._progress(until - (until - since) * min(1.0, left / seconds))
            await asyncio.sleep(min(left, CHUNK))
        self._progress(until)


class SteppedPacing:
    """Time stands still while anybody works, and then jumps from one wake to the next: recorded times are exact.

    `idle` returns when the bot, which shares the clock, has nothing to do before the clock moves on.
    """

    def __init__(
        self,
        workspace: Workspace,
        clock: SteppedClock,
        *,
        start: float,  # the story's start, seconds since the epoch
        idle: Callable[[], Awaitable[None]],
        progress: Progress = lambda _at: None,
        limit: float = 30.0,  # machine seconds within which everybody must come to rest
    ) -> None:
        self._workspace = workspace
        self._clock = clock
        self._start = start
        self._idle = idle
        self._spending = _Spending(progress)
        self._limit = limit

    def now(self) -> timedelta:
        return timedelta(seconds=self._clock.time() - self._start)

    async def reach(self, at: timedelta, *, seconds: float) -> None:
        goal = self._start + at.total_seconds()
        way = goal - self._clock.time()
        if way <= 0:
            await self._spending.spend(seconds, since=at, until=at)
            return
        while (now := self._clock.time()) < goal:
            wake = self._clock.next_wake()
            stop = goal if wake is None else min(goal, max(wake, now))
            since, until = (timedelta(seconds=moment - self._start) for moment in (now, stop))
            await self._spending.spend(seconds * (stop - now) / way, since=since, until=until)
            self._clock.jump(stop)
            await self.settle()

    async def settle(self) -> None:
        calm = 0
        try:
            async with asyncio.timeout(self._limit):
                # twice in a row: what the bot does last may bring it new events, and an event new work
                while calm < 2:
                    await self._delivered()
                    for _ in range(3):  # whoever was just woken gets to begin before the bot is asked
                        await asyncio.sleep(0)
                    await self._idle()
                    calm = 0 if self._workspace.unacknowledged() else calm + 1
        except TimeoutError as error:
            left = self._workspace.unacknowledged()
            raise PlayError(
                f"the bot did not come to rest within {self._limit:g} s ({left} deliveries are not acknowledged)"
            ) from error

    async def _delivered(self) -> None:
        while self._workspace.unacknowledged():  # noqa: ASYNC110 - the workspace has a count to ask, not an event
            await asyncio.sleep(0.002)

    async def chances(self) -> AsyncGenerator[None, None]:
        last = self._clock.time() + PATIENCE.total_seconds()
        yield
        await self.settle()
        yield
        while (wake := self._clock.next_wake()) is not None and wake <= last:
            self._clock.jump(max(wake, self._clock.time()))
            await self.settle()
            yield


class RealPacing:
    """The machine's time, for a bot in a process of its own; quiet means that for a moment nobody did anything."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        calls: Callable[[], int] = lambda: 0,  # Web API calls so far
        progress: Progress = lambda _at: None,
        quiet: float = 0.15,
        limit: float = 5.0,  # a bot that never rests (one that polls) does not hold up the story
        patience: float = 15.0,
    ) -> None:
        self._workspace = workspace
        self._calls = calls
        self._spending = _Spending(progress)
        self._quiet = quiet
        self._limit = limit
        self._patience = patience
        self._now = timedelta(0)

    def now(self) -> timedelta:
        return self._now

    async def reach(self, at: timedelta, *, seconds: float) -> None:
        since, self._now = self._now, max(self._now, at)
        await self._spending.spend(seconds, since=since, until=self._now)

    async def settle(self) -> None:
        loop = asyncio.get_running_loop()
        seen = 0

        def see(_happening: Happening) -> None:
            nonlocal seen
            seen += 1

        stop_watching = self._workspace.watch(see)
        try:
            end = loop.time() + self._limit
            quiet_since, before = loop.time(), (seen, self._calls())
            while loop.time() < end and loop.time() - quiet_since < self._quiet:
                await asyncio.sleep(self._quiet / 5)
                after = (seen, self._calls())
                if after != before or self._workspace.unacknowledged():
                    quiet_since, before = loop.time(), after
        finally:
            stop_watching()

    async def chances(self) -> AsyncGenerator[None, None]:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        yield
        while loop.time() < end:
            await asyncio.sleep(CHUNK)
            yield
