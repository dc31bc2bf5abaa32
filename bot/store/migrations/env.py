"""Alembic's environment: the connection comes from bot.store.migrate or bot.store.new_migration."""

from typing import Any, Literal

from alembic import context

from bot.store.base import Moment, Written
from bot.store.tables import Base

connection = context.config.attributes["connection"]


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name SQLAlchemy's own types only: ours may change after they were written."""
    if kind != "type":
        return False
    return "sa.DateTime(timezone=True)" if isinstance(item, Moment) else isinstance(item, Written) and "sa.String()"


context.configure(
    connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True, render_item=_render
)
with context.begin_transaction():
    context.run_migrations()
