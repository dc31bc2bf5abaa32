"""Inserts that several processes may try at the same time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.base import Base


def insert_into(session: AsyncSession, table: type[Base]) -> Any:
    """The database's own INSERT, which knows ON CONFLICT."""
    return (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


async def upsert(session: AsyncSession, row: Base, *, by: Sequence[str]) -> None:
    """Writes a new row, or over the one that has the same unique columns `by`."""
    values = {name: value for name, value in vars(row).items() if not name.startswith("_sa_")}
    statement = insert_into(session, type(row)).values(values)
    changed = {name: value for name, value in values.items() if name not in by}
    statement = statement.on_conflict_do_update(index_elements=by, set_=changed).returning(type(row))
    await session.scalars(statement, execution_options={"populate_existing": True})
