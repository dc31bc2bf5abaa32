"""A local workspace on the machine's clock, and the installed program as a user starts it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.resources import packaged
from bot.sandbox import RealClock, SandboxServer, default_workspace
from tests.processes import PATIENCE, PROGRAM, Control, controlling, for_workspace


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason=f"the program is not installed beside this Python: {PROGRAM}")
    for item in items:
        if not PROGRAM.exists() and Path(__file__).parent in item.path.parents:
            item.add_marker(missing)


@pytest.fixture
async def server() -> AsyncIterator[SandboxServer]:
    async with SandboxServer(default_workspace(RealClock()), ack_within=PATIENCE) as opened:
        yield opened


@pytest.fixture
async def control(server: SandboxServer) -> AsyncIterator[Control]:
    """The workspace as another process sees it: over HTTP."""
    async with controlling(server.control_url) as opened:
        yield opened


@pytest.fixture
def env(server: SandboxServer, tmp_path: Path) -> dict[str, str]:
    """The environment of a bot in that workspace."""
    return for_workspace(server.base_url, tmp_path / "bot.db")


@pytest.fixture
def impatient(tmp_path: Path, env: dict[str, str]) -> dict[str, str]:
    """The same with a configuration in which a P1 owes an update each second."""
    text = packaged("config.yaml").read_text(encoding="utf-8")
    assert text.count("update_every: 30m") == 1
    (tmp_path / "config.yaml").write_text(text.replace("update_every: 30m", "update_every: 1s"), encoding="utf-8")
    return env
