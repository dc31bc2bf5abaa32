"""The timeline of an incident: what the bot recorded and the messages that people marked, in order of time."""

from collections.abc import Sequence

from sqlalchemy import select

from bot.domain.mrkdwn import mentioned, plain
from bot.domain.postmortem import TimelineItem, message_link
from bot.domain.times import from_ts
from bot.service import chat
from bot.service.desk import UnitOfWork
from bot.service.files import file_names
from bot.service.people import handles, names
from bot.store.tables import Incident, Message, TimelineEntry, Workspace


async def entries(uow: UnitOfWork, incident: Incident) -> Sequence[TimelineEntry]:
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


async def items(uow: UnitOfWork, incident: Incident) -> list[TimelineItem]:
    """Everything on the timeline, with names instead of ids and a link for what was said in the chat."""
    recorded, marked = await entries(uow, incident), await key_messages(uow, incident)
    people = {entry.person for entry in recorded} | {message.person for message in marked}
    texts = [entry.text for entry in recorded] + [message.text for message in marked]
    people |= {one for text in texts for one in mentioned(text)}
    full, handle = await names(uow, people), await handles(uow, people)
    workspace = await uow.session.get(Workspace, uow.team_id)
    found = [
        TimelineItem(
            at=entry.at,
            kind=entry.kind,
            who=full.get(entry.person, entry.person) if entry.person else "incident bot",
            text=plain(entry.text, full.get if entry.kind == "role" else handle.get),
        )
        for entry in recorded
    ]
    for message in marked:
        link = None
        if workspace is not None:
            link = message_link(workspace.url, message.channel_id, message.ts, message.thread_ts)
        who = full.get(message.person, message.person) if message.person else message.author_name
        text = plain(message.text, handle.get) or file_names(message.files)
        found.append(
            TimelineItem(
                at=from_ts(message.ts), kind="message", who=who or "an app", text=text, link=link, message_ts=message.ts
            )
        )
    return sorted(found, key=lambda item: item.at)
