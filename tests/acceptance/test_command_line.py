"""The command line as a person or a script uses it, with and without a running bot."""

import asyncio
import contextlib
import io
import json
import os
import shutil
from pathlib import Path
from unittest import mock

import aiohttp
import pytest
from sqlalchemy import select

from bot.cli import main
from bot.sandbox import RealClock, SandboxServer, default_workspace
from bot.store.database import Database
from bot.store.tables import Person, Workspace
from tests.acceptance.test_run import room_of
from tests.processes import (
    PATIENCE,
    Control,
    Finished,
    connected,
    controlling,
    environment,
    for_workspace,
    run,
    running,
)

_made: list[Path] = []  # the files of that database, kept for the next test


@pytest.fixture
async def with_an_incident(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A database in which Ana's INC-1 has been resolved; the bot is no longer running."""
    if not _made:
        made = tmp_path_factory.mktemp("made")
        await _resolve_an_incident(made)
        _made.extend(made.glob("bot.db*"))
    for file in _made:
        shutil.copy(file, tmp_path / file.name)
    return for_workspace("http://127.0.0.1:9/api/", tmp_path / "bot.db")


async def _resolve_an_incident(folder: Path) -> None:
    async with (
        SandboxServer(default_workspace(RealClock()), ack_within=PATIENCE) as server,
        controlling(server.control_url) as control,
        connected(env=for_workspace(server.base_url, folder / "bot.db"), cwd=folder) as bot,
    ):
        await control.command("declare p1 Checkout returns 503")
        name = await room_of(control)
        await control.do("message", channel=name, user="ana", text="Rolled back the deploy")
        await control.do("idle")
        answer = await control.command("resolve Error rate is back to 0.1 %", channel=name)
        assert answer["ok"]

        async def handed_in() -> bool:
            return any(one["files"] for one in await control.messages(name))

        await control.until(handed_in)
        assert await bot.end() == 0


async def told(*arguments: str | Path, env: dict[str, str], cwd: Path) -> Finished:
    """`incident-bot ARGUMENTS` within this process: a program takes longer to start than most verbs to answer."""

    def answer() -> Finished:
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, env, clear=True),
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                code = main([str(word) for word in arguments])
            except SystemExit as ended:
                code = int(ended.code or 0)
        return Finished(code=code, out=out.getvalue().rstrip("\n"), err=err.getvalue().rstrip("\n"))

    return await asyncio.to_thread(answer)


async def test_check_config_counts_what_is_there(tmp_path: Path) -> None:
    finished = await run("check-config", env=environment(), cwd=tmp_path)
    assert (finished.code, finished.err) == (0, "")
    assert "is in order: 4 priorities, 3 roles, 5 categories" in finished.out


async def test_migrate_says_whether_it_did_anything(env: dict[str, str], tmp_path: Path) -> None:
    for expected in ("now has schema", "already"):
        finished = await run("migrate", env=env, cwd=tmp_path)
        assert finished.code == 0, finished.err
        assert expected in finished.out


async def test_what_is_erased_is_in_no_file_any_more(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    env, secret = with_an_incident, b"Rolled back the deploy"

    def kept() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("bot.db*"))

    exported = await told("export", "INC-1", env=env, cwd=tmp_path)
    [ts] = [one["ts"] for one in json.loads(exported.out)["messages"]]
    assert secret in kept()
    erasing = ("erase", "INC-1", "--as", "@ana", "--reason", "It named a customer")
    for more, code in ((("--message", "yesterday"), 2), ((), 2), (("--person", "@nobody"), 1)):
        assert (await told(*erasing, *more, env=env, cwd=tmp_path)).code == code
    link = f"https://example.slack.com/archives/C012AB3CD/p{ts.replace('.', '')}"
    finished = await told(*erasing, "--message", link, env=env, cwd=tmp_path)
    assert (finished.code, finished.err) == (0, "")
    assert "Erased 1 message from the record of INC-1. I can't reach Slack" in finished.out
    assert secret not in kept()
    document = await told("postmortem", "INC-1", env=env, cwd=tmp_path)
    assert "It named a customer" in document.out
    again = await told(*erasing, "--message", ts, env=env, cwd=tmp_path)
    assert (again.code, again.out) == (1, "")
    assert f"INC-1 has no message {ts} on record" in again.err


