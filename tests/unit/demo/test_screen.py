"""The show as text: what a tired responder reads on a terminal."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from bot.demo.screen import Screen, console_for_show
from bot.sandbox import SteppedClock, Workspace, install_app
from bot.sandbox.actions.messages import edit, post
from bot.sandbox.scenario.loader import parse_scenario
from bot.sandbox.scenario.player import Refusal

SCENARIO = parse_scenario(
    """\
title: A little outage
starts_at: 2018-10-21T22:52:00Z
people:
  ana: {name: Ana Torres}
  ben: {name: Ben Okafor}
steps:
  - {at: "00:02", by: ana, in: general, say: Alerts}
  - {at: "24:00", by: ben, in: general, say: Over}
""",
    file="little.yaml",
)


class Show:
    """A workspace in which something happens, and the screen that shows it."""

    def __init__(self, *, width: int = 100, terminal: bool = False, quiet: bool = False) -> None:
        self.clock = SteppedClock(SCENARIO.starts_at.timestamp())
        self.workspace = Workspace(self.clock)
        for name, real_name in (("ana", "Ana Torres"), ("ben", "Ben Okafor")):
            self.workspace.add_user(name, real_name=real_name)
        self.workspace.add_channel("general", members=["ana", "ben"])
        self.app = install_app(self.workspace)
        self.out = io.StringIO()
        console = Console(
            file=self.out, width=width, force_terminal=terminal, highlight=False, markup=False, legacy_windows=False
        )
        self.screen = Screen(console, self.workspace, SCENARIO, quiet=quiet)

    def at(self, elapsed: str) -> "Show":
        hours, minutes, seconds = map(int, elapsed.split(":"))
        self.clock.jump(
            SCENARIO.starts_at.timestamp() + timedelta(hours=hours, minutes=minutes, seconds=seconds).total_seconds()
        )
        return self

    async def says(self, who: str, text: str, *, thread_ts: str | None = None) -> str:
        return await self.workspace.post_message(user=who, channel="general", text=text, thread_ts=thread_ts)

    def bot_says(self, channel: str, text: str) -> str:
        there = self.workspace.channel(channel)
        return post(self.workspace, there, user=self.app.bot_user_id, text=text, app=self.app).ts

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.out.getvalue().splitlines()]


@pytest.fixture
def show() -> Show:
    return Show()


async def test_a_message_is_a_line_with_clock_elapsed_channel_and_name(show: Show) -> None:
    await show.at("0:02:10").says("ana", "Alerts from every *MySQL* cluster, <@U000000001>")
    await show.at("1:10:00").says("ben", "Still going")

    assert show.lines() == [
        "── 21 October 2018 (UTC) ──",
        "22:54:10 +00:02 #general     Ana Torres      Alerts from every MySQL cluster, @U000000001",
        "── 22 October 2018 (UTC) ──",
        "00:02:00 +01:10 #general     Ben Okafor      Still going",
    ]


async def test_a_long_message_ends_after_two_rows_between_two_words(show: Show) -> None:
    await show.says(
        "ana", "Before anyone repairs anything, can we keep automation from making it more interesting? " * 3
    )

    assert show.lines()[1:] == [
        "22:52:00 +00:00 #general     Ana Torres      Before anyone repairs anything, can we keep automation",
        "                                             from making it more interesting? Before anyone …",
    ]


async def test_a_thread_hangs_on_its_arrow(show: Show) -> None:
    parent = await show.says("ana", "Anybody?")
    await show.says(
        "ben", "I'm on call and I'm looking. Databases first, that is where the alerts are.", thread_ts=parent
    )

    assert show.lines()[2:] == [
        "22:52:00 +00:00 #general     Ben Okafor      ↳ I'm on call and I'm looking. Databases first, that",
        "                                               is where the alerts are.",
    ]


async def test_everything_else_that_people_do_is_said_in_a_few_words(show: Show) -> None:
    ts = await show.says("ana", "three clusters")
    await show.workspace.edit_message(user="ana", channel="general", ts=ts, text="five clusters")
    await show.workspace.add_reaction(user="ben", channel="general", ts=ts, name="pushpin")
    await show.workspace.remove_reaction(user="ben", channel="general", ts=ts, name="pushpin")
    await show.workspace.pin_message(user="ben", channel="general", ts=ts)
    await show.workspace.upload_file(user="ben", channel="general", name="lag.txt", text="a\nb")
    await show.workspace.delete_message(user="ana", channel="general", ts=ts)
    show.workspace.add_channel("db-room", members=["ana"], creator="ana")
    await show.workspace.join_channel(user="ben", channel="db-room")
    await show.workspace.leave_channel(user="ben", channel="db-room")

    assert [line[29:] for line in show.lines()[1:]] == [
        "Ana Torres      three clusters",
        "Ana Torres      edited: five clusters",
        "Ben Okafor      📌 on Ana: five clusters",
        "Ben Okafor      took back 📌 on Ana: five clusters",
        "Ben Okafor      pinned Ana: five clusters",
        "Ben Okafor      📎 lag.txt (2 lines)",
        "Ana Torres      deleted a message",
        "Ana Torres      made the channel #db-room",
        "Ben Okafor      joined",
        "Ben Okafor      left",
    ]


async def test_the_bots_doings_can_be_told_from_peoples(show: Show) -> None:
    ana = show.workspace.user("ana").id
    dm = show.workspace.channels.setdefault(
        "D1", show.workspace.channel("general").__class__(id="D1", name="", is_im=True)
    )
    dm.members = [show.app.bot_user_id, ana]
    card = show.bot_says("general", "INC-1 · P1 · declared")
    message = show.workspace.message(show.workspace.channel("general").id, card)
    edit(show.workspace, message, by=show.app.bot_user_id, text="INC-1 · P1 · identified · commander Ben", app=show.app)
    edit(show.workspace, message, by=show.app.bot_user_id, blocks=[], app=show.app)
    show.bot_says("D1", "An update is due")
    show.workspace.show_ephemeral("general", ana, "Only the commander can close it", by=show.app.bot_user_id)

    assert [line[16:] for line in show.lines()[1:]] == [
        "#general     incident-bot    INC-1 · P1 · declared",
        "#general     incident-bot    now reads: INC-1 · P1 · identified · commander Ben",
        "→ Ana        incident-bot    An update is due",
        "#general     incident-bot    only Ana sees this: Only the commander can close it",
    ]


async def test_a_narrow_terminal_gets_first_names_and_no_elapsed_time() -> None:
    show = Show(width=80)
    await show.says("ana", "Alerts")

    assert show.lines()[1] == "22:52:00 #general     Ana      Alerts"


async def test_nothing_that_people_type_is_markup_or_moves_the_cursor(show: Show) -> None:
    await show.says("ana", "[red]danger[/red] \x1b[2J :eyes:")

    assert show.lines()[1].endswith("[red]danger[/red] [2J 👀")


async def test_a_terminal_has_a_bar_with_the_incidents_own_clock_and_a_pipe_has_none(show: Show) -> None:
    terminal = Show(terminal=True)
    for each in (show, terminal):
        with each.screen as screen:
            screen.progress(timedelta(hours=12))
            await each.says("ana", "Halfway")

    assert "\x1b" not in show.out.getvalue()
    assert "10:52:00 UTC +12:00" in terminal.out.getvalue()
    assert "50%" in terminal.out.getvalue()
    assert "Halfway" in terminal.out.getvalue()


async def test_a_quiet_show_prints_refusals_only() -> None:
    show = Show(quiet=True)
    await show.says("ana", "Alerts")
    show.screen.refused(Refusal(step=SCENARIO.steps[1], why="message 'x' was never posted"))

    assert show.lines() == ["✗ little.yaml:8: step 2 was refused: message 'x' was never posted"]


async def test_after_the_show_nothing_more_is_printed(show: Show) -> None:
    with show.screen:
        pass
    await show.says("ana", "Too late")

    assert show.lines() == []


def test_a_pipe_is_as_wide_as_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout", io.StringIO())

    assert console_for_show().width == 100


@pytest.mark.parametrize("variable", ["NO_COLOR"])
async def test_no_color_is_respected(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    show = Show(terminal=True)
    await show.says("ana", "*Alerts*")

    assert "\x1b[3" not in show.out.getvalue()  # bold is no colour
