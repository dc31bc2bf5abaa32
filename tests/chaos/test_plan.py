"""A plan is its seed's: the same each time, and over many seeds it holds everything that can happen."""

import pytest

from bot.sandbox.delivery.faults import NAMES, Faults
from tests.chaos.plan import DATABASES, NOT_DRAWN, OURS, PEOPLE, Plan, draw

SEEDS = range(300)


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [draw(seed) for seed in SEEDS]


def test_the_same_seed_is_the_same_plan() -> None:
    for seed in SEEDS:
        assert draw(seed) == draw(seed)
        for database in DATABASES:
            assert draw(seed, database=database) == draw(seed, database=database)


def test_another_seed_is_another_plan(plans: list[Plan]) -> None:
    assert len({repr((one.script, one.faults)) for one in plans}) == len(plans)


def test_a_database_that_is_asked_for_is_used(plans: list[Plan]) -> None:
    for plan in plans:
        assert draw(plan.seed, database=plan.database) == plan
        assert draw(plan.seed, database="sqlite").replicas == 1
        assert draw(plan.seed, database="postgresql").database == "postgresql"


def test_everything_is_drawn_sooner_or_later(plans: list[Plan]) -> None:
    assert {(one.database, one.replicas) for one in plans} == {
        ("sqlite", 1),
        ("postgresql", 1),
        ("postgresql", 2),
        ("postgresql", 3),
    }
    assert {one.declarations for one in plans} == {1, 2}
    assert {fault.kind for one in plans for fault in one.faults} == (OURS | set(NAMES)) - NOT_DRAWN
    assert {fault.since for one in plans for fault in one.faults} == {"start", "declaration", "call"}
    doings = [doing for one in plans for doings in one.script.values() for doing in doings]
    assert {doing.what for doing in doings} == {"say", "reply", "edit", "delete", "mark", "unmark", "command"}
    verbs = {doing.text.split()[0] for doing in doings if doing.what == "command"}
    assert verbs == {
        *("declare", "take", "assign", "drop", "note", "update", "priority", "status", "action", "timeline", "resolve"),
    }
    assert {doing.deliveries for doing in doings} == {1, 2}
    both = [one for one in plans if one.declarations == 2]
    at_once = [sum(doings[0].pause_ms == 0 for doings in one.script.values() if _declares(doings[0])) for one in both]
    assert 2 in at_once


def test_a_process_is_killed_in_every_run(plans: list[Plan]) -> None:
    assert all(one.faults[0].kind == "kill" for one in plans)


def test_what_is_ordered_is_understood_by_the_workspace(plans: list[Plan]) -> None:
    for plan in plans:
        for fault in plan.faults:
            assert fault.replica < plan.replicas
            assert (fault.kind in OURS) == (not fault.order)
            if fault.order:
                [found] = Faults().set(fault.order)
                assert found.name == fault.kind


def test_a_script_can_be_played(plans: list[Plan]) -> None:
    """Nobody changes another's message, or takes away what they have not set; who declares does it first of all."""
    for plan in plans:
        assert set(plan.script) <= set(PEOPLE)
        authors = {
            one.label: who for who, doings in plan.script.items() for one in doings if one.what in ("say", "reply")
        }
        declared = [one for doings in plan.script.values() for one in doings if _declares(one)]
        assert sorted(one.incident for one in declared) == list(range(plan.declarations))
        for who, doings in plan.script.items():
            set_by_now: set[str] = set()
            for one in doings:
                if one.what in ("edit", "delete"):
                    assert authors[one.label] == who
                if one.what == "reply":
                    assert one.thread in authors
                if one.what == "mark":
                    set_by_now.add(one.label)
                if one.what == "unmark":
                    assert one.label in set_by_now
            assert [one.incident for one in doings].index(doings[0].incident) == 0
            assert not any(_declares(one) for one in doings[1:])


def _declares(doing: object) -> bool:
    return getattr(doing, "text", "").startswith("declare")
