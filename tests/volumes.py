"""Years of closed incidents, made in the database itself: for plans and measurements."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, String, cast, insert, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.lifecycle import Status
from bot.store.tables import (
    Alert,
    Base,
    DueJob,
    InboxItem,
    Incident,
    KeyMark,
    Message,
    MessageVersion,
    OutboxItem,
    Participant,
    Posting,
    Prompt,
    RoleAssignment,
    TimelineEntry,
    Update,
)

# The tables that grow with every incident.
VOLUMES = frozenset(
    table.__tablename__
    for table in (
        Alert,
        DueJob,
        Incident,
        InboxItem,
        KeyMark,
        Message,
        MessageVersion,
        OutboxItem,
        Participant,
        Prompt,
        Posting,
        RoleAssignment,
        TimelineEntry,
        Update,
    )
)

_LONG_AGO = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
_FIRST_NUMBER = 1_000


def _numbers(most: int, name: str) -> CTE:
    """1 … most."""
    numbers = select(literal(1, Integer).label("i")).cte(name, recursive=True)
    return numbers.union_all(select(numbers.c.i + 1).where(numbers.c.i < most))


async def fill(session: AsyncSession, team_id: str, *, incidents: int, messages_each: int) -> None:
    """Closed incidents from INC-1001 on, each with its channel, messages, one version each, roles and finished work."""
    n = _numbers(incidents, "n")
    channel = literal("COLD") + cast(Incident.number, String)
    old = (
        select(Incident.id, Incident.number, channel.label("channel_id"))
        .where(Incident.number > _FIRST_NUMBER)
        .subquery()
    )
    each = _numbers(messages_each, "k")

    async def add(table: type[Base], values: Mapping[str, Any], source: Any, *also: Any) -> None:
        columns = {"team_id": team_id, **values}
        shown = [
            one if isinstance(one, ColumnElement) else literal(one, getattr(table, key).type)
            for key, one in columns.items()
        ]
        chosen = select(*shown).select_from(source)
        for one in also:
            chosen = chosen.join(one, literal(value=True))
        await session.execute(insert(table).from_select(list(columns), chosen, include_defaults=True))

    number = n.c.i + _FIRST_NUMBER
    await add(
        Incident,
        {
            "number": number,
            "title": literal("Checkout was slow ") + cast(number, String),
            "status": Status.CLOSED,
            "priority": "p3",
            "priority_because": "it was said so",
            "reporter": "U1",
            "impact_started_at": _LONG_AGO,
            "detected_at": _LONG_AGO,
            "declared_at": _LONG_AGO,
            "resolved_at": _LONG_AGO,
            "closed_at": _LONG_AGO,
        },
        n,
    )
    belongs = {"incident_id": old.c.id}
    name = literal("inc-") + cast(old.c.number, String)
    shown = {"destination": "slack", "what": "channel", "place": "", "external_id": old.c.channel_id, "name": name}
    await add(Posting, {**belongs, **shown}, old)
    await add(RoleAssignment, {**belongs, "role": "incident_commander", "person": "U1", "started_at": _LONG_AGO}, old)
    await add(
        Alert,
        {
            **belongs,
            "source": "generic",
            "integration": "monitoring",
            "key": literal("disk-") + cast(each.c.i, String),
            "status": "resolved",
            "title": "The disk is full",
            "received_at": _LONG_AGO,
            "occurred_at": _LONG_AGO,
            "state": "added",
            "labels": {},
            "body": {},
        },
        old,
        each,
    )
    await add(Participant, {**belongs, "person": "U1", "joined_at": _LONG_AGO, "is_member": true()}, old)
    await add(TimelineEntry, {**belongs, "at": _LONG_AGO, "kind": "note", "words": "A note"}, old, each)
    await add(
        Prompt,
        {**belongs, "due_at": _LONG_AGO, "level": each.c.i, "sent_at": _LONG_AGO, "outcome": "answered"},
        old,
        each,
    )
    await add(
        Update, {**belongs, "at": _LONG_AGO, "person": "U1", "status": Status.MONITORING, "text": "Better"}, old, each
    )
    job = literal("old:") + cast(old.c.id, String) + literal(":") + cast(each.c.i, String)
    await add(
        DueJob,
        {**belongs, "key": job, "kind": "update_due", "due_at": _LONG_AGO, "state": "done", "done_at": _LONG_AGO},
        old,
        each,
    )
    lane = literal("channel:") + cast(old.c.id, String)
    await add(
        OutboxItem,
        {
            **belongs,
            "lane": lane,
            "step": "post",
            "payload": {"message": "note"},
            "coalesce_key": literal("post:") + lane,
            "state": "done",
            "created_at": _LONG_AGO,
            "finished_at": _LONG_AGO,
        },
        old,
        each,
    )
    await add(
        InboxItem,
        {"key": job, "lane": old.c.channel_id, "body": {}, "state": "applied", "received_at": _LONG_AGO, "attempts": 0},
        old,
        each,
    )
    ts = cast(each.c.i + 1_700_000_000, String) + literal(".000001")
    await add(
        Message, {"channel_id": old.c.channel_id, "ts": ts, "person": "U1", "text": "It is slow again"}, old, each
    )
    cold = select(Message.id, Message.channel_id, Message.ts).where(Message.channel_id.like("COLD%")).subquery()
    await add(MessageVersion, {"message_id": cold.c.id, "version_ts": cold.c.ts, "text": "It is slow again"}, cold)
    await add(
        KeyMark,
        {
            "channel_id": cold.c.channel_id,
            "message_ts": cold.c.ts,
            "source": "reaction",
            "person": "U1",
            "at": _LONG_AGO,
        },
        cold,
    )
