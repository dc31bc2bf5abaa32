"""What people write in an incident's channel is on record, in whatever order Slack tells it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from bot.service import files
from bot.service.desk import UnitOfWork
from bot.service.people import notice, notice_mentions
from bot.store.tables import KeyMark, Message, MessageVersion

# The emoji that make a message a key event.
MARKS = frozenset({"pushpin", "round_pushpin"})


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """A message as Slack sends it; `text` is Slack's markup."""

    channel_id: str
    ts: str
    text: str
    person: str | None
    author_name: str | None = None
    thread_ts: str | None = None
    subtype: str | None = None
    edited_ts: str | None = None  # set for a version that is not the first
    files: Sequence[dict[str, Any]] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a message said at a time: `ts` is the message's own for the first version, the edit's for a later one."""

    ts: str
    text: str


async def hear(uow: UnitOfWork, *said: Spoken) -> None:
    """Puts messages of one channel on record, or versions of them; the same once more changes nothing."""
    known = await _messages(uow, said)
    new = {one.ts: one for one in reversed(said) if one.ts not in known}  # the first of each
    again = [one for one in said if one.ts in known or new[one.ts] is not one]
    if new:
        await _add(uow, list(new.values()))
    if again:
        await _hear_again(uow, again)


async def _add(uow: UnitOfWork, new: Sequence[Spoken]) -> None:
    """Messages that the database does not know, all with a few statements."""
    rows = [
        {
            "team_id": uow.team_id,
            "channel_id": one.channel_id,
            "ts": one.ts,
            "thread_ts": one.thread_ts,
            "person": one.person,
            "author_name": one.author_name,
            "subtype": one.subtype,
            "text": one.text,
            "found_missing": False,
            "files": list(one.files),
        }
        for one in new
    ]
    await uow.session.execute(insert(Message), rows)
    numbers = {message.ts: message.id for message in (await _messages(uow, new)).values()}
    await uow.session.execute(
        insert(MessageVersion),
        [
            {
                "team_id": uow.team_id,
                "message_id": numbers[one.ts],
                "version_ts": one.edited_ts or one.ts,
                "text": one.text,
            }
            for one in new
        ],
    )
    await notice(uow, *(one.person for one in new))
    for one in new:
        await notice_mentions(uow, one.text)
        await files.request_names(uow, one.channel_id, one.ts, one.files)


async def _hear_again(uow: UnitOfWork, said: Sequence[Spoken]) -> None:
    """Messages of which the database knows something: an event may have come before what it is about."""
    messages = await _messages(uow, said)
    for one in said:
        message = messages[one.ts]
        if message.erased_at is not None:
            continue
        if message.person is None:
            message.person, message.author_name = one.person, one.author_name
            await notice(uow, one.person)
            await notice_mentions(uow, one.text)
        message.thread_ts = one.thread_ts or message.thread_ts
        message.subtype = message.subtype or one.subtype
        if one.files:
            message.files = files.merged(message.files, one.files)
            await files.request_names(uow, one.channel_id, one.ts, message.files)
        await _add_version(uow, message, one.edited_ts or one.ts, one.text)


async def hear_edit(uow: UnitOfWork, said: Spoken, *, before: Version | None, edited_at: datetime | None) -> None:
    """An edit by a person. Unfurls arrive the same way; they carry no new `edited_ts` and are no version.

    `before` is what the edit replaced: its own event may not have come yet.
    """
    if said.edited_ts is None:
        return
    message = await _message(uow, said.channel_id, said.ts)
    if message.erased_at is not None:
        return
    if before is not None:
        await _add_version(uow, message, before.ts, before.text)
    await _hear_again(uow, [said])
    message.edited_at = max(filter(None, (message.edited_at, edited_at)), default=None)


async def hear_deletion(
    uow: UnitOfWork,
    channel_id: str,
    ts: str,
    *,
    at: datetime,
    before: Spoken | None = None,
) -> None:
    """Keeps what was deleted (`before`: as it was last), and a tombstone for a deletion before its message."""
    message = await _message(uow, channel_id, ts)
    message.deleted_at, message.found_missing = message.deleted_at or at, False
    if before is not None:
        await _hear_again(uow, [before])


async def mark(uow: UnitOfWork, channel_id: str, ts: str, *, source: str, person: str, at: datetime) -> None:
    """Makes the message a key event; a second mark by the same person in the same way changes nothing."""
    found = await _mark(uow, channel_id, ts, source, person)
    if found is None:
        found = KeyMark(team_id=uow.team_id, channel_id=channel_id, message_ts=ts, source=source, person=person, at=at)
        uow.session.add(found)
    # A mark that was taken away later than this one was set stays away: events come in any order.
    elif found.removed_at is not None and at > found.removed_at:
        found.at, found.removed_at = at, None
    await notice(uow, person)
    await uow.session.flush()


async def unmark(uow: UnitOfWork, channel_id: str, ts: str, *, source: str, person: str, at: datetime) -> None:
    """Takes one person's mark away; the message stays a key event while others keep theirs."""
    found = await _mark(uow, channel_id, ts, source, person)
    if found is None:
        found = KeyMark(team_id=uow.team_id, channel_id=channel_id, message_ts=ts, source=source, person=person, at=at)
        uow.session.add(found)
    if at >= found.at:
        found.removed_at = at
    await uow.session.flush()


