"""What people write in an incident's channel is on record, in whatever order Slack tells it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from bot.domain.mrkdwn import mentioned
from bot.service.desk import UnitOfWork
from bot.service.people import notice
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


async def hear(uow: UnitOfWork, *said: Spoken) -> None:
    """Puts messages of one channel on record, or versions of them; the same once more changes nothing."""
    messages = await _messages(uow, said)
    known = await _versions(uow, messages.values())
    people: list[str] = []
    versions: list[tuple[Message, str, str]] = []
    for one in said:
        message = messages[one.ts]
        if message.person is None:
            message.person, message.author_name = one.person, one.author_name
            people += [person for person in (one.person, *mentioned(one.text)) if person is not None]
        message.thread_ts = one.thread_ts or message.thread_ts
        message.subtype = message.subtype or one.subtype
        if one.files:
            message.files = list(one.files)
        version = one.edited_ts or one.ts
        stamps = known.setdefault(one.ts, set())
        if not stamps or version >= max(stamps):
            message.text = one.text
        if version not in stamps:
            stamps.add(version)
            versions.append((message, version, one.text))
    await uow.session.flush()  # numbers the messages
    uow.session.add_all(
        MessageVersion(team_id=uow.team_id, message_id=message.id, version_ts=version, text=text)
        for message, version, text in versions
    )
    await notice(uow, *people)
    await uow.session.flush()


async def hear_edit(uow: UnitOfWork, said: Spoken, *, before: str | None, edited_at: datetime | None) -> None:
    """An edit by a person. Unfurls arrive the same way; they carry no new `edited_ts` and are no version.

    `before` is the text that the edit replaced, which saves the first version where its message has not come yet.
    """
    if said.edited_ts is None:
        return
    message = await _message(uow, said.channel_id, said.ts)
    if before is not None:
        await _add_first_version(uow, message, before)
    await hear(uow, said)
    message.edited_at = max(filter(None, (message.edited_at, edited_at)), default=None)


async def hear_deletion(
    uow: UnitOfWork, channel_id: str, ts: str, *, at: datetime, last_text: str | None = None, person: str | None = None
) -> None:
    """Keeps what was deleted, and a tombstone for a deletion that comes before its message."""
    message = await _message(uow, channel_id, ts)
    message.deleted_at = message.deleted_at or at
    message.person = message.person or person
    if last_text is not None:
        await _add_first_version(uow, message, last_text)


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
    """{ts: the message}, new ones where there were none."""
    wanted = {one.ts: one.channel_id for one in said}
    rows = await uow.session.scalars(
        select(Message).where(
            Message.team_id == uow.team_id,
            Message.channel_id.in_(set(wanted.values())),
            Message.ts.in_(wanted),
        )
    )
    found = {message.ts: message for message in rows}
    for ts, channel_id in wanted.items():
        if ts not in found:
            found[ts] = Message(team_id=uow.team_id, channel_id=channel_id, ts=ts, text="", files=[])
            uow.session.add(found[ts])
    return found


async def _versions(uow: UnitOfWork, messages: Iterable[Message]) -> dict[str, set[str]]:
    """{ts of the message: the version_ts of each of its versions}."""
    stored = {message.id: message.ts for message in messages if message.id is not None}
    found: dict[str, set[str]] = {}
    if stored:
        rows = await uow.session.execute(
            select(MessageVersion.message_id, MessageVersion.version_ts).where(MessageVersion.message_id.in_(stored))
        )
        for message_id, version_ts in rows:
            found.setdefault(stored[message_id], set()).add(version_ts)
    return found


async def _add_first_version(uow: UnitOfWork, message: Message, text: str) -> None:
    """As it was written, where no version is known yet."""
    if not await _versions(uow, [message]):
        uow.session.add(MessageVersion(team_id=uow.team_id, message_id=message.id, version_ts=message.ts, text=text))
        message.text = text
        await uow.session.flush()
