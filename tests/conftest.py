"""What every test can ask for."""

import logging
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import KINDS, Databases, databases
from tests.world import World, open_world

# How long an example takes, or takes to be made, says something about the machine only.
settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machine")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What a test configured is undone: its handler writes to a stream that ends with it."""
    root = logging.getLogger()
    loggers = (root, logging.getLogger("bot"), logging.getLogger("commands"))
    handlers, levels = root.handlers[:], [logger.level for logger in loggers]
    yield
    root.handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with databases("sqlite", tmp_path_factory.mktemp("sqlite")) as found:
        yield found


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with databases("postgresql", tmp_path_factory.mktemp("postgresql")) as found:
        yield found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with a database runs on every kind; in a module that is marked, half of its tests on each."""
    if "each_kind" not in metafunc.fixturenames or "each_kind" in _parametrized(metafunc):
        return
    kinds: Sequence[str] = KINDS
    if metafunc.definition.get_closest_marker("one_database") is not None:
        kinds = [KINDS[zlib.crc32(metafunc.definition.name.encode()) % len(KINDS)]]
    metafunc.parametrize("each_kind", kinds, indirect=True)


def _parametrized(metafunc: pytest.Metafunc) -> str:
    """The names that the test's own `parametrize` gives values to."""
    return " ".join(str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize"))


@pytest.fixture
def each_kind(request: pytest.FixtureRequest) -> Databases:
    """One kind of database; which ones a test runs on is decided above."""
    found: Databases = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def database_url(each_kind: Databases, tmp_path: Path) -> Iterator[str]:
    """A database with the present schema and nothing in it, of each kind."""
    url = each_kind.fresh(tmp_path)
    yield url
    each_kind.drop(url)


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with open_world(database_url) as opened:
        yield opened
