"""A few runs of the chaos harness within the suite; `make chaos` makes many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.plan import Plan, draw
from tests.chaos.run import carry_out
from tests.chaos.stores import Store, open_store

# Each with what its plan has besides a killed process, so that together they try every kind of trouble in short runs.
SQLITE = {
    1363: "posts whose answer does not come, events out of order, a refused acknowledgement",
    828: "another holds the database's lock",
    2843: "half an hour passes, connections are asked to leave",
}
POSTGRESQL = {
    257: "two replicas, a restarted server, half an hour passes",
    666: "two replicas, cut off from the server, events twice, failing calls",
    1243: "three replicas, posts whose answer does not come, events twice and out of order",
}


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
    await _every_promise_is_kept(draw(seed), sqlite_store, tmp_path, SQLITE[seed])


@pytest.mark.parametrize("seed", POSTGRESQL)
async def test_every_promise_is_kept_on_postgresql(seed: int, postgresql_store: Store, tmp_path: Path) -> None:
    await _every_promise_is_kept(draw(seed), postgresql_store, tmp_path, POSTGRESQL[seed])


async def _every_promise_is_kept(plan: Plan, store: Store, folder: Path, trouble: str) -> None:
    outcome = await carry_out(plan, store, folder)

    assert outcome.wrong == [], f"make chaos SEED={plan.seed} repeats it: {trouble}"
    assert outcome.figures["kill"] >= 1, "or nothing was tried"
    assert outcome.figures["commands"] >= 3


def test_the_seeds_are_those_that_a_replay_draws() -> None:
    """`make chaos SEED=N` decides the database by the seed alone."""
    assert {draw(seed).database for seed in SQLITE} == {"sqlite"}
    assert {draw(seed).database for seed in POSTGRESQL} == {"postgresql"}
    assert {draw(seed).replicas for seed in POSTGRESQL} == {2, 3}