async def test_who_has_left_can_be_erased_and_erases_nobody(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    env = with_an_incident
    database = Database(env["DATABASE_URL"])
    async with database.write() as session:
        [ana] = await session.scalars(select(Person).where(Person.handle == "ana"))
        ana.deleted = True
        others = {"U0ZOE": ("zoe", "Zoe Ward", False), "U0BEFORE": ("ana", "Anna Roe", True)}
        for user_id, (handle, name, deleted) in others.items():
            person = Person(team_id=ana.team_id, user_id=user_id, handle=handle, name=name, tz="UTC", deleted=deleted)
            session.add(person)
    await database.close()
    erasing = ("erase", "INC-1", "--reason", "They asked for it")
    refused = {
        ("--as", ana.user_id, "--person", "@zoe"): "Ana Torres has left the workspace",
        (
            "--as",
            "@zoe",
            "--person",
            "@ana",
        ): f"2 people go by @ana: {ana.user_id} (Ana Torres, who has left), U0BEFORE",
        ("--as", "@zoe", "--person", "@nobody"): "I have not met @nobody yet",
        ("--as", "@zoe", "--person", ""): "I have not met",
        ("--as", "U0NOBODY", "--person", "@zoe"): "I have not met U0NOBODY yet",
        ("--as", "@zoe", "--person", "U0NOBODY"): "nothing to erase in INC-1",
    }
    for words, why in refused.items():
        finished = await told(*erasing, *words, env=env, cwd=tmp_path)
        assert (finished.code, finished.out) == (1, "")
        assert why in finished.err
    finished = await told(*erasing, "--as", "<@U0ZOE|zoe>", "--person", ana.user_id, env=env, cwd=tmp_path)
    assert (finished.code, finished.err) == (0, "")
    assert "from the record of INC-1. Its title, service and category stay. I can't reach" in finished.out
    again = await told(*erasing, "--as", "U0ZOE", "--person", ana.user_id, env=env, cwd=tmp_path)
    assert "nothing to erase in INC-1, or it is erased already" in again.err
    asked = await told("note", "INC-1", "?", "--as", "<@U0ZOE|zoe>", env=env, cwd=tmp_path)
    assert asked.err.endswith("--as '<@U0ZOE|zoe>'")


async def test_where_several_workspaces_share_a_database_the_one_that_is_meant_is_named(
    with_an_incident: dict[str, str], tmp_path: Path
) -> None:
    env = with_an_incident
    database = Database(env["DATABASE_URL"])
    async with database.write() as session:
        [ours] = await session.scalars(select(Workspace))
        other = Workspace(
            team_id="T0GLOBEX", name="Globex", url="https://globex.slack.com/", bot_user_id="U0BOT", bot_id="B0BOT"
        )
        session.add(other)
    await database.close()
    both = f"{other.team_id} (Globex)", f"{ours.team_id} ({ours.name})"
    for words in (["list"], ["postmortem", "INC-1"], ["export", "INC-1"], ["inbox"], ["list", "--team", "initech"]):
        finished = await told(*words, env=env, cwd=tmp_path)
        assert (finished.code, finished.out) == (1, "")
        assert finished.err.startswith(
            "incident-bot: There's no workspace “initech”"
            if "--team" in words
            else "incident-bot: The database holds several workspaces. Say which one with --team: "
        )
        assert all(one in finished.err for one in both)
    for name in (ours.team_id, ours.name.lower()):
        finished = await told("timeline", "INC-1", "--team", name, env=env, cwd=tmp_path)
        assert "Declared as P1" in finished.out, finished
    for name in ("Globex", "globex.slack.com", "https://globex.slack.com"):
        finished = await told("list", "--team", name, env=env, cwd=tmp_path)
        assert "No incident is open" in finished.out, finished


async def test_postmortem_and_export(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    document = tmp_path / "out" / "postmortem.md"
    finished = await run("postmortem", "INC-1", "--format", "md", "-o", document, env=with_an_incident, cwd=tmp_path)
    assert (finished.code, finished.out, finished.err) == (0, "", "")
    assert document.stat().st_mode & 0o077 == 0, "other users of the machine have no business in it"
    text = document.read_text(encoding="utf-8")
    assert "Checkout returns 503" in text
    assert "Error rate is back to 0.1" in text

    data = tmp_path / "incident.json"
    finished = await run("postmortem", "INC-1", "--format", "json", "-o", data, env=with_an_incident, cwd=tmp_path)
    assert (finished.code, finished.err) == (0, "")
    record = json.loads(data.read_text(encoding="utf-8"))
    assert (record["schema"], record["incident"]["status"]) == (1, "resolved")
    assert [one["text"] for one in record["messages"]] == ["Rolled back the deploy"]
    assert record["measures"]["to_resolve"] >= 0

    shown = await run("export", "1", env=with_an_incident, cwd=tmp_path)
    assert json.loads(shown.out) == record
    shown = await run("postmortem", "INC-1", env=with_an_incident, cwd=tmp_path)
    assert shown.out.rstrip("\n") == text.rstrip("\n")


async def test_what_cannot_be_written_is_one_sentence(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    finished = await told("export", "INC-1", "-o", tmp_path, env=with_an_incident, cwd=tmp_path)
    assert finished.code == 1
    assert finished.err.startswith("incident-bot: ")
    assert "cannot be written" in finished.err
    assert "Traceback" not in finished.err


async def test_reading_verbs(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    status = await told("status", "INC-1", env=with_an_incident, cwd=tmp_path)
    assert status.code == 0, status.err
    assert "resolved" in status.out
    assert "<@" not in status.out, "people by name, not by Slack's ids"
    machine = await told("status", "INC-1", "--json", env=with_an_incident, cwd=tmp_path)
    assert json.loads(machine.out) == {"ok": True, "text": status.out}
    listed = await told("list", env=with_an_incident, cwd=tmp_path)
    assert listed.code == 0, listed.err
    aside = await told("inbox", env=with_an_incident, cwd=tmp_path)
    assert (aside.code, aside.out.strip()) == (0, "Nothing was set aside.")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no-such-verb",),
        ("postmortem",),
        ("postmortem", "yesterday"),
        ("postmortem", "INC-1", "--format", "pdf"),
        ("run", "--http", "3000"),
        ("run", "--http", "0.0.0.0:99999"),
        ("demo", "--speed", "0"),
        ("sandbox", "--port", "http"),
    ],
)
async def test_wrong_usage_is_2_with_a_line_on_usage(arguments: tuple[str, ...], tmp_path: Path) -> None:
    finished = await told(*arguments, env=environment(), cwd=tmp_path)
    assert (finished.code, finished.out) == (2, "")
    assert finished.err.startswith("usage: incident-bot")


REFUSED = (
    ("postmortem", "INC-99"),
    ("export", "INC-99"),
    ("status", "INC-99"),
    ("note", "INC-99", "lost", "--as", "@ana"),
    ("note", "INC-1", "nobody says so"),
    ("note", "INC-1", "a stranger", "--as", "@nobody"),
    ("priority", "INC-1", "p9", "--as", "@ana"),
    ("declare", "--as", "@ana"),
)


async def test_what_is_refused_is_1_with_a_sentence(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    for arguments in REFUSED:
        finished = await told(*arguments, env=with_an_incident, cwd=tmp_path)
        assert (finished.code, finished.out) == (1, ""), arguments
        assert finished.err.startswith("incident-bot: "), arguments
        assert "Traceback" not in finished.err, arguments
        assert "&amp;" not in finished.err, arguments


async def test_a_question_shows_what_to_type_instead(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    finished = await told("declare", "private payroll", "leak", "--as", "@ana", env=with_an_incident, cwd=tmp_path)
    assert finished.code == 1
    assert "Should this be private?" in finished.err
    assert "incident-bot declare 'private:yes :: private payroll leak' --as @ana" in finished.err
    finished = await told("list", "closed", env=with_an_incident, cwd=tmp_path)
    assert finished.code == 1
    assert finished.err.rstrip().endswith("incident-bot list")


async def test_nothing_that_people_wrote_steers_the_terminal(with_an_incident: dict[str, str], tmp_path: Path) -> None:
    words = "\x1b[31mred\x9b2J \u202eturned"
    noted = await run("note", "INC-1", words, "--as", "@ana", env=with_an_incident, cwd=tmp_path)
    assert noted.code == 0, noted.err
    for arguments in (
        ("timeline", "INC-1"),
        ("postmortem", "INC-1"),
        ("export", "INC-1"),
        ("status", "INC-1", "--json"),
        ("list",),
    ):
        shown = await told(*arguments, env=with_an_incident, cwd=tmp_path)
        assert shown.code == 0, shown.err
        assert not set("\x1b\x9b\u202e") & set(shown.out), arguments
    record = json.loads((await told("export", "INC-1", env=with_an_incident, cwd=tmp_path)).out)
    assert any(one["text"] == words for one in record["timeline"]), "the record itself is exact"


async def test_verbs_before_the_first_start_say_what_to_do(env: dict[str, str], tmp_path: Path) -> None:
    finished = await told("list", env=env, cwd=tmp_path)
    assert finished.code == 1
    assert "incident-bot run" in finished.err


async def test_help_and_version(tmp_path: Path) -> None:
    shown = await run("--help", env=environment(), cwd=tmp_path)
    assert shown.code == 0
    for verb in ("run", "demo", "sandbox", "check-config", "migrate", "postmortem", "export", "declare", "resolve"):
        assert verb in shown.out
    assert (await run("--version", env=environment(), cwd=tmp_path)).out.startswith("incident-bot ")


async def test_sandbox_tells_its_address_and_ends_when_asked(tmp_path: Path) -> None:
    async with running("sandbox", "--port", "0", env=environment(), cwd=tmp_path) as sandbox:
        line = (await sandbox.line("Speak and click at ")).split()
        async with controlling(line[4]) as control:
            state = await control.state()
            assert {"general", "incidents"} <= {one["name"] for one in state["channels"]}
        base = (await sandbox.line("  SLACK_API_URL=")).split()[0].partition("=")[2]
        async with aiohttp.ClientSession() as session, session.post(f"{base}auth.test") as reply:
            assert (await reply.json())["error"] == "not_authed"
        assert await sandbox.end(within=5) == 0
        assert sandbox.err == []


async def test_sandbox_on_a_port_that_is_taken(control: Control, tmp_path: Path) -> None:
    port = control.url.split(":")[2].split("/")[0]
    finished = await run("sandbox", "--port", port, env=environment(), cwd=tmp_path)
    assert finished.code == 1
    assert f"Port {port} cannot be used" in finished.err
