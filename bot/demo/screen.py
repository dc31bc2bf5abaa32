"""The show on the terminal: one legible line for each happening, and the incident's own clock below."""

import os
import zlib
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.text import Text

from bot.demo.lines import Line, Narrator
from bot.sandbox.scenario.model import Scenario
from bot.sandbox.scenario.player import Refusal
from bot.sandbox.state.activity import Happening
from bot.sandbox.workspace import Workspace

_WIDE = 96  # columns from which elapsed time and full names have room
_PIPED = 100  # columns where nobody's terminal tells us
_SHADES = ("cyan", "green", "yellow", "blue", "bright_cyan", "bright_green")
_APP = "bold magenta"


def console_for_show() -> Console:
    """Standard output; in a pipe as wide as a page, without colour and without a bar."""
    console = Console(highlight=False, emoji=False, markup=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, emoji=False, markup=False, soft_wrap=False, width=_PIPED)
    return console


class Screen:
    """Shows what happens in a workspace while a scenario is played; `quiet` leaves the bar only."""

    def __init__(self, console: Console, workspace: Workspace, scenario: Scenario, *, quiet: bool = False) -> None:
        self._console = console
        self._narrator = Narrator(workspace)
        self._scenario = scenario
        self._quiet = quiet
        self._day = ""
        self._stop_watching = workspace.watch(self.see)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=None),
                TaskProgressColumn(),
                console=self._console,
                transient=True,
            )
            whole = (self._scenario.ends_at - self._scenario.starts_at).total_seconds()
            self._task = self._bar.add_task(self._clock(timedelta(0)), total=max(1.0, whole))
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_watching()
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def progress(self, at: timedelta) -> None:
        """The story has come to `at`."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=at.total_seconds(), description=self._clock(at))

    def see(self, happening: Happening) -> None:
        if self._quiet:
            return
        line = self._narrator.line(happening)
        if line is not None:
            self._new_day(line.at)
            self._console.print(self.laid_out(line))

    def refused(self, refusal: Refusal) -> None:
        """A step that did not happen is shown also in a quiet run."""
        where = self._scenario.named(refusal.step)
        self._console.print(Text(f"✗ {where} was refused: {refusal.why}", style="red"))

    def laid_out(self, line: Line) -> Text:
        """The line in columns; what does not fit into its rows ends in …"""
        wide = self._console.width >= _WIDE
        moment = datetime.fromtimestamp(line.at, UTC)
        head = Text(f"{moment:%H:%M:%S} ")
        if wide:
            head.append(f"{_elapsed(moment - self._scenario.starts_at)} ", style="dim")
        head.append(_column(line.place, 12) + " ", style=_shade(line.place))
        who = line.who if wide else line.who.partition(" ")[0]
        head.append(_column(who, 15 if wide else 8) + " ", style=_APP if line.by_app else "bold")
        return self._filled(head, line)

    def _filled(self, head: Text, line: Line) -> Text:
        indent = cell_len(head.plain)
        width = max(20, self._console.width - indent)
        # a continued answer in a thread stands below its words, not below its arrow
        hanging = 2 if line.what.plain.startswith(("↳ ", "▸ ")) else 0
        rows = line.what.wrap(self._console, width - hanging, tab_size=4)
        for row in rows:
            row.rstrip()
        if len(rows) > line.rows:
            # With what was folded behind it: a long name begins on this row rather than vanish as a whole.
            rows[line.rows - 1].append(" ").append_text(rows[line.rows])
            _cut_short(rows[line.rows - 1], width - hanging)
        shown = head
        for number, row in enumerate(rows[: line.rows]):
            if number:
                shown.append("\n" + " " * (indent + hanging))
            shown.append_text(row)
        shown.rstrip()
        return shown

    def _new_day(self, at: float) -> None:
        moment = datetime.fromtimestamp(at, UTC)
        day = f"{moment.day} {moment:%B %Y}"
        if day != self._day:
            self._day = day
            self._console.print(Text(f"── {day} (UTC) ──", style="dim"))

    def _clock(self, at: timedelta) -> str:
        moment = self._scenario.starts_at + at
        return f"{moment:%H:%M:%S} UTC {_elapsed(at)}"


def _elapsed(since: timedelta) -> str:
    minutes = int(since.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _column(text: str, width: int) -> str:
    """Exactly `width` cells."""
    cut = Text(text)
    cut.truncate(width, overflow="ellipsis", pad=True)
    return cut.plain


def _cut_short(row: Text, width: int) -> None:
    """Ends the row in …, between two words where it can."""
    if cell_len(row.plain) + 2 > width:
        row.truncate(width - 2)
        at = row.plain.rfind(" ")
        if at > width // 2:
            row.right_crop(len(row.plain) - at)
    row.rstrip()
    row.append(" …", style="dim")


def _shade(place: str) -> str:
    """A channel keeps its colour from run to run."""
    return "bright_magenta" if place.startswith("→") else _SHADES[zlib.crc32(place.encode()) % len(_SHADES)]
