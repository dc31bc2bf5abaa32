"""An organisation moves from SQLite to PostgreSQL, and back, without loss."""

from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.errors import StoreError
from bot.sandbox import SteppedClock, default_workspace
from bot.store.database import Database
from bot.store.move import move
from bot.store.tables import Base, Incident
from tests.databases import Databases
from tests.volumes import fill
from tests.world import START, open_world

There = tuple[Databases, Databases]


@pytest.fixture(params=[("sqlite", "postgresql"), ("postgresql", "sqlite")], ids="-to-".join)
def there(request: pytest.FixtureRequest) -> There:
    source, target = (request.getfixturevalue(kind) for kind in request.param)
    return source, target


async def test_a_whole_organisation_moves_and_goes_on(there: There, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, new = there[0].fresh(tmp_path / "old"), there[1].empty(tmp_path / "new")
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(old, clock=clock, workspace=workspace) as world:
        channel = await world.declare("p1 Größe <b> & “quotes” 🔥 \\u0000")
        parent = await world.say("ben", channel, "Theories?")
        await world.say("chloe", channel, "It’s DNS — again ♥", thread_ts=parent)
        await world.workspace.edit_message(user="ben", channel=channel, ts=parent, text="Theories, please?")
        await world.command("ben", "take commander", channel=channel)
        await world.command("ben", "update status:identified We know why", channel=channel)
        async with world.bot.desk.database.write() as session:
            await fill(session, world.bot.desk.team_id, incidents=30, messages_each=50)  # more rows than go together
        before = await world.record()

    source, target = Database(old), Database(new)
    moved = {one.table: one.rows for one in await move(source, target)}
    assert set(moved) == set(Base.metadata.tables)
    assert moved["messages"] == 30 * 50 + 2
    with pytest.raises(StoreError, match="is not empty"):
        await move(source, target)
    for database in (source, target):
        await database.close()

    async with open_world(new, clock=clock, workspace=workspace) as world:
        assert await world.record() == before
        await world.command("ana", "note The move is over", channel=channel)
        await world.command("chloe", "declare p2 Another one")
        assert (await world.record(2))["incident"]["title"] == "Another one", "numbers go on"
        assert any("move is over" in one.text for one in world.by_bot(channel))
    there[0].drop(old)
    there[1].drop(new)


async def test_a_move_that_is_broken_off_leaves_nothing(
    sqlite: Databases, postgresql: Databases, tmp_path: Path
) -> None:
    url = postgresql.fresh(tmp_path)
    source, target = Database(sqlite.fresh(tmp_path)), Database(url)
    async with source.write() as session:
        await fill(session, "T1", incidents=3, messages_each=2)
    async with target.write() as session:
        await session.execute(text("CREATE RULE lost AS ON INSERT TO key_marks DO INSTEAD NOTHING"))
    with pytest.raises(StoreError, match=r"key_marks differs after the move .6 rows, .* 0 rows"):
        await move(source, target)
    async with target.read() as session:
        assert (await session.scalars(select(Incident))).all() == []
    for database in (source, target):
        await database.close()
    postgresql.drop(url)


async def test_an_old_schema_is_not_moved(sqlite: Databases, postgresql: Databases, tmp_path: Path) -> None:
    url = postgresql.empty(tmp_path)
    source, target = Database(sqlite.fresh(tmp_path)), Database(url)
    async with source.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(StoreError, match=r"schema 0001.*incident-bot migrate"):
        await move(source, target)
    for database in (source, target):
        await database.close()
    postgresql.drop(url)
