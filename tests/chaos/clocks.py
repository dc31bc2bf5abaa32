"""Time that passes at once for everybody, and a bot's clock that is wrong."""

import asyncio
import contextlib
import time
from pathlib import Path


class PassingClock:
    """The workspace's clock: the machine's time and what has passed at once. It never goes backwards."""

    def __init__(self) -> None:
        self.passed = 0.0  # seconds
        self._moved = asyncio.Event()

    def time(self) -> float:
        return time.time() + self.passed

    async def sleep_until(self, when: float) -> None:
        while (left := when - self.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)

    def jump(self, seconds: float) -> None:
        """That much time passes now; sleepers look again."""
        self.passed += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class BotClock:
    """The clock of one replica's machine: right, or off by some seconds."""

    def __init__(self, file: Path, shared: PassingClock) -> None:
        self.file = file
        self.shared = shared
        self.off_by = 0.0
        self.write()

    def set_wrong(self, seconds: float) -> None:
        """0 is right again."""
        self.off_by = seconds
        self.write()

    def write(self) -> None:
        """Tells the bot; at once or not at all, since it may be reading."""
        beside = self.file.with_suffix(".new")
        beside.write_text(repr(self.shared.passed + self.off_by), encoding="utf-8")
        beside.replace(self.file)
