"""Takes people's words out of the record for good: a secret that was posted, or what one person said.

That something was erased, by whom and when, stays. What Slack and backups hold is beyond our reach.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from bot.domain.mrkdwn import Mrkdwn, mention
from bot.errors import UserError
from bot.service import postmortem
from bot.service.desk import UnitOfWork
from bot.service.events import WordsErased
from bot.service.notifications import publish
from bot.service.people import names
from bot.store import inbox, outbox
from bot.store.tables import ActionItem, Incident, Message, MessageVersion, Postmortem, TimelineEntry, Update


@dataclass(frozen=True, kw_only=True)
class Erased:
    """How much was taken out."""

    messages: int = 0
    entries: int = 0  # of the timeline, updates among them
    actions: int = 0

    def __str__(self) -> str:
        counted = ((self.messages, "message"), (self.entries, "timeline entry"), (self.actions, "action item"))
        told = [f"{n} {what if n == 1 else what.replace('entry', 'entrie') + 's'}" for n, what in counted if n]
        return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told) or "nothing"


async def erase_messages(uow: UnitOfWork, incident: Incident, stamps: Collection[str], *, reason: str) -> Erased:
    """Erases messages of the channel by their ts, in every version; refused where one isn't on record."""
    found = await _messages(uow, incident, Message.ts.in_(stamps))
    if missing := sorted(set(stamps) - {one.ts for one in found}):
        raise UserError(
            f"INC-{incident.number} has no message {missing[0]} on record. `incident-bot export {incident.name}` "
            "lists them all, each with its ts."
        )
    return await _erase(uow, incident, found, reason=reason)


async def erase_person(uow: UnitOfWork, incident: Incident, person: str, *, reason: str) -> Erased:
    """Erases what the person said in the incident: messages, notes, updates, reasons, action items, the description.

    The title stays, since everybody knows the incident by it.
    """
    return await _erase(
        uow, incident, await _messages(uow, incident, Message.person == person), reason=reason, person=person
    )


async def _messages(uow: UnitOfWork, incident: Incident, which: Any) -> Sequence[Message]:
    rows = await uow.session.scalars(
        select(Message).where(
            Message.team_id == uow.team_id,
            Message.channel_id == incident.channel_id,
            Message.erased_at.is_(None),
            which,
        )
    )
    return rows.all()


async def _erase(
    uow: UnitOfWork, incident: Incident, messages: Sequence[Message], *, reason: str, person: str | None = None
) -> Erased:
    if not reason.strip():
        raise UserError("Why is it erased? The reason stays on record.")
    assert uow.actor is not None  # noqa: S101 - the command line asks who it is
    instead = _instead((await names(uow, [uow.actor])).get(uow.actor, uow.actor), uow.now)
    for message in messages:
        message.text, message.files = instead, []
        message.erased_at, message.erased_by = uow.now, uow.actor
    await uow.session.execute(
        delete(MessageVersion).where(MessageVersion.message_id.in_([message.id for message in messages]))
    )
    entries, actions = 0, 0
    if person is not None:
        entries = await _erase_entries(uow, incident, person, instead)
        actions = await _erase_actions(uow, incident, person, instead)
    stamps = {message.ts for message in messages}
    waited = await inbox.forget(uow.session, uow.team_id, incident.channel_id or "", stamps=stamps, person=person)
    kept_out = await _keep_out(uow, incident, waited, person, instead)
    erased = Erased(messages=len(messages) + kept_out, entries=entries, actions=actions)
    if not any((erased.messages, erased.entries, erased.actions)):
        raise UserError(f"There's nothing to erase in {incident.name}.")
    await outbox.forget(uow.session, uow.team_id, incident_id=incident.id, person=person)
    by_whom = Mrkdwn(" by {}").format(mention(person)) if person else Mrkdwn("")
    uow.record(incident, "erased", Mrkdwn("Erased {}{}: {}").format(str(erased), by_whom, reason.strip()))
    await uow.session.flush()
    await _redraft(uow, incident, instead)
    if entries and incident.is_live:
        await publish(uow, WordsErased(incident=incident))
    return erased


async def _keep_out(
    uow: UnitOfWork, incident: Incident, stamps: Collection[str], person: str | None, instead: str
) -> int:
    """Puts down as erased what was let go of before it was on record: reading the channel again won't bring it in."""
    rows = await uow.session.scalars(
        select(Message.ts).where(
            Message.team_id == uow.team_id, Message.channel_id == incident.channel_id, Message.ts.in_(stamps)
        )
    )
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


async def _entries(uow: UnitOfWork, incident: Incident, person: str) -> Iterable[TimelineEntry]:
    """What the person put on the timeline in words of their own."""
    rows = await uow.session.scalars(
        select(TimelineEntry).where(TimelineEntry.incident_id == incident.id, TimelineEntry.person == person)
    )
    return [row for row in rows if _kept(row) is not None]


def _kept(entry: TimelineEntry) -> Mrkdwn | None:
    """What of its text is the bot's and stays, up to the person's own words; None where it has none of those."""
    match entry.kind:
        case "note":
            return Mrkdwn("")
        case "priority":
            return Mrkdwn(entry.text.partition(", because: ")[0] + ", because: ")
        case "update" | "action":
            return Mrkdwn(entry.text.partition(": ")[0] + ": ")
        case "status" if entry.data.get("reason"):
            return Mrkdwn(entry.text.partition(": ")[0] + ": ")
    return None


async def _erase_entries(uow: UnitOfWork, incident: Incident, person: str, instead: str) -> int:
    """The timeline's entries, and the rows that hold the same words."""
    found = list(await _entries(uow, incident, person))
    for entry in found:
        if entry.kind == "priority" and entry.data.get("because") == incident.priority_because:
            incident.priority_because = instead
        if entry.data.get("reason") and entry.data.get("reason") == incident.resolution:
            incident.resolution = instead
        entry.text = (_kept(entry) or Mrkdwn("")) + Mrkdwn("{}").format(instead)
        entry.data = {key: instead if key in ("because", "reason") else value for key, value in entry.data.items()}
    updates = await uow.session.scalars(
        select(Update).where(Update.incident_id == incident.id, Update.person == person)
    )
    for update in updates:
        update.text = instead
    if incident.reporter == person and incident.description:
        incident.description = instead
        return len(found) + 1
    return len(found)


async def _erase_actions(uow: UnitOfWork, incident: Incident, person: str, instead: str) -> int:
    rows = (
        await uow.session.scalars(
            select(ActionItem).where(ActionItem.incident_id == incident.id, ActionItem.added_by == person)
        )
    ).all()
    for row in rows:
        row.text = instead
    return len(rows)


async def _redraft(uow: UnitOfWork, incident: Incident, instead: str) -> None:
    """The newest draft is written anew from what is left; of earlier ones only that they were there stays."""
    rows = await uow.session.scalars(
        select(Postmortem).where(Postmortem.incident_id == incident.id).order_by(Postmortem.made_at, Postmortem.id)
    )
    drafts = rows.all()
    for draft in drafts:
        draft.markdown = f"{instead}\n"
    if drafts:
        drafts[-1].markdown = uow.write_postmortem(await postmortem.facts(uow, incident))
