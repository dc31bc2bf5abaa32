"""`python -m tests.benchmarks [--json FILE]`: declaration, start and memory, measured from outside the process."""

import argparse
import asyncio
import json
import platform
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.declaration import Declared, measure_declarations
from tests.benchmarks.figures import Figure
from tests.benchmarks.process import measure_memory, measure_starts


async def _measure(console: Console) -> tuple[list[Figure], dict[str, list[Declared]]]:
    figures: list[Figure] = []
    runs: dict[str, list[Declared]] = {}
    with tempfile.TemporaryDirectory(prefix="incident-bot-bench-") as name, console.status("Measuring …") as status:
        folder = Path(name)
        for latency in (0, 100):
            status.update(f"Declaring, {latency} ms added to each call …")
            found, runs[str(latency)] = await measure_declarations(
                _new(folder, f"declare-{latency}"), latency_ms=latency
            )
            figures += found
        status.update("Starting …")
        figures.append(await measure_starts(_new(folder, "start")))
        status.update("Weighing …")
        figures += await measure_memory(_new(folder, "memory"))
    return figures, runs


def _new(parent: Path, name: str) -> Path:
    """An empty folder: each measurement has a database of its own."""
    folder = parent / name
    folder.mkdir()
    return folder


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="incident-bot from outside its process", title_justify="left")
    table.add_column("What")
    for heading in ("Median", "Least", "Most", "Runs", "Target"):
        table.add_column(heading, justify="right")
    table.add_column("Met")
    for one in figures:
        digits = 2 if one.unit == "s" else 0
        values = [f"{value:.{digits}f} {one.unit}".strip() for value in (one.median, min(one.values), max(one.values))]
        target = "" if one.at_most is None else f"≤ {one.at_most:g} {one.unit}"
        met = {None: "", True: "[green]yes[/green]", False: "[red]no[/red]"}[one.met]
        table.add_row(one.what, *values, str(len(one.values)), target, met)
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


def _report(figures: Sequence[Figure]) -> dict[str, Any]:
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "figures": {one.name: one.to_json() for one in figures},
        "met": all(one.met is not False for one in figures),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--json", metavar="FILE", type=Path, help="where the figures go as well")
    parser.add_argument("--calls", action="store_true", help="show the calls of a declaration too")
    arguments = parser.parse_args()
    console = Console()
    figures, runs = asyncio.run(_measure(console))
    console.print(_table(figures))
    if arguments.calls:
        for each in runs.values():
            console.print(_timeline(each))
    if arguments.json:
        arguments.json.write_text(json.dumps(_report(figures), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
