"""A local workspace in a process of its own, generous with its rate limits: what is measured is the bot."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.sandbox import RealClock, SandboxServer, default_workspace
from tests.benchmarks.load import Load
from tests.processes import ROOT, Control, Program, controlling, environment

# Fifteen declarations in a few seconds, a thousand prompts in one; Slack's own limits are twenty new channels and some
# hundred messages a minute.
GENEROSITY = 1000
_OPEN = "The workspace is open at "
_LOAD = "Load is ordered at "


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A workspace that is open."""

    base_url: str  # for a bot
    control: Control  # people's doings and a look inside
    load: Control  # the same kind of orders, for tests.benchmarks.load


async def _serve() -> None:
    server = SandboxServer(default_workspace(RealClock()), generosity=GENEROSITY)
    load = Load(server)  # before an app can connect: it looks at what is delivered
    async with server, load.serving() as orders:
        print(f"{_LOAD}{orders}\n{_OPEN}{server.origin}", flush=True)
        await asyncio.Event().wait()


@asynccontextmanager
async def workspace() -> AsyncIterator[Opened]:
    program = await Program.start(sys.executable, "-m", "tests.benchmarks.workspace", env=environment(), cwd=ROOT)
    try:
        origin = (await program.line(_OPEN)).removeprefix(_OPEN)
        orders = (await program.line(_LOAD)).removeprefix(_LOAD)
        async with controlling(f"{origin}/_control") as control, controlling(orders) as load:
            yield Opened(base_url=f"{origin}/api/", control=control, load=load)
    finally:
        await program.close()


if __name__ == "__main__":
    asyncio.run(_serve())
