"""Takes people's words out of the record for good: a secret that was posted, or what one person said.

That something was erased, by whom and when, stays. What Slack and backups hold is beyond our reach.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from bot.errors import UserError
from bot.service import alerts, waiting
from bot.service.desk import UnitOfWork
from bot.service.events import WordsErased
from bot.service.notifications import publish
from bot.service.people import names
from bot.service.postmortem import DraftWriter
from bot.service.report import report
from bot.store import forgetting
from bot.store.tables import ActionItem, Incident, Message, MessageVersion, Postmortem, TimelineEntry, Update


@dataclass(frozen=True, kw_only=True)
class Erased:
    """How much was taken out."""

    messages: int = 0
    entries: int = 0  # of the timeline, updates among them
    alerts: int = 0
    actions: int = 0
    events: int = 0  # that waited to be put on record, or were set aside

    def __str__(self) -> str:
        counted = (
            (self.messages, "message"),
            (self.entries, "timeline entry"),
            (self.alerts, "alert"),
            (self.actions, "action item"),
            (self.events, "waiting event"),
        )
        told = [f"{n} {what if n == 1 else what.replace('entry', 'entrie') + 's'}" for n, what in counted if n]
        return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told) or "nothing"


async def erase_messages(
    uow: UnitOfWork, incident: Incident, stamps: Collection[str], *, reason: str, write: DraftWriter
) -> Erased:
    """Erases messages of the channel by their ts, in every version; refused where one isn't on record."""
    found = await _messages(uow, incident, Message.ts.in_(stamps))
    if missing := sorted(set(stamps) - {one.ts for one in found}):
        raise UserError(
            f"INC-{incident.number} has no message {missing[0]} on record. `incident-bot export {incident.name}` "
            "lists them all, each with its ts."
        )
    return await _erase(uow, incident, found, reason=reason, write=write)


async def erase_person(uow: UnitOfWork, incident: Incident, person: str, *, reason: str, write: DraftWriter) -> Erased:
    """Erases what the person said in the incident: messages, notes, updates, reasons, action items, the description.

    The title stays, since everybody knows the incident by it, and so do the service and the category: they are facts.
    """
    return await _erase(
        uow,
        incident,
        await _messages(uow, incident, Message.person == person),
        reason=reason,
        write=write,
        person=person,
    )


async def erase_integration(
    uow: UnitOfWork, incident: Incident, integration: str, *, reason: str, write: DraftWriter
) -> Erased:
    """Erases what an integration said in the incident: its alerts, their words on the timeline, the description.

    The title stays, as with a person's.
    """
    instead, before = await _what_stands_instead(uow, reason), await _before(uow, incident)
    about = {one.key for one in await alerts.of_incident(uow, incident) if one.integration == integration}
    await forgetting.in_hooks(uow.session, uow.team_id, integration, about, instead=instead)
    told = await alerts.erase(uow, incident, integration, instead=instead, before=before)
    rows = await uow.session.scalars(
        select(TimelineEntry).where(TimelineEntry.incident_id == incident.id, TimelineEntry.kind == "alert")
    )
    entries = [row for row in rows if row.data.get("integration") == integration and row.words not in before]
    for entry in entries:
        entry.words, entry.data = instead, {**entry.data, "severity": ""}
    if incident.reporter_integration == integration:
        incident.description = instead if incident.description else ""
        if incident.priority_because.startswith(f"{integration} says "):
            incident.priority_because = instead
    erased = Erased(entries=len(entries) if told else 0, alerts=told)
    await _put_down(uow, incident, erased, instead=instead, reason=reason, integration=integration)
    await _forget_answers(uow, incident, person=None, theirs={})
    await _redraft(uow, incident, write, instead, before)
    return erased


async def _messages(uow: UnitOfWork, incident: Incident, which: Any) -> Sequence[Message]:
    rows = await uow.session.scalars(
        select(Message).where(*_in_channel(uow, incident), Message.erased_at.is_(None), which)
    )
    return rows.all()


def _in_channel(uow: UnitOfWork, incident: Incident) -> Sequence[ColumnElement[bool]]:
    return [Message.team_id == uow.team_id, Message.channel_id == incident.channel_id]


async def _erase(
    uow: UnitOfWork,
    incident: Incident,
    messages: Sequence[Message],
    *,
    reason: str,
    write: DraftWriter,
    person: str | None = None,
) -> Erased:
    instead = await _what_stands_instead(uow, reason)
    for message in messages:
        message.text, message.files = instead, []
        message.erased_at, message.erased_by = uow.now, uow.actor
    await uow.session.execute(
        delete(MessageVersion).where(MessageVersion.message_id.in_([message.id for message in messages]))
    )
    entries, actions, theirs = 0, 0, dict[str, Collection[int]]()
    stamps, before = {message.ts for message in messages}, await _before(uow, incident)
    if person is not None:
        theirs = await _put_on_record_by(uow, incident, person)
        entries = await _erase_entries(uow, incident, person, instead, before)
        actions = await _erase_actions(uow, incident, person, instead, before)
        # What was told since of a message that is erased already may have been set aside.
        said = select(Message.ts).where(*_in_channel(uow, incident), Message.person == person)
        stamps |= set(await uow.session.scalars(said))
    waited, events = await forgetting.in_inbox(uow.session, incident, stamps=stamps, person=person)
    kept_out = await _keep_out(uow, incident, waited, person, instead)
    erased = Erased(messages=len(messages) + kept_out, entries=entries, actions=actions, events=events)
    await _put_down(uow, incident, erased, instead=instead, reason=reason, person=person)
    await _forget_answers(uow, incident, person=person, theirs=theirs)
    await _redraft(uow, incident, write, instead, before)
    if entries and incident.is_live:
        await publish(uow, WordsErased(incident=incident))
    return erased


