"""The guide for running the bot: its commands, settings, numbers and files are those of the bot."""

import argparse
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from bot import application, health
from bot.cli.arguments import parser
from bot.config import DEFAULT_DATABASE_URL, Environment, SocketMode
from bot.delivery import dispatcher
from bot.errors import StoreError
from bot.intake import applier
from bot.metrics import REGISTRY
from bot.service import due
from bot.slack.outbound import gateway
from bot.store import database, depths, purge
from bot.store.base import Base
from bot.web.slack_http import PATH
from tests.processes import PROGRAM
from tests.scenario.test_monitoring import NAMES
from tests.world import World

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "operations"
GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
# What each row of "What happens when" rests on: tests that fail where it is no longer so.
HELD_BY = {
    "Slack is away": [
        "scenario/test_bad_input.py::test_an_outage_of_slack_delays_and_loses_nothing",
        "scenario/test_backfill.py::test_messages_threads_edits_marks_and_deletions_of_a_downtime_are_read",
        "acceptance/test_run.py::test_the_bot_ends_and_says_why_when_slack_stays_away",
        "acceptance/test_refused_start.py::test_slack_that_cannot_be_reached",
    ],
    "the database is away": [
        "acceptance/test_monitor.py::test_without_its_database_it_is_not_ready_but_lives_and_is_ready_again_afterwards",
        "scenario/test_backfill.py::test_what_slack_gave_up_on_in_an_outage_is_read_when_it_is_over",
        "store/test_migrations.py::test_a_server_that_is_not_there_is_a_sentence_without_the_password",
    ],
    "the process or the machine dies": [
        "acceptance/test_run.py::test_a_killed_bot_is_taken_up_where_it_died",
        "scenario/test_lifecycle.py::test_a_declaration_that_was_cut_off_is_finished_by_the_next_start",
        "store/test_transactions.py::test_a_replica_that_stops_in_a_transaction_holds_its_locks_for_seconds",
    ],
    "the clock is wrong": [
        "scenario/test_outbox.py::test_a_clock_that_was_ahead_and_is_set_right_holds_nothing_up",
        "acceptance/test_http_mode.py::test_what_is_not_signed_by_slack_just_now_is_refused",
    ],
    "the bot's token is revoked": [
        "scenario/test_outbox.py::test_what_was_promised_is_sent_when_there_is_a_good_token_again",
        "acceptance/test_refused_start.py::test_a_token_that_slack_does_not_know_is_named",
    ],
    "a scope is missing": [
        "acceptance/test_refused_start.py::test_a_missing_scope_is_named",
        "unit/test_operations.py::test_what_needs_a_missing_scope_is_refused_for_good",
    ],
    "a live incident's channel is archived": [
        "scenario/test_channels.py::test_what_the_bot_has_to_say_waits_until_the_channel_is_open_again"
    ],
    "Slack asks to wait (429)": [
        "scenario/test_bad_input.py::test_the_rate_limit_delays_and_loses_nothing",
        "scenario/test_outbox.py::test_a_retry_after_holds_its_method_and_nothing_else",
    ],
}


def section(heading: str) -> str:
    """The text below a heading, to the next one of its rank or above."""
    rank = len(heading) - len(heading.lstrip("#"))
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{rank}}} |\Z)", GUIDE, re.DOTALL | re.MULTILINE)
    assert found is not None, heading
    return found[1]


def blocks(text: str, language: str = "sh") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def rows(heading: str, first: str) -> dict[str, list[str]]:
    """The table below the heading whose first column is called so: {first cell: the other cells}."""
    table = re.search(rf"^\| {re.escape(first)} \|.*\n\|[ -|]+\n((?:\|.*\n)+)", section(heading), re.MULTILINE)
    assert table is not None, first
    cells = [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in table[1].splitlines()]
    return {line[0].strip("|` "): line[1:] for line in cells}


