"""What keeps the bot from starting is said in one sentence, with what to do about it."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from aiohttp import web

from bot.resources import packaged
from bot.sandbox import RealClock, SandboxServer, default, default_workspace
from tests.processes import Finished, environment, for_workspace, run

SENTENCE = "incident-bot: "


def sentences(finished: Finished) -> list[str]:
    """What standard error says, after checking that it is fit for a person's eyes."""
    assert finished.code == 1, finished
    said = finished.out + finished.err
    assert "Traceback" not in said
    for token in ("xoxb-", "xapp-"):
        # The beginnings are named to tell the kinds apart; what follows is the secret.
        assert not any(word.startswith(token) and len(word) > len(token) for word in said.replace(".", " ").split())
    logged = [line for line in finished.err.splitlines() if not line.startswith(SENTENCE)]
    assert all(" INFO " in line for line in logged), logged
    return [line.removeprefix(SENTENCE) for line in finished.err.splitlines() if line.startswith(SENTENCE)]


async def test_missing_tokens_are_all_named_at_once(tmp_path: Path) -> None:
    said = sentences(await run("run", env=environment(), cwd=tmp_path))
    assert [line.split(" is not set")[0] for line in said] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]
    assert "OAuth & Permissions" in said[0]
    assert "connections:write" in said[1]


async def test_http_mode_asks_for_the_signing_secret_instead(tmp_path: Path) -> None:
    said = sentences(await run("run", "--http", "127.0.0.1:0", env=environment(), cwd=tmp_path))
    assert [line.split(" is not set")[0] for line in said] == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]


async def test_tokens_of_the_wrong_kind_are_told_apart(tmp_path: Path) -> None:
    swapped = environment(SLACK_BOT_TOKEN="xapp-1-A1-secret", SLACK_APP_TOKEN="xoxb-1-secret")
    said = sentences(await run("run", env=swapped, cwd=tmp_path))
    assert len(said) == 2
    assert "must begin with xoxb-" in said[0]
    assert "must begin with xapp-" in said[1]


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_token_that_slack_does_not_know_is_named(env: dict[str, str], tmp_path: Path, name: str) -> None:
    wrong = {**env, name: env[name].replace("test-token", "somebody-elses")}
    assert sentences(await run("run", env=wrong, cwd=tmp_path)) == [
        f"Slack doesn't accept {name} (invalid_auth). Copy it again from your app's settings."
    ]


async def test_a_missing_scope_is_named(tmp_path: Path) -> None:
    workspace = default_workspace(RealClock())
    workspace.apps[0].scopes -= {"pins:write", "users:read"}
    async with SandboxServer(workspace) as server:
        [said] = sentences(await run("run", env=for_workspace(server.base_url, tmp_path / "bot.db"), cwd=tmp_path))
    assert "pins:write, users:read" in said
    assert "install the app to the workspace again" in said


async def test_a_database_whose_folder_does_not_exist(server: SandboxServer, tmp_path: Path) -> None:
    env = for_workspace(server.base_url, tmp_path / "nowhere" / "bot.db")
    for verb in ("run", "migrate", "list"):
        finished = await run(verb, env=env, cwd=tmp_path)
        # Not through `sentences`: now and then aiosqlite's thread outlives the event loop and complains about that.
        said = [line for line in finished.err.splitlines() if line.startswith(SENTENCE)]
        assert finished.code == 1
        assert len(said) == 1
        assert "nowhere/bot.db cannot be opened" in said[0]


async def test_a_database_of_a_newer_version_is_left_alone(env: dict[str, str], tmp_path: Path) -> None:
    await run("migrate", env=env, cwd=tmp_path)
    _write(tmp_path / "bot.db", "UPDATE alembic_version SET version_num = '9999'")
    for verb in ("run", "migrate", "list"):
        [said] = sentences(await run(verb, env=env, cwd=tmp_path))
        assert "newer than" in said
        assert "Install the newer incident-bot" in said


async def test_a_database_address_of_no_known_kind(env: dict[str, str], tmp_path: Path) -> None:
    [said] = sentences(await run("run", env={**env, "DATABASE_URL": "mysql or so"}, cwd=tmp_path))
    assert said.startswith("DATABASE_URL is not an address that I can use")


