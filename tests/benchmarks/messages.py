"""How fast messages come in, beside bots that do nothing with them, and how long the bot then takes to apply them."""

import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.at_work import AtWork, prepared
from tests.benchmarks.bare_bots import KINDS as BARE
from tests.benchmarks.bare_bots import bare_bot
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.workspace import Opened, workspace
from tests.databases import Databases
from tests.processes import Program

MESSAGES = 2000
IN_FLIGHT = 50
ROUNDS = 15
# A rush that goes on: what is applied behind it must not slow it down.
RUSH, RUSHES = 10_000, 3
ACKNOWLEDGED_WITHIN = 100.0  # ms, of 99 in 100
_WITHIN = 120.0  # seconds in which what was acknowledged is applied, or something is wrong
_BARE_NAMES = {"bolt": "a Bolt app with an empty listener", "sdk": "an SDK client that acknowledges at once"}


@dataclass(frozen=True, kw_only=True)
class _Round:
    """What became of the messages of one round."""

    rate: float  # acknowledged a second
    acknowledged: Sequence[float]  # ms of each envelope under way
    failures: int  # envelopes that were not acknowledged in time, and were sent again
    cpu: float  # µs of the bot's processor time for each message, until the last was acknowledged
    applied: float  # seconds from the first message until the last was applied
    stored: int  # messages that are on record once


@dataclass(frozen=True, kw_only=True)
class _Contestant:
    """One bot in a workspace of its own."""

    name: str
    there: Opened
    channel: str  # id
    program: Program
    at_work: AtWork | None = None  # None: it keeps no record

    async def take(self, count: int, in_flight: int) -> _Round:
        began = _processor_seconds(self.program)
        told = await self.there.load.do("messages", channel=self.channel, count=count, in_flight=in_flight)
        cpu, applied, once = _processor_seconds(self.program) - began, 0.0, 0
        if self.at_work is not None:
            await self.there.control.until(self.at_work.record.nothing_waits, within=_WITHIN)
            applied = time.time() - told["began"]
            rows = Counter(await self.at_work.record.message_ts(self.channel))
            once = sum(rows[ts] == 1 for ts in told["ts"])
        return _Round(
            rate=count / told["seconds"],
            acknowledged=[one * 1000 for one in told["acknowledged"]],
            failures=len(told["failures"]),
            cpu=cpu / count * 1e6,
            applied=applied,
            stored=once,
        )


async def measure_messages(
    kinds: Sequence[Databases],
    folder: Path,
    *,
    messages: int = MESSAGES,
    in_flight: int = IN_FLIGHT,
    rounds: int = ROUNDS,
    rush: int = RUSH,
    rushes: int = RUSHES,
) -> list[Figure]:
    """Rounds in which each bot gets `messages`, after a tenth of them that does not count; then rushes for ours alone.

    The ratios are taken within a round, where the machine was the same for all. Ours has two connections, as it comes,
    and the others have one.
    """
    async with AsyncExitStack() as stack:
        ours, bare = [], []
        for databases in kinds:
            at_work = await stack.enter_async_context(prepared(databases, folder / databases.kind))
            program = await stack.enter_async_context(at_work.bot())
            room = await at_work.room()
            ours.append(
                _Contestant(
                    name=databases.kind, there=at_work.there, channel=room["id"], program=program, at_work=at_work
                )
            )
        for kind in BARE:
            there = await stack.enter_async_context(workspace())
            program = await stack.enter_async_context(bare_bot(kind, there))
            channel = await there.control.until(lambda there=there: there.control.channel("incidents"))
            bare.append(_Contestant(name=kind, there=there, channel=channel["id"], program=program))
        everybody = [*ours, *bare]
        for one in everybody:
            await one.take(max(1, messages // 10), in_flight)
        taken: dict[str, list[_Round]] = {one.name: [] for one in everybody}
        for number in range(rounds):
            # Who comes first changes: the first finds the machine rested.
            turn = number % len(everybody)
            for one in everybody[turn:] + everybody[:turn]:
                taken[one.name].append(await one.take(messages, in_flight))
        rushed = {one.name: [await one.take(rush, in_flight) for _ in range(rushes)] for one in ours}
    figures = []
    for one in ours:
        figures += _figures(f"messages_{one.name}", f"{messages:,} messages, {one.name}", taken[one.name])
        figures += [
            Figure(
                name=f"messages_{one.name}_to_{other}",
                what=f"{messages:,} messages, {one.name}: as fast as {what}",
                unit="×",
                values=tuple(mine.rate / its.rate for mine, its in zip(taken[one.name], taken[other], strict=True)),
                at_least=1.0 if other == "bolt" else None,
            )
            for other, what in _BARE_NAMES.items()
        ]
        figures += _record(f"messages_{one.name}", f"{messages:,} messages, {one.name}", taken[one.name], messages)
        figures += _figures(f"rush_{one.name}", f"{rush:,} messages in a rush, {one.name}", rushed[one.name])
        figures += _record(f"rush_{one.name}", f"{rush:,} messages in a rush, {one.name}", rushed[one.name], rush)
    for other, what in _BARE_NAMES.items():
        figures += _figures(f"messages_{other}", f"{messages:,} messages, {what}", taken[other], judged=False)
    return figures


def _figures(name: str, what: str, rounds: Sequence[_Round], *, judged: bool = True) -> list[Figure]:
    """Of what every bot does."""
    p50, p99 = (tuple(percentile(one.acknowledged, share) for one in rounds) for share in (0.5, 0.99))
    within, failures = (ACKNOWLEDGED_WITHIN, 0) if judged else (None, None)
    missed = tuple(float(one.failures) for one in rounds)
    return [
        Figure(name=f"{name}_rate", what=f"{what}: a second", unit="/s", values=tuple(one.rate for one in rounds)),
        Figure(
            name=f"{name}_cpu",
            what=f"{what}: processor time for each",
            unit="µs",
            values=tuple(one.cpu for one in rounds),
        ),
        Figure(name=f"{name}_ack_p50", what=f"{what}: acknowledged, p50", unit="ms", values=p50),
        Figure(name=f"{name}_ack_p99", what=f"{what}: acknowledged, p99", unit="ms", values=p99, at_most=within),
        Figure(
            name=f"{name}_failures", what=f"{what}: not acknowledged in 3 s", unit="", values=missed, at_most=failures
        ),
    ]


def _record(name: str, what: str, rounds: Sequence[_Round], count: int) -> list[Figure]:
    """Of what is on record afterwards."""
    return [
        Figure(
            name=f"{name}_stored",
            what=f"{what}: stored once",
            unit="",
            values=tuple(float(one.stored) for one in rounds),
            at_least=count,
        ),
        Figure(
            name=f"{name}_applied",
            what=f"{what}: all applied after",
            unit="s",
            values=tuple(one.applied for one in rounds),
        ),
    ]


def _processor_seconds(program: Program) -> float:
    """In user and in system mode, since it began."""
    fields = Path(f"/proc/{program.pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
