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


async def wait(event: asyncio.Event, clock: Clock, until: datetime | None, *, at_most: float) -> None:
    """Returns when `event` is set, when the clock reaches `until`, or after `at_most` seconds of machine time."""
    waiters: list[asyncio.Future[object]] = [asyncio.ensure_future(event.wait())]
    if until is not None:
        waiters.append(asyncio.ensure_future(clock.sleep_until(until)))
    try:
        await asyncio.wait(waiters, timeout=at_most, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
        # Not one by one: a cancellation of ours that came at that moment would be taken for the waiter's.
        await asyncio.wait(waiters)
