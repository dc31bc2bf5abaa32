"""The demo: a real incident in a local workspace, with the real bot, on a clock that makes a day pass in a minute."""

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.demo.outputs import InTheWayError, Outputs
from bot.demo.screen import Screen, console_for_show
from bot.demo.transcript import write_transcripts
from bot.sandbox import SandboxServer, SteppedClock, Workspace, install_app
from bot.sandbox.scenario.loader import ScenarioError, load_scenario
from bot.sandbox.scenario.model import Scenario
from bot.sandbox.scenario.pacing import PlayError, SteppedPacing
from bot.sandbox.scenario.player import Player, PlayResult

DEFAULT_SCENARIO = Path(__file__).with_name("github-2018-10-21.yaml")
_EVENNESS = 0.7  # how much of a fast show's time is dealt out by step, so that the first busy hour can be read
_FAST = 60.0  # from this speed on; a slow one keeps the story's own rhythm


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What the bot needs to enter the workspace."""

    bot: str
    app: str
    signing_secret: str


class RunningBot(Protocol):
    """The bot as the demo sees it."""

    async def idle(self) -> None:
        """Returns when there is nothing left to do before the clock moves on or somebody does something."""

    async def next_due(self) -> datetime | None:
        """When it will next do something by itself."""

    async def write_results(self, out: Path) -> list[Path]:
        """Writes the postmortem and the record of every incident below `out`."""


# (base URL of the Web API, tokens, the clock that bot and workspace share, database URL) -> the bot, connected
StartBot = Callable[[str, Tokens, SteppedClock, str], AbstractAsyncContextManager[RunningBot]]


async def play(
    *,
    scenario_path: Path,
    speed: float,
    out: Path,
    quiet: bool,
    start_bot: StartBot,
    database_url: str | None = None,
    console: Console | None = None,
) -> int:
    """Plays a scenario to its end and leaves the results in `out`; the answer is the exit code.

    The bot works on a database of the demo's own in `out`, or on an empty one at `database_url`.
    """
    console, outputs = console or console_for_show(), Outputs(out)
    try:
        scenario = load_scenario(scenario_path)
        outputs.prepare(with_database=database_url is None)
    except (ScenarioError, InTheWayError, OSError) as error:
        return _failed(error)
    clock = SteppedClock(scenario.starts_at.timestamp())
    workspace, tokens = _workspace(scenario, clock)
    _introduce(console, scenario, quiet=quiet)
    async with SandboxServer(workspace) as server:
        try:
            url = database_url or outputs.database_url
            async with start_bot(server.base_url, tokens, clock, url) as bot:
                result = await _play(scenario, workspace, clock, bot, console=console, speed=speed, quiet=quiet)
                written = await bot.write_results(out)
                outputs.keep(written)
            transcripts = write_transcripts(workspace, outputs.transcript)
            outputs.keep(transcripts)
        except (PlayError, OSError) as error:
            return _failed(error)
        facts = _facts(scenario, workspace, result, calls=len(server.calls))
    _conclude(console, facts, [*written, *_gathered(transcripts)])
    return 0


async def _play(
    scenario: Scenario,
    workspace: Workspace,
    clock: SteppedClock,
    bot: RunningBot,
    *,
    console: Console,
    speed: float,
    quiet: bool,
) -> PlayResult:
    with Screen(console, workspace, scenario, quiet=quiet) as screen:
        pacing = SteppedPacing(
            workspace, clock, start=scenario.starts_at.timestamp(), idle=bot.idle, progress=screen.progress
        )
        await pacing.settle()  # the bot's first words and look-ups, before anybody speaks
        player = Player(
            scenario,
            workspace,
            pacing=pacing,
            speed=speed,
            evenness=_EVENNESS if speed >= _FAST else 0.0,
            next_due=bot.next_due,
            on_refusal=screen.refused,
        )
        return await player.play()


def _workspace(scenario: Scenario, clock: SteppedClock) -> tuple[Workspace, Tokens]:
    """The scenario's people in `general` and `incidents`, and the app in `incidents`."""
    workspace = Workspace(clock)
    for person in scenario.people.values():
        workspace.add_user(person.key, real_name=person.name, title=person.title, tz=person.tz)
    keys = list(scenario.people)
    for channel in ("general", "incidents"):
        workspace.add_channel(channel, members=keys, creator=keys[0])
    app = install_app(workspace, member_of=["incidents"])
    return workspace, Tokens(bot=app.bot_token, app=app.app_token, signing_secret=app.signing_secret)


# what frames the show


def _introduce(console: Console, scenario: Scenario, *, quiet: bool) -> None:
    if quiet:
        return
    console.print(Text(scenario.title, style="bold"))
    begin, end = scenario.starts_at, scenario.ends_at
    console.print(
        Text(
            f"{begin.day} {begin:%B %Y %H:%M} to {end.day} {end:%B %Y %H:%M} UTC, "
            f"{len(scenario.people)} people, {len(scenario.steps)} steps",
            style="dim",
        )
    )


def _facts(scenario: Scenario, workspace: Workspace, result: PlayResult, *, calls: int) -> list[tuple[str, str]]:
    bots = {app.bot_user_id for app in workspace.apps}
    messages = [one for channel in workspace.channels.values() for one in channel.messages.values() if not one.subtype]
    by_bot = sum(one.user in bots for one in messages)
    passed = result.ended_at - scenario.starts_at
    facts = [
        ("the story", f"{_spoken(passed)}, played in {_spoken(timedelta(seconds=round(result.took_real)))}"),
        ("steps", f"{result.steps_done} of {result.steps} done"),
        ("messages", f"{len(messages) - by_bot} by people, {by_bot} by the bot"),
        ("Slack calls", str(calls)),
    ]
    if result.refused:
        facts.append(("refused", f"{len(result.refused)}, see the lines marked ✗"))
    return facts


def _conclude(console: Console, facts: Iterable[tuple[str, str]], results: Iterable[Path]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in facts:
        table.add_row(Text(name, style="dim"), value)
    for number, path in enumerate(results):
        # paths are for copying: never folded
        table.add_row(
            Text("" if number else "results", style="dim"), Text(_shown(path), overflow="ignore", no_wrap=True)
        )
    console.print()
    console.print(table, soft_wrap=True)


def _gathered(transcripts: list[Path]) -> list[Path]:
    """Many pages are shown as their folder."""
    return transcripts if len(transcripts) <= 3 else [transcripts[0].parent]


def _shown(path: Path) -> str:
    """Relative to the working directory where it lies below it."""
    full = path.resolve()
    here = Path.cwd()
    shown = str(full.relative_to(here)) if full.is_relative_to(here) else str(full)
    return shown + os.sep if path.is_dir() else shown


def _spoken(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {seconds % 60:02d} s" if minutes else f"{seconds} s"


def _failed(error: Exception) -> int:
    sys.stderr.write(f"{error}\n")
    return 1
