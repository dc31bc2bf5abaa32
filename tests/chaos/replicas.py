"""The bot's processes, each kept running as a supervisor would, killed and brought back."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from tests.chaos.bot_with_clock import CLOCK_FILE
from tests.chaos.clocks import BotClock
from tests.processes import CONNECTED, ROOT, Program

_COMMAND = (sys.executable, "-m", "tests.chaos.bot_with_clock")
_PAUSE_AFTER_FAILURE = 0.3  # seconds
# A start on a loaded machine, with calls that are answered late.
_STARTED_WITHIN = 60.0
# The bot promises five seconds; machines under load are slow.
_ENDED_WITHIN = 12.0


class Replica:
    """One replica over all its processes."""

    def __init__(self, number: int, *, env: dict[str, str], folder: Path, clock: BotClock) -> None:
        self.number = number
        self.clock = clock
        self._env = {**env, CLOCK_FILE: str(clock.file), "PYTHONPATH": str(ROOT)}
        self._folder = folder
        self._wanted, self._connected, self._idle = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._program: Program | None = None  # the running one
        self._frozen: Program | None = None
        self._signal_sent: signal.Signals | None = None  # to that one
        self._was_at_work = False  # when the signal was sent; before that the default action ends a process
        self._keeping = asyncio.create_task(self._keep_running(), name=f"replica-{number}")
        self.starts = 0
        self.connected_at = 0.0  # by the workspace's clock, the last time
        self.failed_starts = 0  # a supervisor starts it again
        self.wrong: list[str] = []  # what ended otherwise than it should
        self.said: list[str] = []

    def start(self) -> None:
        self._wanted.set()

    async def connected(self) -> None:
        """Returns when it is; raises TimeoutError where that does not come."""
        async with asyncio.timeout(_STARTED_WITHIN):
            await self._connected.wait()

    def kill(self) -> bool:
        """SIGKILL, now; False where nothing runs. It stays away until `start`."""
        return self._signal(signal.SIGKILL)

    def stop(self) -> bool:
        """Asks it to end; False where nothing runs. It stays away until `start`."""
        return self._signal(signal.SIGTERM)

    def freeze(self) -> bool:
        """Stops its time, until `thaw`; False where nothing runs."""
        self._frozen = self._program
        return self._frozen is not None and _send(self._frozen, signal.SIGSTOP)

    def thaw(self) -> None:
        if self._frozen is not None and self._frozen is self._program:
            _send(self._frozen, signal.SIGCONT)
        self._frozen = None

    async def run(self, *arguments: str) -> None:
        """Another verb of the program beside it, to its end, which has to be good."""
        program = await Program.start(*_COMMAND, *arguments, env=self._env, cwd=self._folder)
        try:
            code = await program.ended(within=_STARTED_WITHIN)
        finally:
            await program.close()
        if code != 0:
            self.wrong.append(f"{' '.join(arguments)} ended with {code}: {program.err}")

    async def close(self) -> None:
        """Asks it to end and waits for that."""
        self.stop()
        await self._idle.wait()
        self._keeping.cancel()
        await asyncio.wait({self._keeping})

    def _signal(self, what: signal.Signals) -> bool:
        self._wanted.clear()
        if self._program is None:
            return False
        self._signal_sent, self._was_at_work = what, self._connected.is_set()
        self._connected.clear()
        if what is signal.SIGTERM:
            asyncio.get_running_loop().call_later(_ENDED_WITHIN, self._lose_patience, self._program)
        return _send(self._program, what)

    def _lose_patience(self, program: Program) -> None:
        if self._program is program:
            self.wrong.append(f"replica {self.number} was asked to end and went on for {_ENDED_WITHIN:g} s")
            self._signal_sent = signal.SIGKILL
            _send(program, signal.SIGKILL)

    async def _keep_running(self) -> None:
        while True:
            self._idle.set()
            await self._wanted.wait()
            self._idle.clear()
            self._program = program = await Program.start(*_COMMAND, "run", env=self._env, cwd=self._folder)
            self._signal_sent = None
            self.starts += 1
            if not self._wanted.is_set():  # meanwhile it was to be killed
                self.kill()
            waiting = asyncio.create_task(self._wait_for_connection(program))
            try:
                code = await program.ended(within=None)
            finally:
                waiting.cancel()
                at_work = self._connected.is_set()
                self._connected.clear()
                self._program = None
                self.said += [f"--- process {self.starts} of replica {self.number}", *program.out, *program.err]
                with contextlib.suppress(ProcessLookupError):
                    await program.close()
            if self._signal_sent is None:
                if at_work:
                    self.wrong.append(f"replica {self.number} ended with {code}, and nobody had asked it to")
                self.failed_starts += 1
                await asyncio.sleep(_PAUSE_AFTER_FAILURE)
            elif self._signal_sent is signal.SIGTERM and self._was_at_work and code != 0:
                self.wrong.append(f"replica {self.number} was asked to end and ended with {code}")

    async def _wait_for_connection(self, program: Program) -> None:
        # One that ends instead is started again.
        with contextlib.suppress(AssertionError):
            await program.line(CONNECTED, within=_STARTED_WITHIN)
            self.connected_at = self.clock.shared.time()
            self._connected.set()


def _send(program: Program, what: signal.Signals) -> bool:
    """False where it has ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(program.pid, what)
        return True
    return False
