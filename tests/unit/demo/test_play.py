"""The whole demo, with a little bot in place of the real one."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bot.demo.play import DATABASE, DEFAULT_SCENARIO, play
from tests.unit.demo.little_bot import start_little_bot


def a_console() -> Console:
    return Console(file=io.StringIO(), width=100, highlight=False, markup=False)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_the_github_incident_plays_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    console = a_console()

    code = await play(
        scenario_path=DEFAULT_SCENARIO,
        speed=0,
        out=tmp_path / "out",
        quiet=False,
        start_bot=start_little_bot,
        console=console,
    )

    shown = printed(console)
    assert code == 0
    assert "✗" not in shown
    assert "246 of 246 done" in shown
    assert "out/INC-1/postmortem.md" in shown
    assert str(tmp_path) not in shown
    pages = {page.name for page in (tmp_path / "out" / "transcript").iterdir()}
    assert pages == {"general.md", "incidents.md", "inc-1-database-topology.md", "dm-ana.md"}


async def test_a_second_run_begins_with_a_fresh_database_and_a_given_one_is_left_alone(tmp_path: Path) -> None:
    scenario = tmp_path / "short.yaml"
    scenario.write_text(
        "title: Short\nstarts_at: 2018-10-21T22:52:00Z\npeople:\n  ana: {name: Ana Torres}\n"
        'steps:\n  - {at: "00:01", by: ana, in: general, say: Hi}\n',
        encoding="utf-8",
    )
    database = tmp_path / DATABASE

    for given, left in ((None, False), ("sqlite+aiosqlite:///elsewhere.db", True)):
        database.write_text("from an earlier run", encoding="utf-8")
        console = a_console()
        code = await play(
            scenario_path=scenario,
            speed=0,
            out=tmp_path,
            quiet=True,
            start_bot=start_little_bot,
            database_url=given,
            console=console,
        )
        assert code == 0
        assert database.exists() is left
        assert "Ana Torres" not in printed(console)


async def test_a_scenario_with_mistakes_is_refused_with_all_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "bad.yaml"
    scenario.write_text("title: Bad\nsteps: []\n", encoding="utf-8")

    code = await play(scenario_path=scenario, speed=0, out=tmp_path, quiet=True, start_bot=start_little_bot)

    said = capsys.readouterr()
    assert code == 1
    assert said.err.count("bad.yaml:") == 3
    assert not said.out


async def test_a_story_that_cannot_go_on_says_at_which_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "early.yaml"
    scenario.write_text(
        "title: Early\nstarts_at: 2018-10-21T22:52:00Z\npeople:\n  ana: {name: Ana Torres}\n"
        'steps:\n  - {at: "00:01", by: ana, in: incident, say: Hi}\n',
        encoding="utf-8",
    )

    code = await play(
        scenario_path=scenario, speed=0, out=tmp_path, quiet=True, start_bot=start_little_bot, console=a_console()
    )

    assert code == 1
    assert "early.yaml:6: step 1: there is no incident's channel" in capsys.readouterr().err
