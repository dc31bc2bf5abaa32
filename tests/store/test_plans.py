"""With years of incidents in the database, what people wait for reads a few rows, not whole tables."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text

from bot.config import IntakeRule
from bot.domain.alert import AlertFacts
from bot.service import alerts, chat
from bot.service.incidents import by_number, live_with_channel, never_read, wanted_again
from bot.slack.messages import facts
from bot.store.tables import Message
from tests.volumes import VOLUMES, fill
from tests.world import World

# Many enough for the planner to tell a search from a scan.
INCIDENTS, MESSAGES_EACH = 2_000, 20


@dataclass
class Watched:
    """The statements that were run, with their values."""

    statements: list[tuple[str, Any]] = field(default_factory=list)


@pytest.fixture
async def years(world: World) -> World:
    """A workspace with one live incident at the end of years of closed ones."""
    await world.declare()
    async with world.bot.desk.database.write() as session:
        await fill(session, world.bot.desk.team_id, incidents=INCIDENTS, messages_each=MESSAGES_EACH)
    return world


async def scans(world: World, watched: Watched) -> list[str]:
    """What the planner would read from beginning to end, of the tables that grow."""
    found = []
    async with world.bot.desk.database.writer.connect() as connection:
        if world.bot.desk.database.shared:  # PostgreSQL does so by itself after a while; nobody does in SQLite
            await connection.execute(text("ANALYZE"))
        for statement, values in watched.statements:
            if not statement.lstrip().upper().startswith(("SELECT", "UPDATE", "WITH")):
                continue
            explain = "EXPLAIN " if world.bot.desk.database.shared else "EXPLAIN QUERY PLAN "
            plan = [" ".join(map(str, row)) for row in await connection.exec_driver_sql(explain + statement, values)]
            found += [
                f"{line.strip()}\n    {statement}"
                for line in plan
                if (hit := re.search(r"Seq Scan on (\w+)|SCAN (\w+)(?! USING COVERING INDEX sqlite)", line))
                and (hit[1] or hit[2]).rstrip("_0123456789") in VOLUMES
            ]
    return found


def watch(world: World) -> Watched:
    watched = Watched()
    for engine in {world.bot.desk.database.writer.sync_engine, world.bot.desk.database.reader.sync_engine}:

        @event.listens_for(engine, "before_cursor_execute")
        def _note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
            if not many:
                watched.statements.append((statement, values))

    return watched


async def test_no_command_and_no_loop_reads_a_large_table_from_beginning_to_end(years: World) -> None:
    watched = watch(years)
    channel = years.workspace.latest_app_channel()
    assert channel is not None
    for command in (
        "list",
        "status",
        "take commander",
        "note It was DNS",
        "update Still looking",
        "priority p2 Calmer",
    ):
        answer = await years.command("ana", command, channel=channel.name)
        assert answer.ok, answer
    ts = await years.say("ben", channel.name, "Lag is falling")
    await years.workspace.add_reaction(user="ana", channel=channel.name, ts=ts, name="pushpin")
    await years.pass_time(minutes=61)  # a prompt is due
    async with years.bot.desk.look() as uow:
        incident = await by_number(uow, 1)
        await facts.card(uow, incident)
        await chat.key_marks(uow, incident.channel_id or "")
        assert await live_with_channel(uow)
        await never_read(uow, since=uow.now - timedelta(days=2))
        await wanted_again(uow)
    async with years.bot.desk.work() as uow:
        for status in ("open", "resolved"):
            told = AlertFacts(key="disk-1", title="The disk is full", status=status, service="disks")
            rules = [IntakeRule(do="attach"), IntakeRule(do="record")]
            how = {"source": "generic", "integration": "monitoring", "rules": rules, "body": {}}
            alert = await alerts.take_in(uow, told, received_at=uow.now, **how)
            alert.incident_id = incident.id
            await alerts.still_open(uow, incident)
    seen = "\n".join(statement for statement, _ in watched.statements)
    for table in (
        "alerts",
        "incidents",
        "outbox",
        "inbox",
        "due_jobs",
        "messages",
        "role_assignments",
        "timeline_entries",
    ):
        assert table in seen, f"nothing was asked of {table}"
    assert not await scans(years, watched)


async def test_a_scan_would_be_noticed(years: World) -> None:
    watched = watch(years)
    async with years.bot.desk.look() as uow:
        await uow.session.execute(select(Message).where(Message.text == "somewhere in all of them"))
    assert {"messages" in line for line in await scans(years, watched)} == {True}
