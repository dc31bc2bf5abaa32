"""Brings the database to this version's schema."""

import logging
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.errors import StoreError
from bot.store.database import Database

# The newest migration; a test holds it against the files in migrations/versions. Known here so that a start with a
# database that is up to date need not load Alembic.
SCHEMA = "0002"

log = logging.getLogger(__name__)


async def current_schema(database: Database) -> str | None:
    """The schema's version, or None for an empty database."""
    try:
        async with database.read() as session:
            found: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    except OperationalError as problem:
        if "unable to open" in str(problem):
            raise StoreError(
                f"The database {database.url.database} cannot be opened. Does its folder exist?"
            ) from problem
        return None
    except SQLAlchemyError:
        return None


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
    async with database.writer.begin() as connection:
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
