"""The bot in a Slack whose limits do not count: `python -m tests.benchmarks.generous_bot`.

Before each call the bot asks its own count of Slack's limits; fifteen declarations in a row or a thousand prompts in a
minute are more than Slack allows.
"""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot import cli
from bot.slack.outbound import limits
from tests.benchmarks.workspace import GENEROSITY
from tests.processes import CONNECTED, ROOT, Program


@asynccontextmanager
async def generous_bot(env: Mapping[str, str]) -> AsyncIterator[Program]:
    """In a process of its own, connected; it is killed at the end unless it ended before."""
    program = await Program.start(sys.executable, "-m", "tests.benchmarks.generous_bot", env=env, cwd=ROOT)
    try:
        await program.line(CONNECTED)
        yield program
    finally:
        await program.close()


if __name__ == "__main__":
    limits._PER_MINUTE.update({tier: most * GENEROSITY for tier, most in limits._PER_MINUTE.items()})
    limits._BURST *= GENEROSITY
    raise SystemExit(cli.main(["run"]))
