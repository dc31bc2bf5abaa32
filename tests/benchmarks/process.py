"""How long the bot takes to connect, and how much memory it holds."""

import asyncio
import time
from pathlib import Path

from tests.benchmarks.figures import Figure
from tests.benchmarks.workspace import workspace
from tests.processes import Control, Program, connected, for_workspace, run

STARTS = 7
CONNECTED_WITHIN = 1.2  # seconds
IDLE_BELOW = 100.0  # MiB
EVENTS = 250
_SETTLES = 2.0  # seconds after connecting


async def measure_starts(folder: Path) -> Figure:
    """From the start of the process to the line that it is connected; the database has its schema already."""
    times = []
    async with workspace() as there:
        env = for_workspace(there.base_url, folder / "bot.db")
        migrated = await run("migrate", env=env, cwd=folder)
        assert migrated.code == 0, migrated
        for _ in range(STARTS):
            began = time.perf_counter()
            async with connected(env=env, cwd=folder) as bot:
                times.append(time.perf_counter() - began)
                assert await bot.end() == 0
    return Figure(
        name="start",
        what="Process start to connected",
        unit="s",
        values=tuple(times),
        at_most=CONNECTED_WITHIN,
    )


async def measure_memory(folder: Path) -> list[Figure]:
    """Resident memory of `incident-bot run`: idle, and after an incident from declaration to postmortem."""
    async with workspace() as there:
        env = for_workspace(there.base_url, folder / "bot.db")
        await run("migrate", env=env, cwd=folder)
        async with connected(env=env, cwd=folder) as bot:
            await asyncio.sleep(_SETTLES)  # "idle" is defined by it
            idle = resident(bot)
            await an_incident(there.control)
            busy = resident(bot)
    return [
        Figure(
            name="memory_idle",
            what=f"Resident memory, {_SETTLES:g} s after connecting",
            unit="MiB",
            values=(idle,),
            at_most=IDLE_BELOW,
        ),
        Figure(
            name="memory_busy",
            what=f"Resident memory after an incident with {EVENTS} messages and reactions, 13 commands, a postmortem",
            unit="MiB",
            values=(busy,),
        ),
    ]


async def an_incident(control: Control) -> None:
    """A burst of events in an incident's channel and what a commander types, to the postmortem."""
    await control.command("declare p1 Checkout returns 503")
    room = await control.until(lambda: control.channel("inc-1-"))
    name = room["name"]
    await control.until(lambda: _named(control, name, "ana"))
    stamps = []
    for number in range(EVENTS - 50):
        said = await control.do("message", channel=name, user="ana", text=f"{number} of 200: replication lag 41 min")
        stamps.append(said["ts"])
    for ts in stamps[:50]:
        await control.do("reaction", channel=name, user="ana", ts=ts, name="pushpin")
    for text in ["take commander", "update Nothing new", "note Failed over"] * 3 + ["status identified", "list"]:
        answer = await control.command(text, channel=name)
        assert answer["ok"], answer
    answer = await control.command("resolve Error rate is back to 0.1 %", channel=name)
    assert answer["ok"], answer

    async def handed_in() -> bool:
        return any(message["files"] for message in await control.messages(name))

    await control.until(handed_in, within=60)


async def _named(control: Control, channel: str, person: str) -> bool:
    state = await control.state()
    [user] = [one["id"] for one in state["users"] if one["name"] == person]
    return any(one["name"] == channel and user in one["members"] for one in state["channels"])


def resident(bot: Program) -> float:
    """VmRSS in MiB."""
    for line in Path(f"/proc/{bot.pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel does not tell the process's memory")
