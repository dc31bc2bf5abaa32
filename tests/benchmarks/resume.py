"""How soon everything that was promised is done after the process that promised it was killed."""

import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import InboxItem, Workspace
from tests.benchmarks.at_work import AtWork, prepared
from tests.benchmarks.figures import Figure
from tests.benchmarks.open_incidents import open_incidents
from tests.databases import Databases
from tests.processes import Program

EVENTS = 500
ITEMS = 20
ROUNDS = 3
RESUMED_WITHIN = 5.0  # seconds
# A replica holds what it was sending for a lease of at most five seconds; then as after a start.
TAKEN_OVER_WITHIN = 5.0 + RESUMED_WITHIN
# Items that are being sent when the process dies; the others wait behind them. Fewer than the bot sends at once, so
# that there is room for its answers.
_BEING_SENT = 15
_FOR_EVER = 3_600_000  # ms that Slack takes for those: it never answers
_WITHIN = 120.0


async def measure_resume(
    kinds: Sequence[Databases],
    folder: Path,
    *,
    events: int = EVENTS,
    items: int = ITEMS,
    rounds: int = ROUNDS,
    replicas: Sequence[bool] = (False, True),
) -> list[Figure]:
    """Started again after a SIGKILL; with replicas (True), on a database that they share: another is there already."""
    taken: dict[tuple[str, bool], list[tuple[float, int]]] = {}
    for number in range(rounds):
        for databases in kinds:
            for replica in replicas if databases.kind == "postgresql" else [False]:
                name = f"{databases.kind}-{'replica' if replica else 'again'}-{number}"
                async with prepared(databases, folder / name) as at_work:
                    one = await _resumed(at_work, events, items, replica=replica)
                taken.setdefault((databases.kind, replica), []).append(one)
    figures = []
    for (kind, replica), values in taken.items():
        name = f"resume_{kind}_{'replica' if replica else 'again'}"
        what = f"Killed with {events} events and {items} items pending, {kind}, " + (
            "a second replica is running" if replica else "started again"
        )
        figures += [
            Figure(
                name=name,
                what=f"{what}: all of it done after",
                unit="s",
                values=tuple(seconds for seconds, _ in values),
                at_most=TAKEN_OVER_WITHIN if replica else RESUMED_WITHIN,
            ),
            Figure(
                name=f"{name}_once",
                what=f"{what}: done once",
                unit="",
                values=tuple(float(once) for _, once in values),
                at_least=events + items,
            ),
        ]
    return figures


async def _resumed(at_work: AtWork, events: int, items: int, *, replica: bool) -> tuple[float, int]:
    """Seconds from the start (from the kill, where a replica is there); how much of it was done exactly once."""
    control = at_work.there.control
    async with at_work.bot() as bot:
        rooms = await at_work.rooms(min(items, _BEING_SENT))
        people, later = await at_work.people(), datetime.now(UTC) + timedelta(hours=1)
        await open_incidents(
            at_work.record.url, rooms, due=[later] * len(rooms), commander=people["ana"], reporter=people["ben"]
        )
        # The first command of a person has Slack asked who that is.
        await control.command("status", channel=rooms[0]["channel_name"])
        await control.until(at_work.record.nothing_waits)
        await control.do("faults", latency_ms={"method": "chat.postMessage", "value": _FOR_EVER})
        notes = [(rooms[number % len(rooms)]["channel_name"], f"Note {number} of them.") for number in range(items)]
        for channel, text in notes:
            answer = await control.command(f"note {text}", channel=channel)
            assert "Noted" in answer["text"], answer
        if not replica:
            _, ts = await _kill(at_work, bot, rooms[0], events)
            await control.do("faults")
            began = time.perf_counter()
            async with at_work.bot():
                await control.until(at_work.record.nothing_waits, within=_WITHIN)
                seconds = time.perf_counter() - began
        else:
            async with at_work.bot():
                await control.do("faults")
                began, ts = await _kill(at_work, bot, rooms[0], events)
                await control.until(at_work.record.nothing_waits, within=_WITHIN)
                seconds = time.perf_counter() - began
    stored = await at_work.record.message_ts(rooms[0]["channel_id"])
    posted = [text for room in rooms for text in await control.by_bot(room["channel_name"])]
    once = sum(stored.count(one) == 1 for one in ts)
    return seconds, once + sum(sum(note in text for text in posted) == 1 for _, note in notes)


async def _kill(at_work: AtWork, bot: Program, room: dict[str, str], events: int) -> tuple[float, list[str]]:
    """Kills the bot as soon as it has acknowledged `events`: when, and the ts of so many that are not applied then.

    Some are applied by then; as many others are put into the inbox as the bot would have put them there.
    """
    told = await at_work.there.load.do("messages", channel=room["channel_id"], count=events, in_flight=50)
    killed_at = time.perf_counter()
    await bot.end(signal.SIGKILL)
    left = await at_work.record.unapplied()
    more = (await at_work.there.load.do("unheard", channel=room["channel_id"], count=events - left))["payloads"]
    database = Database(at_work.record.url)
    async with database.write() as session:
        [workspace] = (await session.scalars(select(Workspace))).all()
        session.add_all(
            InboxItem(
                team_id=workspace.team_id,
                key=payload["event_id"],
                lane=payload["event"]["channel"],
                body={"event": payload["event"], "event_time": payload["event_time"]},
                state="waiting",
                received_at=datetime.now(UTC),
            )
            for payload in more
        )
    await database.close()
    return killed_at, told["ts"][events - left :] + [payload["event"]["ts"] for payload in more]
