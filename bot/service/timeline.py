"""The timeline of an incident: what the bot recorded and the messages that people marked, in order of time."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from bot.domain import entries
from bot.domain.mrkdwn import mentioned, plain
from bot.domain.report import TimelineItem
from bot.domain.times import from_ts
from bot.service import chat
from bot.service.desk import UnitOfWork
from bot.service.files import file_names
from bot.service.people import Known, known_people
from bot.store.tables import Incident, Message, TimelineEntry, Workspace


async def recorded(uow: UnitOfWork, incident: Incident) -> Sequence[TimelineEntry]:
    """What the bot put on record."""
    rows = await uow.session.scalars(
        select(TimelineEntry)
        .where(TimelineEntry.incident_id == incident.id)
        .order_by(TimelineEntry.at, TimelineEntry.id)
    )
    return rows.all()


async def key_messages(uow: UnitOfWork, incident: Incident) -> Sequence[Message]:
    """The marked messages, each once, without those that were deleted since."""
    if incident.channel_id is None:
        return []
    marked = await chat.key_marks(uow, incident.channel_id)
    return [
        message
        for message in await chat.messages(uow, incident.channel_id)
        if message.ts in marked and message.deleted_at is None
    ]


def named_in(found: Iterable[TimelineEntry], said: Iterable[Message]) -> set[str | None]:
    """Ids of everybody whom these entries and messages name, or who made them."""
    ids: set[str | None] = set()
    for entry in found:
        ids |= {entry.person, entry.data.get("person")}
        if entry.kind == "role":
            ids.update(entry.data.get("before") or ())
    for message in said:
        ids |= {message.person, *mentioned(message.text)}
    return ids


async def items(uow: UnitOfWork, incident: Incident) -> list[TimelineItem]:
    """Everything on the timeline, with names instead of ids and a link for what was said in the chat."""
    found, marked = await recorded(uow, incident), await key_messages(uow, incident)
    return await in_order(uow, found, marked, await known_people(uow, named_in(found, marked)))


async def in_order(
    uow: UnitOfWork, found: Sequence[TimelineEntry], marked: Sequence[Message], who: Known
) -> list[TimelineItem]:
    """These entries and messages as one timeline; `who` knows everybody who is named in them."""
    workspace = await uow.session.get(Workspace, uow.team_id)
    naming = entries.Naming(
        person=lambda user_id: who(user_id).name, role=uow.settings.role_name, priority=uow.settings.priority_label
    )
    timeline = [
        TimelineItem(
            at=entry.at,
            kind=entry.kind,
            person=who.optional(entry.person),
            author=None if entry.person else entry.data.get("integration"),
            what=entries.told(entry.kind, entry.data, naming),
            words=entry.words,
        )
        for entry in found
    ]
    for message in marked:
        link = None
        if workspace is not None:
            link = uow.permalinks.message(workspace.url, message.channel_id, message.ts, message.thread_ts)
        timeline.append(
            TimelineItem(
                at=from_ts(message.ts),
                kind="message",
                person=who.optional(message.person),
                author=message.author_name,
                words=plain(message.text, who.handle) or file_names(message.files),
                link=link,
                message_ts=message.ts,
            )
        )
    return sorted(timeline, key=lambda item: item.at)