async def unmark_all(uow: UnitOfWork, channel_id: str, ts: str, *, source: str, at: datetime) -> None:
    """Takes away every mark of this kind that was set before `at`."""
    await uow.session.execute(
        update(KeyMark)
        .where(
            KeyMark.team_id == uow.team_id,
            KeyMark.channel_id == channel_id,
            KeyMark.message_ts == ts,
            KeyMark.source == source,
            KeyMark.at <= at,
            KeyMark.removed_at.is_(None),
        )
        .values(removed_at=at)
    )


async def key_marks(uow: UnitOfWork, channel_id: str) -> set[str]:
    """The ts of every message that is marked now."""
    rows = await uow.session.scalars(
        select(KeyMark.message_ts).where(
            KeyMark.team_id == uow.team_id, KeyMark.channel_id == channel_id, KeyMark.removed_at.is_(None)
        )
    )
    return set(rows)


async def messages(uow: UnitOfWork, channel_id: str) -> Sequence[Message]:
    """Everything that was said in the channel, in the order of its time."""
    rows = await uow.session.scalars(
        select(Message).where(Message.team_id == uow.team_id, Message.channel_id == channel_id).order_by(Message.ts)
    )
    return rows.all()


async def versions(uow: UnitOfWork, channel_id: str) -> dict[int, list[MessageVersion]]:
    """{message id: its versions, the first first}."""
    rows = await uow.session.scalars(
        select(MessageVersion)
        .join(Message, Message.id == MessageVersion.message_id)
        .where(Message.team_id == uow.team_id, Message.channel_id == channel_id)
        .order_by(MessageVersion.message_id, MessageVersion.version_ts)
    )
    found: dict[int, list[MessageVersion]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(row)
    return found


async def _mark(uow: UnitOfWork, channel_id: str, ts: str, source: str, person: str) -> KeyMark | None:
    found: KeyMark | None = await uow.session.scalar(
        select(KeyMark).where(
            KeyMark.team_id == uow.team_id,
            KeyMark.channel_id == channel_id,
            KeyMark.message_ts == ts,
            KeyMark.source == source,
            KeyMark.person == person,
        )
    )
    return found


async def _message(uow: UnitOfWork, channel_id: str, ts: str) -> Message:
    found = await uow.session.scalar(
        select(Message).where(Message.team_id == uow.team_id, Message.channel_id == channel_id, Message.ts == ts)
    )
    if found is None:
        found = Message(team_id=uow.team_id, channel_id=channel_id, ts=ts, text="", files=[])
        uow.session.add(found)
        await uow.session.flush()
    return found


async def _messages(uow: UnitOfWork, said: Sequence[Spoken]) -> dict[str, Message]:
    """{ts: the message}, as far as they are on record."""
    rows = await uow.session.scalars(
        select(Message).where(
            Message.team_id == uow.team_id,
            Message.channel_id == said[0].channel_id,
            Message.ts.in_({one.ts for one in said}),
        )
    )
    return {message.ts: message for message in rows}


async def _add_version(uow: UnitOfWork, message: Message, version_ts: str, text: str) -> None:
    rows = await uow.session.scalars(select(MessageVersion.version_ts).where(MessageVersion.message_id == message.id))
    known = set(rows)
    if version_ts not in known:
        uow.session.add(MessageVersion(team_id=uow.team_id, message_id=message.id, version_ts=version_ts, text=text))
        await uow.session.flush()
    if version_ts >= max(known, default=version_ts):
        message.text = text
