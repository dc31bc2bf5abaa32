"""The workspace's clock: machine time, or time that stands still until it is moved."""

import asyncio
import time

import pytest

from bot.sandbox.state.clock import RealClock, SteppedClock


async def sleeper(clock: SteppedClock, when: float, name: str, woken: list[str]) -> None:
    await clock.sleep_until(when)
    woken.append(name)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_sleepers_wake_when_the_clock_passes_them_and_in_their_order() -> None:
    clock, woken = SteppedClock(100), []
    tasks = [
        asyncio.create_task(sleeper(clock, when, name, woken))
        for when, name in ((130, "late"), (110, "early"), (120, "first of two"), (120, "second of two"))
    ]
    await settle()
    assert clock.next_wake() == 110
    clock.jump(120)
    assert woken == []  # a jump does not await
    await settle()
    assert woken == ["early", "first of two", "second of two"]
    assert (clock.time(), clock.next_wake()) == (120, 130)
    clock.jump(130)
    await asyncio.gather(*tasks)
    assert clock.next_wake() is None


async def test_a_time_that_has_passed_does_not_wait() -> None:
    clock = SteppedClock(100)
    await clock.sleep_until(100)
    await clock.sleep_until(5)
    assert clock.next_wake() is None


async def test_cancelled_sleepers_are_forgotten() -> None:
    clock, woken = SteppedClock(0), []
    gone = asyncio.create_task(sleeper(clock, 10, "gone", woken))
    stays = asyncio.create_task(sleeper(clock, 20, "stays", woken))
    await settle()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert clock.next_wake() == 20
    clock.jump(20)
    await stays
    assert woken == ["stays"]


def test_the_stepped_clock_never_goes_backwards() -> None:
    clock = SteppedClock(100)
    clock.jump(100)
    with pytest.raises(ValueError, match="never goes backwards"):
        clock.jump(99.9)


async def test_the_real_clock_is_the_machines() -> None:
    clock = RealClock()
    assert clock.time() == pytest.approx(time.time(), abs=5)
    await clock.sleep_until(clock.time() - 1)
    until = clock.time() + 0.01
    await clock.sleep_until(until)
    assert clock.time() >= until
