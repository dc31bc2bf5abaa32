"""The workspace's time: the machine's, or one that stands still until somebody moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class WorkspaceClock(Protocol):
    """What everything in the workspace asks for the time; seconds since the epoch, UTC."""

    def time(self) -> float: ...

    async def sleep_until(self, when: float) -> None:
        """Return at `when`, or at once where `when` has passed."""


class RealClock:
    """The machine's time."""

    def time(self) -> float:
        return time.time()

    async def sleep_until(self, when: float) -> None:
        # The wall clock may be set back while we sleep: look again until `when` is really there.
        while True:
            left = when - self.time()
            if left <= 0:
                return
            await asyncio.sleep(left)


class SteppedClock:
    """Time that stands still until `jump`, so a day can pass in a minute and every recorded time is exact."""

    def __init__(self, start: float) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._turn = itertools.count()  # sleepers of the same moment wake in the order in which they came

    def time(self) -> float:
        return self._now

    async def sleep_until(self, when: float) -> None:
        if when <= self._now:
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (when, next(self._turn), wake))
        await wake

    def next_wake(self) -> float | None:
        """The earliest time that a sleeper waits for; cancelled sleepers are forgotten."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def jump(self, to: float) -> None:
        """Move to `to` (never backwards) and wake the sleepers due by then; they run when the caller next awaits."""
        if to < self._now:
            raise ValueError(f"the clock never goes backwards: it is {self._now}, asked for {to}")
        self._now = to
        while self._sleepers and self._sleepers[0][0] <= to:
            _, _, wake = heapq.heappop(self._sleepers)
            if not wake.done():
                wake.set_result(None)