def read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def unit_settings() -> dict[str, str]:
    """The unit's settings; of one that occurs twice the last."""
    lines = [line for line in read("incident-bot.service").splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(read("compose.yaml"))
    return found


def replicas() -> dict[str, dict[str, Any]]:
    return {name: one for name, one in compose()["services"].items() if one["image"] == "incident-bot"}


def instructions(name: str) -> list[str]:
    """What stands behind this instruction, wherever the Dockerfile has it."""
    whole = read("Dockerfile").replace("\\\n", " ")
    return re.findall(rf"^ *{name} +(.*)$", whole, re.MULTILINE)


def container_command() -> argparse.Namespace:
    assert yaml.safe_load(instructions("ENTRYPOINT")[0]) == ["incident-bot"]
    return parser().parse_args(yaml.safe_load(instructions("CMD")[-1]))


def every_command() -> Iterator[list[str]]:
    """The words behind `incident-bot`, wherever the guide types it."""
    in_blocks = [line for block in blocks(GUIDE) for line in block.splitlines()]
    in_text = re.findall(r"`(incident-bot [^`]+)`", GUIDE)
    for line in [*in_blocks, *in_text]:
        if line.startswith("incident-bot "):
            yield shlex.split(line)[1:]


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_of_the_guide_is_understood(words: list[str]) -> None:
    assert callable(parser().parse_args(words).handle)


def test_every_setting_and_variable_that_the_guide_names_exists() -> None:
    named = set(re.findall(r"`socket_mode\.([a-z_]+)`", GUIDE))
    assert named
    assert named <= set(SocketMode.model_fields)
    variables = set(re.findall(r"\b(?:SLACK_[A-Z_]+|DATABASE_URL|LOG_[A-Z]+|INCIDENT_BOT_[A-Z]+)\b", GUIDE))
    assert variables <= environment_variables()


def environment_variables() -> set[str]:
    """All that the bot reads."""
    asked: set[str] = set()

    class Watching(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    Environment.read(Watching())
    return asked


def test_the_environment_files_are_understood() -> None:
    lines = [line for line in read("environment.example").splitlines() if not line.startswith("#")]
    values = {name: shlex.split(value)[0] for name, value in (line.split("=", 1) for line in lines)}
    assert set(values) <= environment_variables()
    assert values["LOG_FORMAT"] in ("text", "json")
    assert make_url(values["DATABASE_URL"]).database == f"{unit_settings()['WorkingDirectory']}/incident-bot.db"
    [line] = blocks(section("## PostgreSQL"), "ini")
    url = make_url(shlex.split(line.split("=", 1)[1])[0])
    assert database.Database(url.render_as_string(hide_password=False)).shared
    assert set(url.query) == {"sslmode", "sslrootcert"}
    for one in replicas().values():
        assert set(one["environment"]) <= environment_variables()


def test_every_file_in_the_folder_is_named_and_every_named_one_is_there() -> None:
    told = GUIDE + "".join(read(name) for name in ("Dockerfile", "compose.yaml"))
    files = {path.name for path in FOLDER.iterdir() if not path.name.startswith(".")} - {"tls.pem"}
    assert {name for name in files if name in told} == files
    assert not [word for word in re.findall(r"docs/operations/[\w.-]+", GUIDE) if not (ROOT / word).exists()]


def test_the_unit_runs_a_command_that_exists_and_leaves_time_for_a_stop() -> None:
    settings = unit_settings()
    program, *words = settings["ExecStart"].split()
    assert parser().parse_args(words).monitor == ("127.0.0.1", 9090)
    assert program in read("incident-bot.sh")
    assert int(settings["TimeoutStopSec"]) > application._SECONDS_TO_STOP
    assert int(settings["TimeoutStopSec"]) > gateway._SECONDS_TO_ANSWER, "one at a start waits for Slack's answer"
    assert settings["EnvironmentFile"] in read("incident-bot.sh")
    assert (settings["Restart"], settings["RestartPreventExitStatus"]) == ("on-failure", "2")
    assert f"again after {settings['RestartSec']} s" in GUIDE


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_has_nothing_against_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "incident-bot.service"
    unit.write_text(read("incident-bot.service").replace("/opt/incident-bot/bin/incident-bot", str(PROGRAM)), "utf-8")
    said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@pytest.mark.parametrize("script", [read("incident-bot.sh"), *blocks(GUIDE)], ids=lambda text: text.split("\n", 1)[0])
def test_the_shell_understands_every_block(script: str) -> None:
    said = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_the_image_holds_what_the_lock_files_and_the_wheel_need() -> None:
    copied = " ".join(instructions("COPY")).split()
    needed = {"requirements.lock", "docs/operations/postgres.lock", "pyproject.toml", "README.md", "LICENSE"}
    assert needed | {"bot", "commands", "templates", "runbooks", "config.yaml"} <= set(copied)
    assert all((ROOT / name).exists() for name in needed)
    assert "." not in copied[:-1], "the whole checkout may hold secrets"
    assert all("--require-hashes" in line for line in instructions("RUN") if " -r " in line)
    [user] = instructions("USER")
    assert user != "root"
    assert f"useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin {user}" in " ".join(
        instructions("RUN")
    )


def test_postgres_lock_is_what_the_extra_adds() -> None:
    def pinned(text: str) -> dict[str, set[str]]:
        parts = re.findall(r"^([a-z0-9-]+==\S+)((?:.*\\\n +--hash=\S+)+)", text, re.MULTILINE)
        return {name: set(re.findall(r"sha256:\w+", hashes)) for name, hashes in parts}

    ours, developers = pinned(read("postgres.lock")), pinned((ROOT / "requirements-dev.lock").read_text("utf-8"))
    assert {name.split("==")[0] for name in ours} == {"psycopg", "psycopg-binary"}
    assert {name: developers.get(name) for name in ours} == ours, "copy them anew from requirements-dev.lock"


def test_the_ports_and_paths_of_image_balancer_and_compose_agree() -> None:
    command, balancer = container_command(), read("haproxy.cfg")
    assert (command.http[1], command.monitor[1]) == (3000, 9090)
    assert command.http[0] == command.monitor[0] != "127.0.0.1", "nobody from outside would reach that one"
    assert instructions("EXPOSE")[0].split() == ["3000", "9090"]
    servers = re.findall(r"^ +server (\S+) (\S+):(\d+) check port (\d+) ", balancer, re.MULTILINE)
    assert [(name, host) for name, host, _, _ in servers] == [(name, name) for name in replicas()]
    assert {(int(http), int(monitor)) for _, _, http, monitor in servers} == {(3000, 9090)}
    assert f"unless {{ path {PATH} }} {{ method POST }}" in balancer
    assert f"https://YOUR-HOST{PATH}" in GUIDE
    assert "option httpchk GET /readyz" in balancer
    assert "127.0.0.1:9090/healthz" in instructions("HEALTHCHECK")[0]
    inner = re.search(r"bind :(\d+) ", balancer)
    assert inner is not None
    assert compose()["services"]["balancer"]["ports"] == [f"443:{inner[1]}"]
    assert not any("ports" in one for one in replicas().values()), "the monitor is not published"


def test_the_replicas_of_the_example_may_stop_in_peace_and_share_one_database() -> None:
    assert len(replicas()) == 2
    for one in replicas().values():
        assert int(one["stop_grace_period"].removesuffix("s")) > application._SECONDS_TO_STOP
        assert database.Database(one["environment"]["DATABASE_URL"].replace("${POSTGRES_PASSWORD:?}", "x")).shared
        assert (ROOT / one["build"]["dockerfile"]).exists()
    asked = set(re.findall(r"\$\{(\w+):\?\}", read("compose.yaml")))
    assert asked == {"POSTGRES_PASSWORD", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"}
    assert all(f"`{name}`" in section("## Replicas") for name in asked)


def test_the_numbers_of_the_guide_are_those_of_the_code() -> None:
    most = database._CONNECTIONS + database._MORE_IN_A_RUSH + 1
    assert f"up to {most} connections ({database._CONNECTIONS} usually, {database._MORE_IN_A_RUSH} more" in GUIDE
    assert f"at least {most} for each replica" in GUIDE
    assert application._SECONDS_TO_STOP == 5.0
    assert "A stop takes\nfive seconds at most" in GUIDE
    assert (health._SECONDS_TO_MEND, applier._MOST_ATTEMPTS, due._MOST_ATTEMPTS) == (60.0, 5, 5)
    assert dispatcher._MOST_FAILURES == 6
    assert purge.KEEP.days == 30
    assert "purged after 30 days" in GUIDE


def test_prepared_statements_can_be_switched_off_as_the_guide_says() -> None:
    assert "`prepare_threshold=none`" in section("## PostgreSQL")
    opened = database.Database("postgresql+psycopg://x@127.0.0.1/x?prepare_threshold=none&sslmode=require")
    (_, options) = opened.writer.dialect.create_connect_args(opened.writer.url)
    assert options["sslmode"] == "require"
    assert "prepare_threshold" not in options, "psycopg cannot read it from there"


def test_a_pooled_session_has_the_timeouts_that_the_bot_sets_itself() -> None:
    code = (ROOT / "bot" / "store" / "database.py").read_text(encoding="utf-8")
    in_the_guide = re.findall(r"ALTER ROLE incident_bot (SET \w+ = '\w+');", section("## PostgreSQL"))
    assert in_the_guide == re.findall(r'"(SET \w+ = \'\w+\')"', code)
    assert in_the_guide


def test_every_metric_is_explained_and_every_explained_one_exists() -> None:
    explained = rows("## Monitoring", "metric")
    assert {name.removesuffix("_total") for name in explained} == NAMES
    alerts = {re.search(r"\w+", cells[-1])[0] for cells in explained.values()} - {"none"}  # type: ignore[index]
    told = rows("## Monitoring", "alert")
    assert set(told) == set(rules())
    assert alerts <= set(told)
    assert set(told) - alerts == {"IncidentBotDown"}, "which no metric of the bot's tells"


def rules() -> dict[str, str]:
    """{alert: expression}."""
    [group] = yaml.safe_load(read("alerts.yaml"))["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


def samples() -> set[str]:
    """The names of the series, as Prometheus stores them."""
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
    counted = {family.name: endings[family.type] for family in REGISTRY.collect()}
    return {name + ending for name in NAMES for ending in counted.get(name, [""])}


@pytest.mark.parametrize("alert", list(rules()))
def test_every_alert_asks_for_series_that_there_are(alert: str) -> None:
    expression = rules()[alert]
    assert set(re.findall(r"incident_bot_\w+", expression)) <= samples()
    assert set(re.findall(r'state="(\w+)"', expression)) <= {*depths.INBOX_STATES, *depths.OUTBOX_STATES}
    results = {word for found in re.findall(r'result=~"([^"]+)"', expression) for word in found.split("|")}
    assert results <= {"ok", *gateway._RESULTS.values()}
    if "oldest" in expression or "_items" in expression or "_failed" in expression:
        assert "sum(" not in expression, "the database's numbers are the same on every replica"


def test_every_action_of_the_log_is_explained_and_every_explained_one_exists() -> None:
    explained = {name for cell in rows("## Monitoring", "`action`") for name in re.findall(r"[a-z_]+", cell)}
    code = [path for part in ("bot", "commands") for path in (ROOT / part).rglob("*.py")]
    outside = {"sandbox", "demo"}
    told = "\n".join(path.read_text("utf-8") for path in code if not outside & set(path.relative_to(ROOT).parts))
    assert explained == set(re.findall(r'extra=\{\s*"action": "([a-z_]+)"', told))


def test_the_tables_that_a_restore_touches_have_these_columns() -> None:
    for heading in ("### Restore to SQLite", "### Restore to PostgreSQL"):
        updates = re.findall(r"UPDATE (\w+) SET (\w+) = .*? WHERE (\w+)", section(heading))
        assert [table for table, _, _ in updates] == ["outbox", "counters"]
        for table, *columns in updates:
            assert set(columns) <= set(Base.metadata.tables[table].columns.keys())


def test_every_row_of_what_happens_is_held_by_a_test() -> None:
    assert set(rows("## What happens when", "when")) == set(HELD_BY)
    for tests in HELD_BY.values():
        for one in tests:
            file, _, name = one.partition("::")
            assert f"def {name}(" in (ROOT / "tests" / file).read_text(encoding="utf-8"), one


async def states(world: World) -> dict[str, list[str]]:
    """{step: the states of its items}."""
    table = Base.metadata.tables["outbox"]
    found: dict[str, list[str]] = {}
    async with world.bot.desk.look() as uow:
        for row in await uow.session.execute(table.select().order_by(table.c.id)):
            found.setdefault(row.step, []).append(row.state)
    return found


async def test_what_an_archived_channel_refuses_is_told_once(world: World) -> None:
    channel = await world.declare()
    where = world.workspace.channel(channel).id
    for text in ("The first", "The second"):
        world.server.faults.set({"error": {"method": "chat.postMessage", "error": "is_archived", "count": 1}})
        await world.command("ana", f"note {text}", channel=channel)
    world.server.faults.set({})
    await world.pass_time(minutes=30)
    assert (await states(world))["post"].count("refused") == 2
    assert not [one for one in world.by_bot(channel) if "The first" in one.text], "it is not sent again"
    told = [call for call in world.calls("chat.postMessage") if "the channel is archived; unarchive it" in str(call)]
    assert len(told) == 1
    assert told[0]["channel"] != where
    await world.command("ana", "note The third", channel=channel)
    assert [one for one in world.by_bot(channel) if "The third" in one.text]


async def test_what_needs_a_missing_scope_is_refused_for_good(world: World) -> None:
    world.server.faults.set({"error": {"method": "pins.add", "error": "missing_scope"}})
    await world.declare()
    world.server.faults.set({})
    await world.pass_time(minutes=30)
    assert (await states(world))["pin_card"] == ["refused"]


def test_the_image_keeps_its_record_in_a_volume() -> None:
    """Without DATABASE_URL the file once lay in the container's temporary folder, and went with it."""
    assert instructions("WORKDIR")[-1] == "/data"
    assert instructions("VOLUME") == ["/data"]
    assert any("/data" in one and "--owner=incident-bot" in one for one in instructions("RUN"))
    assert DEFAULT_DATABASE_URL == "sqlite+aiosqlite:///incident-bot.db", "relative to the working directory"
    assert "docker run --volume incident-bot:/data" in GUIDE


def test_a_folder_that_cannot_be_written_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bot.store.database.os.access", lambda *_: False)  # as root everything can be written
    with pytest.raises(StoreError, match=r"cannot be written by this user\. Let it write to .* must be a volume"):
        database.Database(f"sqlite:///{tmp_path / 'bot.db'}")
