"""What people wrote in incidents is not for the other users of the machine."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.files import too_open, write_own
from bot.store.database import Database
from bot.store.migrate import migrate


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def rights(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


async def test_the_database_and_the_files_beside_it_are_for_their_user_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    await migrate(database)
    assert [rights(tmp_path / name) for name in ("bot.db", "bot.db-wal", "bot.db-shm")] == ["0o600"] * 3
    await database.close()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_a_database_that_others_can_read_is_used_with_a_warning_that_closes_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "our bot.db"
    path.touch()
    path.chmod(0o644)
    await Database(f"sqlite:///{path}").close()
    [record] = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert record.getMessage().endswith(f": chmod 600 '{path}'")
    path.chmod(0o600)
    caplog.clear()
    await Database(f"sqlite:///{path}").close()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


def test_an_export_is_for_its_user_alone_and_keeps_the_rights_of_a_file_that_was_there(tmp_path: Path) -> None:
    new, shared = tmp_path / "incident.json", tmp_path / "shared.json"
    write_own(new, b"{}")
    assert rights(new) == "0o600"
    assert too_open([new]) is None
    shared.write_text("longer than the new text")
    shared.chmod(0o640)
    write_own(shared, b"{}")
    assert (shared.read_text(), rights(shared)) == ("{}", "0o640")
    assert f"chmod 600 {shared}" in (too_open([new, shared]) or "")
