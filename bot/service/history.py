"""Merges a channel's history with the record: what was said while the bot was not listening."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from bot.domain.times import from_ts
from bot.service import chat
from bot.service.chat import MARKS, Spoken
from bot.service.desk import UnitOfWork
from bot.store.tables import KeyMark, Message

# {(ts of the message, source, person): (when it was set, when it was taken away)}
Marks = Mapping[tuple[str, str, str], tuple[datetime, datetime | None]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """One message as the history has it, with the marks that are on it now."""

    said: Spoken
    reactions: Mapping[str, Sequence[str]] = field(default_factory=dict)  # {name: people}
    pinned_by: str | None = None


async def merge(uow: UnitOfWork, found: Found, *, before: Marks) -> bool:
    """Puts the message on record as Slack has it; True where it was not there before.

    `before`: the marks on record before Slack was asked.
    """
    said = found.said
    known = await uow.session.scalar(
        select(Message).where(
            Message.team_id == uow.team_id, Message.channel_id == said.channel_id, Message.ts == said.ts
        )
    )
    is_new = known is None or (known.person is None and known.author_name is None)
    if known is not None and known.found_missing:
        known.deleted_at, known.found_missing = None, False  # it is there after all
    if said.edited_ts is None:
        await chat.hear(uow, said)
    else:
        await chat.hear_edit(uow, said, before=None, edited_at=from_ts(said.edited_ts))
    await _merge_marks(uow, found, before)
    return is_new


async def marks_on_record(uow: UnitOfWork, channel_id: str) -> Marks:
    """Every mark of the channel, also those that were taken away."""
    rows = await uow.session.scalars(
        select(KeyMark).where(KeyMark.team_id == uow.team_id, KeyMark.channel_id == channel_id)
    )
    return {(row.message_ts, row.source, row.person): (row.at, row.removed_at) for row in rows}


async def _merge_marks(uow: UnitOfWork, found: Found, before: Marks) -> None:
    """The marks are those that are there now, whoever set or took them while nobody listened.

    An event that has come since Slack was asked (`before`: the marks as they were then) knows better. Slack does not
    say when: the earliest time that fits is taken, so that every event that is still to come counts as later.
    """
    channel, ts = found.said.channel_id, found.said.ts
    marked = {("reaction", person) for name in MARKS for person in found.reactions.get(name, ())}
    if found.pinned_by is not None:
        marked.add(("pin", found.pinned_by))
    rows = await uow.session.scalars(
        select(KeyMark).where(KeyMark.team_id == uow.team_id, KeyMark.channel_id == channel, KeyMark.message_ts == ts)
    )
    known = {(row.source, row.person): row for row in rows}
    for source, person in sorted(marked | set(known)):
        row = known.get((source, person))
        if before.get((ts, source, person)) != (row and (row.at, row.removed_at)):
            continue
        if (source, person) not in marked:
            if row is not None and row.removed_at is None:
                row.removed_at = row.at
        elif row is None:
            await chat.mark(uow, channel, ts, source=source, person=person, at=from_ts(ts))
        elif row.removed_at is not None:
            row.at, row.removed_at = row.removed_at + timedelta(microseconds=1), None


async def mark_missing(
    uow: UnitOfWork, channel_id: str, *, oldest: str, latest: str, seen: Collection[str], parent: str | None = None
) -> int:
    """Messages on record from `oldest` to `latest` that Slack's pages of that time do not have: deleted.

    The channel's own messages, or the replies to `parent`. How many there were.
    """
    of_thread = (
        and_(Message.thread_ts == parent, Message.ts != parent)
        if parent is not None
        else or_(Message.thread_ts.is_(None), Message.thread_ts == Message.ts)
    )
    rows = await uow.session.scalars(
        select(Message).where(
            Message.team_id == uow.team_id,
            Message.channel_id == channel_id,
            Message.ts >= oldest,
            Message.ts <= latest,
            Message.deleted_at.is_(None),
            of_thread,
        )
    )
    missing = [message for message in rows if message.ts not in seen]
    for message in missing:
        message.deleted_at, message.found_missing = uow.now, True
    return len(missing)


async def newest_on_record(uow: UnitOfWork, channel_id: str) -> str | None:
    """The ts of the newest message of the channel that is on record."""
    found: str | None = await uow.session.scalar(
        select(func.max(Message.ts)).where(Message.team_id == uow.team_id, Message.channel_id == channel_id)
    )
    return found


async def open_threads(uow: UnitOfWork, channel_id: str, *, since: datetime) -> list[str]:
    """The parents of threads that somebody wrote in after `since`: their replies do not show in the history."""
    rows = await uow.session.scalars(
        select(Message.thread_ts)
        .where(
            Message.team_id == uow.team_id,
            Message.channel_id == channel_id,
            Message.thread_ts.is_not(None),
            Message.ts > f"{since.timestamp():.6f}",
        )
        .distinct()
    )
    return sorted(ts for ts in rows if ts)


def as_found(spoken: Spoken, message: Mapping[str, Any], channel_id: str) -> Found:
    """From Slack's message object."""
    reactions = {
        str(one.get("name")): [str(user) for user in one.get("users") or []] for one in message.get("reactions") or []
    }
    pinned = channel_id in (message.get("pinned_to") or [])
    pinned_by = str((message.get("pinned_info") or {}).get("pinned_by") or "") if pinned else None
    return Found(said=spoken, reactions=reactions, pinned_by=pinned_by)
