"""`make bench` in small: it measures what it says. Figures are not judged here; machines differ."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.benchmarks.commands import measure_commands
from tests.benchmarks.declaration import measure_declarations
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.messages import measure_messages
from tests.benchmarks.prompts import measure_prompts
from tests.benchmarks.resume import measure_resume
from tests.benchmarks.size import measure_size
from tests.databases import Databases

# The channel, then the declarer, the topic, the card and the announcement side by side, then the pin and the briefing.
CALLS = sorted(
    [
        "conversations.create",
        "conversations.invite",
        "conversations.setTopic",
        "chat.postMessage",  # the card
        "chat.postMessage",  # the announcement
        "chat.postMessage",  # the briefing
        "pins.add",
    ]
)


@pytest.fixture
def kinds(sqlite: Databases, postgresql: Databases) -> list[Databases]:
    return [sqlite, postgresql]


def values(figures: Sequence[Figure], name: str) -> tuple[float, ...]:
    return {figure.name: figure.values for figure in figures}[name]


async def test_a_declaration_takes_seven_calls_in_three_rounds(tmp_path: Path) -> None:
    figures, [declared] = await measure_declarations(tmp_path, latency_ms=0, runs=1)
    assert sorted(call["method"] for call in declared.calls) == CALLS
    assert 0 < declared.in_channel <= declared.everything
    assert {figure.unit for figure in figures} == {"ms", ""}


async def test_messages_in_flight_are_all_stored_once(kinds: list[Databases], tmp_path: Path) -> None:
    figures = await measure_messages(kinds, tmp_path, messages=60, in_flight=20, rounds=1, rush=80, rushes=1)
    for kind in ("sqlite", "postgresql"):
        assert values(figures, f"messages_{kind}_stored") == (60,)
        assert values(figures, f"rush_{kind}_stored") == (80,)
        assert values(figures, f"messages_{kind}_failures") == (0,)
        [ours], [bolt] = values(figures, f"messages_{kind}_rate"), values(figures, "messages_bolt_rate")
        assert values(figures, f"messages_{kind}_to_bolt") == (ours / bolt,)


async def test_a_command_is_answered_behind_a_queue_of_events(sqlite: Databases, tmp_path: Path) -> None:
    figures = await measure_commands([sqlite], tmp_path, events=40, rounds=1)
    assert [figure.name for figure in figures] == [
        "command_sqlite_note_behind_0",
        "command_sqlite_note_behind_40",
        "command_sqlite_status_behind_0",
        "command_sqlite_status_behind_40",
    ]


async def test_each_incident_is_prompted_once_and_not_before_its_time(postgresql: Databases, tmp_path: Path) -> None:
    ahead = timedelta(seconds=2)
    figures = await measure_prompts([postgresql], tmp_path, incidents=5, spreads=[0.5], ahead=ahead)
    assert min(values(figures, "prompts_postgresql_spread_median")) > 0


async def test_what_was_pending_at_a_kill_is_done_once(
    sqlite: Databases, postgresql: Databases, tmp_path: Path
) -> None:
    async def measured(databases: Databases, *, replica: bool) -> list[Figure]:
        return await measure_resume([databases], tmp_path, events=30, items=6, rounds=1, replicas=[replica])

    again, taken_over = await asyncio.gather(measured(sqlite, replica=False), measured(postgresql, replica=True))
    assert values(again, "resume_sqlite_again_once") == (36,)
    assert values(taken_over, "resume_postgresql_replica_once") == (36,)


async def test_a_large_database_is_made_and_asked(kinds: list[Databases], tmp_path: Path) -> None:
    figures = await measure_size(kinds, tmp_path, incidents=40, messages=400, still_open=5, times=2)
    assert {figure.name for figure in figures} > {"size_sqlite_list_p99", "size_postgresql_card_median"}


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(1, 101), 0.99) == 99
    assert percentile([7], 0.99) == 7


def test_a_target_is_an_upper_or_a_lower_bound() -> None:
    late = Figure(name="late", what="Late by", unit="s", values=(1.0, 3.0, 2.0), at_most=2)
    ratio = Figure(name="ratio", what="As fast", unit="×", values=(0.9,), at_least=1)
    assert (late.met, late.target) == (True, "≤ 2 s")
    assert (ratio.met, ratio.target, ratio.to_json()["bound"]) == (False, "≥ 1 ×", "at_least")
