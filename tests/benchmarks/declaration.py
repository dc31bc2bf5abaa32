"""How long a declaration takes, with a bot and a workspace in processes of their own."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.figures import Figure
from tests.benchmarks.generous_bot import generous_bot
from tests.benchmarks.workspace import workspace
from tests.processes import Control, for_workspace

RUNS = 15
# At 100 ms for each call: in the channel after two rounds of calls, all done after three and a half.
TARGETS = {100: {"in_channel": 250.0, "everything": 450.0}}
# No call for so long: the declaration is done.
_QUIET = 0.4

_ROWS = {
    "answered": "until the declarer is shown the first text",
    "in_channel": "until the declarer is in the channel",
    "everything": "until the last Web API call is answered",
}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One declaration: milliseconds from the submission on, and the calls in their order."""

    answered: float
    in_channel: float
    everything: float
    calls: tuple[dict[str, Any], ...]


async def measure_declarations(
    folder: Path, *, latency_ms: int, runs: int = RUNS
) -> tuple[list[Figure], list[Declared]]:
    """`latency_ms` is added to each Web API call and to each use of a response_url."""
    async with workspace() as there:
        if latency_ms:
            await there.control.do("faults", latency_ms=latency_ms)
        async with generous_bot(for_workspace(there.base_url, folder / "bot.db")):
            await declare(there.control, 0)  # the first one loads templates and opens connections
            declared = [await declare(there.control, number) for number in range(1, runs + 1)]
    targets = TARGETS.get(latency_ms, {})
    name = f"declare_{latency_ms}ms"
    figures = [
        Figure(
            name=f"{name}_{key}",
            what=f"Declaration, {latency_ms} ms a call: {what}",
            unit="ms",
            values=tuple(getattr(run, key) for run in declared),
            at_most=targets.get(key),
        )
        for key, what in _ROWS.items()
    ]
    counts = tuple(float(len(run.calls)) for run in declared)
    calls = Figure(
        name=f"{name}_calls",
        what=f"Declaration, {latency_ms} ms a call: Web API calls (and one response_url)",
        unit="",
        values=counts,
    )
    return [*figures, calls], declared


async def declare(control: Control, number: int) -> Declared:
    before = len(await control.calls())
    began = time.time()  # the machine's clock, which is the workspace's too
    answer = await control.command(f"declare p1 Checkout returns 503, number {number}")
    answered = time.time()
    assert "inc-" in answer["text"] or "<#" in answer["text"], answer
    calls = await _settled(control, before)
    assert all(call["status"] == 200 and call["answer"]["ok"] for call in calls), calls
    invited = next(call for call in calls if call["method"] == "conversations.invite")
    return Declared(
        answered=(answered - began) * 1000,
        in_channel=(invited["ended"] - began) * 1000,
        everything=(max(call["ended"] for call in calls) - began) * 1000,
        calls=tuple({**call, "started": call["started"] - began, "ended": call["ended"] - began} for call in calls),
    )


async def _settled(control: Control, before: int) -> list[dict[str, Any]]:
    """The calls of this declaration, once no further one has come for a while."""

    async def quiet() -> list[dict[str, Any]] | None:
        calls = (await control.calls())[before:]
        done = {call["method"] for call in calls} >= {"pins.add", "conversations.invite", "conversations.setTopic"}
        return calls if done and time.time() - max(call["ended"] for call in calls) > _QUIET else None

    return await control.until(quiet)
