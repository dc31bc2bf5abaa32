"""How long a person waits for the answer to a command that comes behind a thousand events."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tests.benchmarks.at_work import prepared
from tests.benchmarks.figures import Figure
from tests.databases import Databases

EVENTS = 1000
ROUNDS = 7
ANSWERED_WITHIN = 200.0  # ms
# One that reads and one that writes: what it types, and what its answer says.
_COMMANDS = {"status": ("status", "INC-1"), "note": ("note Failed over to the second site", "Noted")}


async def measure_commands(
    kinds: Sequence[Databases], folder: Path, *, events: int = EVENTS, rounds: int = ROUNDS
) -> list[Figure]:
    """Each command alone and behind `events`, which are sent at once in front of it; the databases take turns."""
    waited: dict[tuple[str, str, int], list[float]] = {}
    async with AsyncExitStack() as stack:
        bots = []
        for databases in kinds:
            at_work = await stack.enter_async_context(prepared(databases, folder / databases.kind))
            await stack.enter_async_context(at_work.bot())
            bots.append((at_work, (await at_work.room())["id"]))
        for _ in range(rounds):
            for name, (text, says) in _COMMANDS.items():
                for behind in (0, events):
                    for at_work, channel in bots:
                        told = await at_work.there.load.do("command", channel=channel, text=text, behind=behind)
                        assert told["ok"], told
                        assert says in told["text"], told
                        assert told["behind"] == behind, told
                        waited.setdefault((at_work.kind, name, behind), []).append(told["seconds"] * 1000)
                        await at_work.there.control.until(at_work.record.nothing_waits, within=60)
    return [
        Figure(
            name=f"command_{kind}_{name}_behind_{behind}",
            what=f"/incident {name}, {kind}: answered, "
            + (f"{behind:,} events in front of it" if behind else "nothing in front of it"),
            unit="ms",
            values=tuple(values),
            at_most=ANSWERED_WITHIN if behind else None,
        )
        for (kind, name, behind), values in sorted(waited.items())
    ]
