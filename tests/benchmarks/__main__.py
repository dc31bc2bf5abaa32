"""`python -m tests.benchmarks [PART …] [--json FILE]`: what the bot is measured by, from outside its process."""

import argparse
import asyncio
import json
import os
import platform
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.commands import measure_commands
from tests.benchmarks.declaration import Declared, measure_declarations
from tests.benchmarks.figures import Figure
from tests.benchmarks.messages import measure_messages
from tests.benchmarks.process import measure_memory, measure_starts
from tests.benchmarks.prompts import measure_prompts
from tests.benchmarks.resume import measure_resume
from tests.benchmarks.size import measure_size
from tests.databases import Databases, SqliteFiles, postgres_server


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a part is measured with."""

    folder: Path
    kinds: Sequence[Databases]  # SQLite's files, and a PostgreSQL whose commits reach the disk
    declared: dict[str, list[Declared]] = field(default_factory=dict)  # by the latency, for --calls

    def new(self, name: str) -> Path:
        """An empty folder: each measurement has a database of its own."""
        folder = self.folder / name
        folder.mkdir()
        return folder


async def _declaration(setting: Setting) -> list[Figure]:
    figures = []
    for latency in (0, 100):
        name = f"declare-{latency}"
        found, setting.declared[str(latency)] = await measure_declarations(setting.new(name), latency_ms=latency)
        figures += found
    return figures


async def _process(setting: Setting) -> list[Figure]:
    return [await measure_starts(setting.new("start")), *await measure_memory(setting.new("memory"))]


PARTS: dict[str, Callable[[Setting], Awaitable[list[Figure]]]] = {
    "declaration": _declaration,
    "process": _process,
    "messages": lambda setting: measure_messages(setting.kinds, setting.new("messages")),
    "commands": lambda setting: measure_commands(setting.kinds, setting.new("commands")),
    "prompts": lambda setting: measure_prompts(setting.kinds, setting.new("prompts")),
    "resume": lambda setting: measure_resume(setting.kinds, setting.new("resume")),
    "size": lambda setting: measure_size(setting.kinds, setting.new("size")),
}
_WIDE = 150
# Millions of rows take minutes to be made.
_ONLY_WHERE_NAMED = frozenset({"size"})


async def _measure(console: Console, parts: Sequence[str], setting: Setting) -> list[Figure]:
    """Each part's table as soon as it is measured."""
    figures = []
    with console.status("Measuring …") as status:
        for part in parts:
            status.update(f"Measuring: {part} …")
            found = await PARTS[part](setting)
            console.print(_table(part, found))
            figures += found
    return figures


def _table(part: str, figures: Sequence[Figure]) -> Table:
    table = Table(title=f"incident-bot from outside its process: {part}", title_justify="left")
    table.add_column("What")
    for heading in ("Median", "Least", "Most", "Runs", "Target"):
        table.add_column(heading, justify="right")
    table.add_column("Met")
    for one in figures:
        values = [one.shown(value) for value in (one.median, min(one.values), max(one.values))]
        met = {None: "", True: "[green]yes[/green]", False: "[red]no[/red]"}[one.met]
        table.add_row(one.what, *values, str(len(one.values)), one.target, met)
    return table


def _timeline(runs: Sequence[Declared]) -> Table:
    """The calls of the median run: where the time of a declaration goes."""
    typical = sorted(runs, key=lambda run: run.everything)[len(runs) // 2]
    table = Table(title="The calls of the median declaration, ms after its submission", title_justify="left")
    table.add_column("Call")
    table.add_column("Began", justify="right")
    table.add_column("Ended", justify="right")
    for call in sorted(typical.calls, key=lambda one: one["started"]):
        table.add_row(call["method"], *(f"{call[key] * 1000:.0f}" for key in ("started", "ended")))
    table.add_row("(the declarer's answer)", "", f"{typical.answered:.0f}")
    return table


def _report(figures: Sequence[Figure], load: Sequence[float]) -> dict[str, Any]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()},
        "load": {"before": round(load[0], 2), "after": round(load[1], 2)},  # the machine's, of the last minute
        "figures": {one.name: one.to_json() for one in figures},
        "met": all(one.met is not False for one in figures),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    every = [name for name in PARTS if name not in _ONLY_WHERE_NAMED]
    parser.add_argument(
        "parts", metavar="PART", nargs="*", default=every, help=f"of {', '.join(PARTS)}; default: {', '.join(every)}"
    )
    parser.add_argument("--size", action="store_true", help="only the size, which takes minutes to be made")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where the figures go as well")
    parser.add_argument("--calls", action="store_true", help="show the calls of a declaration too")
    arguments = parser.parse_args()
    parts = ["size"] if arguments.size else arguments.parts
    if unknown := [name for name in parts if name not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    console = Console()
    if not console.is_terminal:
        console.width = _WIDE  # in a file nobody can make the window wider
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="incident-bot-bench-")))
        setting = Setting(
            folder=folder, kinds=[SqliteFiles(folder), stack.enter_context(postgres_server(durable=True))]
        )
        load = [os.getloadavg()[0]]
        figures = asyncio.run(_measure(console, parts, setting))
        load.append(os.getloadavg()[0])
    if arguments.calls:
        for each in setting.declared.values():
            console.print(_timeline(each))
    if arguments.json:
        arguments.json.write_text(json.dumps(_report(figures, load), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
