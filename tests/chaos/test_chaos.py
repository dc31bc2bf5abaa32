"""A few runs of the chaos harness within the suite; `make chaos` makes many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sandbox.delivery.faults import NAMES
from tests.chaos.plan import NOT_DRAWN, OURS, Plan, draw
from tests.chaos.run import carry_out
from tests.chaos.stores import Store, open_store

# Short runs, and together nearly every kind of trouble; silences, long outages, frozen processes and wrong clocks take
# longer than this suite has.
SQLITE = (1481, 1518)
POSTGRESQL = (1678, 2598)
LEFT_TO_MAKE_CHAOS = {"silence", "long_outage", "freeze", "wrong_clock"}


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_store("sqlite", tmp_path_factory.mktemp("chaos")) as opened:
        yield opened


@pytest.fixture(scope="module")
def postgresql_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Of its own: the server of the other tests is not restarted."""
    with open_store("postgresql", tmp_path_factory.mktemp("chaos")) as opened:
        yield opened


@pytest.mark.parametrize("seed", SQLITE)
async def test_every_promise_is_kept_on_sqlite(seed: int, sqlite_store: Store, tmp_path: Path) -> None:
    await _every_promise_is_kept(draw(seed), sqlite_store, tmp_path)


@pytest.mark.parametrize("seed", POSTGRESQL)
async def test_every_promise_is_kept_on_postgresql(seed: int, postgresql_store: Store, tmp_path: Path) -> None:
    await _every_promise_is_kept(draw(seed), postgresql_store, tmp_path)


async def _every_promise_is_kept(plan: Plan, store: Store, folder: Path) -> None:
    outcome = await carry_out(plan, store, folder)

    assert outcome.wrong == [], f"make chaos SEED={plan.seed} repeats it"
    assert outcome.figures["kill"] >= 1, "or nothing was tried"
    assert outcome.figures["commands"] >= 3


def test_the_seeds_are_those_that_a_replay_draws() -> None:
    """`make chaos SEED=N` decides the database by the seed alone."""
    assert {draw(seed).database for seed in SQLITE} == {"sqlite"}
    assert {draw(seed).database for seed in POSTGRESQL} == {"postgresql"}
    assert {draw(seed).replicas for seed in POSTGRESQL} == {2, 3}


def test_the_seeds_try_every_kind_of_trouble_that_is_short() -> None:
    tried = {fault.kind for seed in (*SQLITE, *POSTGRESQL) for fault in draw(seed).faults}
    assert tried == (OURS | set(NAMES)) - LEFT_TO_MAKE_CHAOS - NOT_DRAWN
