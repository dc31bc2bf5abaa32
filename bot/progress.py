"""How far a long piece of work has come: a bar with what is left at a terminal, a line for each step elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO


class Report(Protocol):
    """Told after each part; `step` names it, `done` of `total` is how far all of it has come, in any unit."""

    def __call__(self, step: str, *, done: float, total: float) -> None: ...


def unseen(step: str, *, done: float, total: float) -> None:
    """Nobody is watching."""


@contextmanager
def progress(stream: TextIO | None = None) -> Iterator[Report]:
    """A report to standard error, so that what is written to standard output stays what it is."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _Lines(stream)
        return
    from rich.console import Console  # noqa: PLC0415 - a bot at work does without
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as shown:
        task = shown.add_task("", total=None)

        def report(step: str, *, done: float, total: float) -> None:
            shown.update(task, description=step, completed=done, total=total)

        yield report


class _Lines:
    """A line for each step, as soon as it has begun."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def __call__(self, step: str, *, done: float, total: float) -> None:
        if step != self._last:
            self._last = step
            self._stream.write(f"{100 * done / total if total else 100:3.0f} %  {step}\n")
            self._stream.flush()