async def _what_stands_instead(uow: UnitOfWork, reason: str) -> str:
    if not reason.strip():
        raise UserError("Why is it erased? The reason stays on record.")
    assert uow.actor is not None  # noqa: S101 - the command line asks who it is
    return _instead((await names(uow, [uow.actor])).get(uow.actor, uow.actor), uow.now)


async def _put_down(
    uow: UnitOfWork,
    incident: Incident,
    erased: Erased,
    *,
    instead: str,
    reason: str,
    person: str | None = None,
    integration: str | None = None,
) -> None:
    """That something was erased goes on the timeline; refused where nothing was."""
    if erased == Erased():
        raise UserError(f"There's nothing to erase in {incident.name}, or it is erased already.")
    uow.record(
        incident,
        "erased",
        reason.strip(),
        what=str(erased),
        person=person,
        integration=integration,
        instead=instead,
    )


async def _forget_answers(
    uow: UnitOfWork, incident: Incident, *, person: str | None, theirs: Mapping[str, Collection[int]]
) -> None:
    for item in await forgetting.in_outbox(uow.session, incident, person=person, theirs=theirs):
        item.finished_at = uow.now
        await waiting.unmark(uow, item)
    await uow.session.flush()


async def _before(uow: UnitOfWork, incident: Incident) -> set[str]:
    """What stands where words were erased before: they aren't erased again, so it stays who erased them, and when."""
    rows = await uow.session.scalars(
        select(TimelineEntry).where(TimelineEntry.incident_id == incident.id, TimelineEntry.kind == "erased")
    )
    return {str(row.data["instead"]) for row in rows if "instead" in row.data}


async def _put_on_record_by(uow: UnitOfWork, incident: Incident, person: str) -> dict[str, Collection[int]]:
    """Ids of what the person has put on record, by what messages call them."""

    async def ids(table: type[TimelineEntry | Update | ActionItem], by: Any) -> set[int]:
        return set(await uow.session.scalars(select(table.id).where(table.incident_id == incident.id, by == person)))

    return {
        "entry_id": await ids(TimelineEntry, TimelineEntry.person),
        "update_id": await ids(Update, Update.person),
        "action_id": await ids(ActionItem, ActionItem.added_by),
    }


async def _keep_out(
    uow: UnitOfWork, incident: Incident, stamps: Collection[str], person: str | None, instead: str
) -> int:
    """Puts down as erased what was let go of before it was on record: reading the channel again won't bring it in."""
    rows = await uow.session.scalars(select(Message.ts).where(*_in_channel(uow, incident), Message.ts.in_(stamps)))
    unknown = sorted(set(stamps) - set(rows))
    for ts in unknown:
        uow.session.add(
            Message(
                team_id=uow.team_id,
                channel_id=incident.channel_id,
                ts=ts,
                person=person,
                text=instead,
                files=[],
                erased_at=uow.now,
                erased_by=uow.actor,
            )
        )
    return len(unknown)


def _instead(by: str, at: datetime) -> str:
    return f"(erased by {by} on {at:%Y-%m-%d})"


async def _erase_entries(
    uow: UnitOfWork, incident: Incident, person: str, instead: str, before: Collection[str]
) -> int:
    """The timeline's entries, and the rows that hold the same words."""
    rows = await uow.session.scalars(
        select(TimelineEntry).where(TimelineEntry.incident_id == incident.id, TimelineEntry.person == person)
    )
    found = 0
    for entry in rows:
        # The title stays, and why something was erased.
        if entry.kind in ("declared", "erased") or entry.words in {"", *before}:
            continue
        found += 1
        if entry.kind == "priority" and incident.priority_because == entry.words:
            incident.priority_because = instead
        if entry.kind == "status" and incident.resolution == entry.words:
            incident.resolution = instead
        entry.words = instead
    updates = await uow.session.scalars(
        select(Update).where(Update.incident_id == incident.id, Update.person == person, Update.text.not_in(before))
    )
    for update in updates:
        update.text = instead
    if incident.reporter == person and incident.description not in {"", *before}:
        incident.description = instead
        found += 1
    return found


async def _erase_actions(
    uow: UnitOfWork, incident: Incident, person: str, instead: str, before: Collection[str]
) -> int:
    rows = (
        await uow.session.scalars(
            select(ActionItem).where(
                ActionItem.incident_id == incident.id,
                ActionItem.added_by == person,
                ActionItem.text.not_in(before),
            )
        )
    ).all()
    for row in rows:
        row.text = instead
    return len(rows)


async def _redraft(
    uow: UnitOfWork, incident: Incident, write: DraftWriter, instead: str, before: Collection[str]
) -> None:
    """The newest draft is written anew from what is left; of earlier ones only that they were there stays."""
    rows = await uow.session.scalars(
        select(Postmortem).where(Postmortem.incident_id == incident.id).order_by(Postmortem.made_at, Postmortem.id)
    )
    drafts = rows.all()
    for draft in drafts[:-1]:
        if draft.markdown.strip() not in before:
            draft.markdown = f"{instead}\n"
    if drafts:
        drafts[-1].markdown = write(await report(uow, incident))
