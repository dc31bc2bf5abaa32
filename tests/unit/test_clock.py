"""Waiting for an event, a time, or neither."""

import asyncio
from datetime import timedelta

import pytest

from bot.clock import Pause, SystemClock


@pytest.mark.parametrize("steps", range(8))
async def test_a_cancellation_is_never_swallowed(steps: int) -> None:
    """At some moments it was taken for that of a waiter, and a loop that was to end went on for ever."""
    event, clock = asyncio.Event(), SystemClock()

    async def loop() -> None:
        while True:
            event.clear()
            await Pause(event, clock).wait(clock.now() + timedelta(seconds=30), at_most=1)

    task = asyncio.create_task(loop())
    await asyncio.sleep(0.01)
    event.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=0.5)
    assert task in done
    assert task.cancelled()
