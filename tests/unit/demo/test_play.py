"""The whole demo, with a little bot in place of the real one."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bot.demo.outputs import DATABASE, MANIFEST
from bot.demo.play import DEFAULT_SCENARIO, play
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


async def play_short(folder: Path, *, out: Path | None = None, database_url: str | None = None) -> tuple[int, str]:
    scenario = folder / "short.yaml"
    scenario.write_text(
        "title: Short\nstarts_at: 2018-10-21T22:52:00Z\npeople:\n  ana: {name: Ana Torres}\n"
        'steps:\n  - {at: "00:01", by: ana, in: general, say: Hi}\n',
        encoding="utf-8",
    )
    console = a_console()
    code = await play(
        scenario_path=scenario,
        speed=0,
        out=out or folder,
        quiet=True,
        start_bot=start_little_bot,
        database_url=database_url,
        console=console,
    )
    return code, printed(console)


def files_in(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("short.yaml", MANIFEST)
    }


async def test_a_second_run_takes_the_place_of_the_first_and_of_nothing_else(tmp_path: Path) -> None:
    theirs = {
        "incident-bot.db": "production's record",
        "incident-bot.db-wal": "and what is not in it yet",
        "INC-1/notes.txt": "mine",
        "notes.md": "mine as well",
    }
    for name, text in theirs.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert (await play_short(tmp_path))[0] == 0
    made = {name: text for name, text in files_in(tmp_path).items() if name not in theirs}
    assert set(made) == {"INC-1/postmortem.md", "transcript/general.md", "transcript/incidents.md"}
    for left in (DATABASE, f"{DATABASE}-wal"):  # the little bot has none
        (tmp_path / left).write_text("from the first run", encoding="utf-8")
    (tmp_path / MANIFEST).write_text("\n".join([*made, DATABASE, f"{DATABASE}-wal"]), encoding="utf-8")

    code, shown = await play_short(tmp_path)
    assert code == 0
    assert "Ana Torres" not in shown
    assert files_in(tmp_path) == {**theirs, **made}


@pytest.mark.parametrize("theirs", [DATABASE, "transcript/general.md", "INC-7/postmortem.md", "INC-1/incident.json"])
async def test_what_somebody_else_has_put_where_the_demo_would_write_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], theirs: str
) -> None:
    (tmp_path / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / theirs).write_text("somebody's", encoding="utf-8")
    assert (await play_short(tmp_path))[0] == 1
    assert f"{tmp_path / theirs} is in the way" in capsys.readouterr().err
    assert files_in(tmp_path) == {theirs: "somebody's"}


async def test_a_manifest_reaches_nothing_outside_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("somebody's", encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    (out / MANIFEST).write_text(f"../precious.txt\n{tmp_path}/precious.txt\n", encoding="utf-8")
    assert (await play_short(tmp_path, out=out))[0] == 0
    assert (tmp_path / "precious.txt").read_text(encoding="utf-8") == "somebody's"


async def test_with_a_database_elsewhere_the_folder_needs_none(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_text("somebody's", encoding="utf-8")
    assert (await play_short(tmp_path, database_url="sqlite+aiosqlite:///elsewhere.db"))[0] == 0
    assert (tmp_path / DATABASE).read_text(encoding="utf-8") == "somebody's"


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
