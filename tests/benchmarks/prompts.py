"""How punctual the bot is with a thousand open incidents, each of which is due to be asked for its update."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.at_work import AtWork, prepared
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.open_incidents import open_incidents
from tests.databases import Databases

INCIDENTS = 1000
SPREADS = (60.0, 0.0)  # seconds from the first that is due to the last
LATE_BY = 2.0  # seconds
# From the first row until the first is due: the rows take some seconds.
AHEAD = timedelta(seconds=15)
_WITHIN = 300.0


async def measure_prompts(
    kinds: Sequence[Databases],
    folder: Path,
    *,
    incidents: int = INCIDENTS,
    spreads: Sequence[float] = SPREADS,
    ahead: timedelta = AHEAD,
) -> list[Figure]:
    """Due over each of `spreads`, the databases one after the other; no target is set where all are due at once."""
    figures = []
    for databases in kinds:
        for seconds in spreads:
            place = folder / f"{databases.kind}-{seconds:g}"
            async with prepared(databases, place) as at_work, at_work.bot(generous=True):
                late = await _lateness(at_work, incidents, seconds, ahead)
            when = f"due over {seconds:g} s" if seconds else "all due in the same second"
            what = f"Prompts of {incidents:,} incidents, {when}, {databases.kind}: late by"
            name = f"prompts_{databases.kind}_{'spread' if seconds else 'at_once'}"
            target = LATE_BY if seconds else None
            figures += [
                Figure(name=f"{name}_{key}", what=f"{what}, {key}", unit="s", values=(value,), at_most=target)
                for key, value in (
                    ("median", percentile(late, 0.5)),
                    ("p99", percentile(late, 0.99)),
                    ("most", max(late)),
                )
            ]
    return figures


async def _lateness(at_work: AtWork, incidents: int, seconds: float, ahead: timedelta) -> list[float]:
    """Seconds between the time at which each prompt was due and the one at which it stood in its channel."""
    control = at_work.there.control
    rooms = await at_work.rooms(incidents)
    # The bot has no part in it: it finds them due.
    first = datetime.now(UTC) + ahead
    due = [first + timedelta(seconds=seconds * number / incidents) for number in range(incidents)]
    people = await at_work.people()
    await open_incidents(at_work.record.url, rooms, due=due, commander=people["ana"], reporter=people["ben"])
    assert datetime.now(UTC) < first, "the rows took so long that the first prompt was late before it was planned"
    await asyncio.sleep((due[-1] - datetime.now(UTC)).total_seconds())

    async def all_sent() -> bool:
        return await at_work.record.prompts() == incidents and await at_work.record.nothing_waits()

    await control.until(all_sent, within=_WITHIN)
    posted: dict[str, list[float]] = {}
    for call in await control.calls("chat.postMessage"):
        assert call["answer"]["ok"], call
        posted.setdefault(call["args"]["channel"], []).append(call["ended"])
    assert all(len(times) == 1 for times in posted.values()), "somebody was asked twice"
    return [posted[room["channel_id"]][0] - at.timestamp() for room, at in zip(rooms, due, strict=True)]
