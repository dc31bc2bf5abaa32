"""A local workspace in a process of its own, generous with its rate limits: what is measured is the bot."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.sandbox import RealClock, SandboxServer, default_workspace
from tests.processes import ROOT, Control, Program, controlling, environment

# Fifteen declarations in a few seconds; Slack's own limit is twenty new channels a minute.
GENEROSITY = 1000
_OPEN = "The workspace is open at "


async def _serve() -> None:
    async with SandboxServer(default_workspace(RealClock()), generosity=GENEROSITY) as server:
        print(f"{_OPEN}{server.origin}", flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def workspace() -> AsyncIterator[tuple[str, Control]]:
    """The base URL for a bot, and the control interface."""
    program = await Program.start(sys.executable, "-m", "tests.benchmarks.workspace", env=environment(), cwd=ROOT)
    try:
        origin = (await program.line(_OPEN)).removeprefix(_OPEN)
        async with controlling(f"{origin}/_control") as control:
            yield f"{origin}/api/", control
    finally:
        await program.close()


if __name__ == "__main__":
    asyncio.run(_serve())