@pytest.mark.parametrize("verb", ["run", "check-config"])
async def test_a_broken_configuration_has_every_place_named(env: dict[str, str], tmp_path: Path, verb: str) -> None:
    text = packaged("config.yaml").read_text(encoding="utf-8")
    broken = text.replace("update_every: 30m", "update_every: soon").replace("asked_role: comms_lead", "asked_role: me")
    (tmp_path / "config.yaml").write_text(broken, encoding="utf-8")
    said = sentences(await run(verb, env=env, cwd=tmp_path))
    assert len(said) == 2
    assert said[0].startswith("config.yaml: priorities.p1.update_every: ")
    assert said[1].startswith("config.yaml: updates.asked_role: ")


@pytest.mark.parametrize("verb", ["run", "check-config"])
async def test_a_configuration_that_is_no_yaml_has_its_line_named(
    env: dict[str, str], tmp_path: Path, verb: str
) -> None:
    (tmp_path / "config.yaml").write_text("priorities:\n  p1: {name: Critical\n", encoding="utf-8")
    [said] = sentences(await run(verb, env=env, cwd=tmp_path))
    assert said.startswith("config.yaml:3: is not valid YAML")


@pytest.mark.parametrize("verb", ["run", "check-config"])
async def test_a_broken_runbook_is_named(env: dict[str, str], tmp_path: Path, verb: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "printer-on-fire.yaml").write_text("title: Printer on fire\nsteps: at once\n", "utf-8")
    text = packaged("config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text + "runbooks: ./mine\n", encoding="utf-8")
    said = sentences(await run(verb, env=env, cwd=tmp_path))
    assert said
    assert all("printer-on-fire.yaml: " in line for line in said)


async def test_slack_that_cannot_be_reached(env: dict[str, str], tmp_path: Path) -> None:
    nobody = {**env, "SLACK_API_URL": f"http://127.0.0.1:{await _free_port()}/api/"}
    [said] = sentences(await run("run", env=nobody, cwd=tmp_path))
    assert "cannot be reached" in said
    assert nobody["SLACK_API_URL"] in said


async def test_a_port_that_is_taken(env: dict[str, str], tmp_path: Path, server: SandboxServer) -> None:
    taken = server.origin.rpartition(":")[2]
    [said] = sentences(await run("run", "--http", f"127.0.0.1:{taken}", env=env, cwd=tmp_path))
    assert f"127.0.0.1:{taken} cannot be used" in said


async def test_something_else_than_slack_at_the_address(env: dict[str, str], tmp_path: Path) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<h1>Welcome</h1>", content_type="text/html")

    site = web.Application()
    site.router.add_route("*", "/{any:.*}", page)
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
        [said] = sentences(await run("run", env={**env, "SLACK_API_URL": url}, cwd=tmp_path))
    finally:
        await runner.cleanup()
    assert "auth.test" in said or "cannot be reached" in said


async def _free_port() -> int:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


def _write(path: Path, statement: str) -> None:
    database = sqlite3.connect(path)
    try:
        with database:
            database.execute(statement)
    finally:
        database.close()


def test_the_tokens_of_these_tests_are_the_documented_ones() -> None:
    assert (default.BOT_TOKEN, default.APP_TOKEN) == ("xoxb-test-token", "xapp-test-token")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "postgresql://bot:hunter2@host:notaport/db", "DATABASE_URL is not an address"),
        ("SLACK_BOT_TOKEN", "xoxb-test\ntoken", "SLACK_BOT_TOKEN holds a space, a line break"),
        ("SLACK_APP_TOKEN", "xapp-test tok\u00e9n", "SLACK_APP_TOKEN holds a space, a line break"),
        ("SLACK_API_URL", "https://me:hunter2@slack.com/api/", "SLACK_API_URL holds a user or a password"),
        ("SLACK_API_URL", "https://slack.com:notaport/api/", "SLACK_API_URL is not an address"),
        ("SLACK_API_URL", "slack.com/api", "SLACK_API_URL is not an address"),
    ],
)
async def test_a_value_that_cannot_be_used_is_named_and_not_repeated(
    env: dict[str, str], tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    finished = await run("run", env={**env, name: value}, cwd=tmp_path)
    assert finished.code == 1
    assert "Traceback" not in finished.err
    assert [line for line in finished.err.splitlines() if sentence in line]
    assert "hunter2" not in finished.err


async def test_yaml_without_a_bottom_is_a_sentence(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("[" * 100_000, encoding="utf-8")
    finished = await run("check-config", env=env, cwd=tmp_path)
    assert finished.code == 1
    assert "config.yaml: is nested too deeply" in finished.err
    assert "Traceback" not in finished.err
