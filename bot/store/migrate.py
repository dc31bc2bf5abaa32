"""Brings the database to this version's schema."""

import logging
from pathlib import Path

from sqlalchemy import Connection, exists, inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.tables import Base

# The newest migration; a test holds it against the files in migrations/versions. Known here so that a start with a
# database that is up to date need not load Alembic.
SCHEMA = "0016"

# Any number that nobody else uses for an advisory lock in this database.
_LOCK = 46243368

log = logging.getLogger(__name__)


async def current_schema(database: Database) -> str | None:
    """The schema's version, or None for an empty database."""
    try:
        async with database.read() as session:
            found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    except ProgrammingError as problem:
        if "alembic_version" in str(problem.orig):
            return None  # PostgreSQL, without the table
        raise _unusable(database, problem) from problem
    except OperationalError as problem:
        if "no such table" in str(problem.orig):
            return None  # SQLite
        raise _unusable(database, problem) from problem


async def anything_in(database: Database) -> str | None:
    """A table that holds something, or that isn't ours; None for an empty database, with or without our schema."""
    try:
        async with database.reader.connect() as connection:
            for name in await connection.run_sync(lambda sync: inspect(sync).get_table_names()):
                ours = Base.metadata.tables.get(name)
                if name == "alembic_version":
                    continue
                if ours is None or await connection.scalar(select(exists().select_from(ours))):
                    return name
    except DBAPIError as problem:
        raise _unusable(database, problem) from problem
    return None


def _unusable(database: Database, problem: DBAPIError) -> StoreError:
    why = " ".join(str(problem.orig).split())
    return StoreError(f"The database {database.shown} cannot be used: {why}. Check DATABASE_URL and that it runs.")


async def migrate(database: Database) -> bool:
    """Upgrades the schema where it is older; True where something was done. A newer schema is refused."""
    found = await current_schema(database)
    if found == SCHEMA:
        return False
    if found is not None and found > SCHEMA:
        raise StoreError(
            f"The database has schema {found}, which is newer than {SCHEMA}, the newest that this version knows. "
            "Install the newer incident-bot, or point DATABASE_URL at another database."
        )
    async with database.migration() as connection:
        if database.shared:
            # Replicas that start together: one migrates, the others wait for it and find nothing left to do.
            await connection.execute(text("SET LOCAL lock_timeout = 0"))  # for however long that takes
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            # A change of a table that others read must not make all of them wait behind it.
            await connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        await connection.run_sync(_upgrade)
    log.info("The database was brought to schema %s.", SCHEMA, extra={"action": "migrated", "was": found})
    return True


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 50 MiB and 0.3 s that a normal start does without
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
