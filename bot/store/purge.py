"""Finished work is kept for a while, to recognise what is delivered again and to look into what went wrong."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from bot.store.database import Database
from bot.store.tables import Alert, InboxItem, OutboxItem

KEEP = timedelta(days=30)  # Slack delivers again within hours
_ROWS_TOGETHER = 500


async def purge(database: Database, *, before: datetime) -> int:
    """Deletes what was applied or told before this time, some at a time; how many rows. What failed stays.

    Alerts go that nobody was told of; those of an incident stay with it.
    """
    alerts = await _purge_alerts(database, before)
    inbox = await _purge(database, InboxItem, InboxItem.received_at, before, finished=("applied",))
    return (
        alerts
        + inbox
        + await _purge(database, OutboxItem, OutboxItem.created_at, before, finished=("done", "needless"))
    )


async def _purge_alerts(database: Database, before: datetime) -> int:
    deleted = 0
    while True:
        async with database.write() as session:
            old = (
                select(Alert.id)
                .where(Alert.state.in_(("recorded", "late")), Alert.received_at < before, Alert.incident_id.is_(None))
                .limit(_ROWS_TOGETHER)
            )
            gone = (await session.scalars(old)).all()
            await session.execute(delete(Alert).where(Alert.id.in_(gone)))
        deleted += len(gone)
        if len(gone) < _ROWS_TOGETHER:
            return deleted


async def _purge(database: Database, table: type[Any], at: Any, before: datetime, *, finished: Sequence[str]) -> int:
    """Goes up from the lowest number; rows are numbered as they come, so it can stop where all are young.

    A single one may be dated by a clock that was wrong.
    """
    deleted, after = 0, 0
    while True:
        async with database.write() as session:
            rows = (
                await session.execute(
                    select(table.id, table.state, at).where(table.id > after).order_by(table.id).limit(_ROWS_TOGETHER)
                )
            ).all()
            old = [row for row in rows if row[2] < before]
            gone = [number for number, state, _ in old if state in finished]
            if gone:
                if table is OutboxItem:
                    # Whoever waited for one of them waits no more: it is finished.
                    await session.execute(update(OutboxItem).where(OutboxItem.after_id.in_(gone)).values(after_id=None))
                await session.execute(delete(table).where(table.id.in_(gone)))
        deleted += len(gone)
        if len(rows) < _ROWS_TOGETHER or not old:
            return deleted
        after = rows[-1][0]
