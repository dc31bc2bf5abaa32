"""Time, as everything in the bot is given it: UTC, aware, and replaceable."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What people go by: due times, message times, Slack's rate limits."""

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        ...

    async def sleep_until(self, when: datetime) -> None:
        """Returns at `when`; at once where that has passed."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns after so long, whatever the clock is set to meanwhile."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, when: datetime) -> None:
        # A machine's clock may jump while we sleep (suspend, NTP): look again at least every minute.
        while (left := (when - self.now()).total_seconds()) > 0:  # noqa: ASYNC110 - time sets no event
            await asyncio.sleep(min(left, 60))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Pause:
    """Where a loop that looks for work waits until there may be some."""

    def __init__(self, event: asyncio.Event, clock: Clock) -> None:
        self._event = event
        self._clock = clock
        self._waiting = False

    @property
    def lasts(self) -> bool:
        """Whether the loop has seen all that there was, and waits; a clock that is moved by hand knows until when."""
        return self._waiting and not self._event.is_set()

    async def wait(self, until: datetime | None, *, at_most: float) -> None:
        """Returns when the event is set, when the clock reaches `until`, or after `at_most` seconds of machine time."""
        waiters: list[asyncio.Future[object]] = [asyncio.ensure_future(self._event.wait())]
        if until is not None:
            waiters.append(asyncio.ensure_future(self._clock.sleep_until(until)))
        try:
            await asyncio.sleep(0)  # they begin
            self._waiting = True
            await asyncio.wait(waiters, timeout=at_most, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting = False
            for waiter in waiters:
                waiter.cancel()
            # Not one by one: a cancellation of ours that came at that moment would be taken for the waiter's.
            await asyncio.wait(waiters)
