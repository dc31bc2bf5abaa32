"""Who is told of what: one table, from what happened to what each destination is told.

The words are made when it is sent. A private incident reaches nobody outside its channel: that is seen to here.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.service import events
from bot.service.desk import UnitOfWork
from bot.service.events import Event
from bot.service.incidents import by_id
from bot.store.outbox import UNFINISHED
from bot.store.tables import DueJob, Incident, OutboxItem, RoleAssignment

log = logging.getLogger(__name__)

# Why something was not done, where the reason is ours.
A_BUG = "there's a bug on my side, and the details are in my log"

# What says something new goes before what brings up to date what is shown already.
_EDITS = 7

Promise = Callable[[UnitOfWork, Event], Awaitable[OutboxItem | None]]


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One thing that is told, to somebody."""

    promise: Promise
    outside: bool = False  # to people who may not be in the incident's channel: never of a private one


async def publish(uow: UnitOfWork, event: Event) -> list[OutboxItem]:
    """Promises everything that is told of `event`, in the transaction in which it happens; returns the promises."""
    promised = [
        await telling.promise(uow, event)
        for telling in _TOLD[type(event)]
        if not (telling.outside and event.incident.is_private)
    ]
    return [item for item in promised if item is not None]


def _channel_lane(incident: Incident) -> str:
    return f"channel:{incident.id}"


def _announcement_lane(incident: Incident) -> str:
    return f"announcement:{incident.id}"


def _people_lane(incident: Incident) -> str:
    return f"people:{incident.id}"


def lanes(incident: Incident) -> list[str]:
    """Where everything waits that people see of an incident in Slack."""
    own = [f"{name}:{incident.id}" for name in ("room", "people", "card", "rest", "files")]
    return [*own, _channel_lane(incident), _announcement_lane(incident)]


async def _set_up_channel(uow: UnitOfWork, event: Event) -> OutboxItem:
    """Everything that a declaration sets up; returns the step that makes the channel.

    Three rounds of calls: the channel; then, side by side, the people, the topic, the card, the announcement and the
    answer; then what hangs on the card. The declarer is in after two. Where Slack's limits make them queue, the
    highest priority goes first.
    """
    incident = event.incident
    ranks = list(uow.settings.priorities)
    urgency = 1 + min(3, ranks.index(incident.priority) if incident.priority in ranks else 3)
    channel = await uow.tell("create_channel", lane=f"room:{incident.id}", incident=incident, urgency=urgency)
    await uow.tell("invite", lane=_people_lane(incident), after=channel, incident=incident, urgency=urgency - 1)
    card = await uow.tell("post_card", lane=f"card:{incident.id}", after=channel, incident=incident, urgency=urgency)
    await uow.tell("set_topic", lane=f"topic:{incident.id}", after=channel, incident=incident, urgency=urgency)
    if not incident.is_private:
        await uow.tell("announce", lane=_announcement_lane(incident), after=channel, incident=incident, urgency=urgency)
    await uow.tell("pin_card", lane=f"pin:{incident.id}", after=card, incident=incident)
    await uow.tell("post", lane=_channel_lane(incident), after=card, incident=incident, payload={"message": "briefing"})
    return channel


async def _card(uow: UnitOfWork, event: Event) -> OutboxItem:
    """It is edited in place; several changes before it is sent become one edit."""
    incident = event.incident
    return await uow.tell("edit_card", lane=f"card:{incident.id}", incident=incident, coalesce=True, urgency=_EDITS)


async def _announcement(uow: UnitOfWork, event: Event) -> OutboxItem:
    lane = _announcement_lane(event.incident)
    return await uow.tell("edit_announcement", lane=lane, incident=event.incident, coalesce=True, urgency=_EDITS)


async def _withdrawal(uow: UnitOfWork, event: Event) -> OutboxItem:
    """The announcement says no more than that it is private now; its thread says nothing."""
    lane = _announcement_lane(event.incident)
    await uow.tell("edit_announcement", lane=lane, incident=event.incident, coalesce=True)
    return await uow.tell("withdraw_replies", lane=lane, incident=event.incident)


async def _topic(uow: UnitOfWork, event: Event) -> OutboxItem:
    incident = event.incident
    return await uow.tell("set_topic", lane=f"topic:{incident.id}", incident=incident, coalesce=True, urgency=_EDITS)


async def _invitation(uow: UnitOfWork, event: Event) -> OutboxItem:
    payload = {"person": event.references()["person"], "by": uow.actor}
    return await uow.tell("invite", lane=_people_lane(event.incident), incident=event.incident, payload=payload)


async def _role_brief(uow: UnitOfWork, event: Event) -> OutboxItem:
    """What a role expects, privately.

    It goes out behind the invitation: where that decides who may see the incident, whoever isn't let in hears nothing.
    """
    told = {"before": [], **event.references()}
    payload = {"message": "role_brief"} | {key: told[key] for key in ("person", "role", "before")}
    return await uow.tell("tell_person", lane=_people_lane(event.incident), incident=event.incident, payload=payload)


async def _postmortem(uow: UnitOfWork, event: Event) -> OutboxItem:
    """The draft goes behind what was said before; what is said later doesn't wait for it.

    Files go through a host of their own, which can be away for long while messages get through.
    """
    return await uow.tell(
        "upload_postmortem",
        lane=f"files:{event.incident.id}",
        after=await _last_of(uow, _channel_lane(event.incident)),
        incident=event.incident,
        payload=event.references(),
    )


async def _last_of(uow: UnitOfWork, lane: str) -> OutboxItem | None:
    """The last that is still to be told in a lane of Slack's."""
    found: OutboxItem | None = await uow.session.scalar(
        select(OutboxItem)
        .where(
            OutboxItem.team_id == uow.team_id,
            OutboxItem.destination == "slack",
            OutboxItem.lane == lane,
            OutboxItem.state.in_(UNFINISHED),
        )
        .order_by(OutboxItem.id.desc())
        .limit(1)
    )
    return found


async def _was_told(uow: UnitOfWork, key: str, *, within: timedelta | None = None) -> bool:
    """Whether an item with this coalesce key was promised before, or `within` this time."""
    before = select(OutboxItem.id).where(OutboxItem.team_id == uow.team_id, OutboxItem.coalesce_key == key)
    if within is not None:
        before = before.where(OutboxItem.created_at > uow.now - within)
    return await uow.session.scalar(before.limit(1)) is not None


async def _trouble(uow: UnitOfWork, event: Event) -> OutboxItem | None:
    """Once for each subject and person."""
    told = event.references()
    lane = f"trouble:{event.incident.id}:{told.pop('subject')}:{told['person'] or ''}"
    payload = {"message": "trouble", **told}
    if told["person"] is None:
        return await _tell_whoever_reads(uow, event.incident, lane, payload)
    if await _was_told(uow, f"tell_person:{lane}"):
        return None
    return await uow.tell("tell_person", lane=lane, incident=event.incident, coalesce=True, payload=payload)


async def _tell_whoever_reads(
    uow: UnitOfWork, incident: Incident, lane: str, payload: Mapping[str, Any], *, within: timedelta | None = None
) -> OutboxItem | None:
    """Where nobody is in charge: in the channel, else, where there is none, to the stakeholders; once for each lane."""
    has_channel = incident.channel_id is not None and incident.bot_left_at is None and not incident.channel_is_archived
    step, before = ("post", _channel_lane) if has_channel else ("post_to_stakeholders", _announcement_lane)
    if incident.is_private and not has_channel:
        log.warning("Nobody can be told what is wrong with %s.", incident.name, extra={"action": "nobody_to_tell"})
        return None
    if await _was_told(uow, f"{step}:{lane}", within=within):
        return None
    # Behind what begins the channel, or the thread.
    after = await _last_of(uow, before(incident))
    return await uow.tell(step, lane=lane, after=after, incident=incident, coalesce=True, payload=payload)


def _in_channel(message: str) -> Telling:
    """A message in the incident's channel; `message` is a name in bot.slack.messages."""

    async def promise(uow: UnitOfWork, event: Event) -> OutboxItem:
        payload = _payload(uow, message, event)
        return await uow.tell("post", lane=_channel_lane(event.incident), incident=event.incident, payload=payload)

    return Telling(promise=promise)


def _to_stakeholders(message: str) -> Telling:
    """A message in the announcement's thread."""

    async def promise(uow: UnitOfWork, event: Event) -> OutboxItem:
        lane, payload = _announcement_lane(event.incident), _payload(uow, message, event)
        return await uow.tell("post_to_stakeholders", lane=lane, incident=event.incident, payload=payload)

    return Telling(promise=promise, outside=True)


def _to_person(message: str) -> Telling:
    """A private message to the event's `person`, or one where people read where it has none."""

    async def promise(uow: UnitOfWork, event: Event) -> OutboxItem | None:
        payload = _payload(uow, message, event)
        if payload["person"] is not None:
            lane = f"person:{payload['person']}"
            return await uow.tell("tell_person", lane=lane, incident=event.incident, payload=payload)
        lane = f"{message}:{event.incident.id}:{uow.now.isoformat()}"  # each time
        return await _tell_whoever_reads(uow, event.incident, lane, payload)

    return Telling(promise=promise)


def _payload(uow: UnitOfWork, message: str, event: Event) -> dict[str, Any]:
    return {"message": message, "by": uow.actor, **event.references()}


def _webhooks(kind: str) -> Telling:
    """An event for other programs; of a private incident only where an endpoint is meant to hear of those."""

    async def promise(uow: UnitOfWork, event: Event) -> None:
        for endpoint in uow.settings.destinations.webhooks:
            if kind in endpoint.events and (endpoint.private or not event.incident.is_private):
                await uow.tell(
                    kind,
                    destination=endpoint.destination,
                    lane=f"webhook:{event.incident.id}",
                    incident=event.incident,
                    payload={"type": kind, "at": uow.now.isoformat()} | _only(event.references(), "update_id"),
                )

    return Telling(promise=promise)


def _only(references: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {key: references[key]} if key in references else {}


def _everywhere(message: str) -> Sequence[Telling]:
    return _in_channel(message), _to_stakeholders(message)


# The card and the announcement, which show how things stand.
_CARD = Telling(promise=_card)
_SHOWN = (_CARD, Telling(promise=_announcement, outside=True))
_TOPIC, _INVITATION, _ROLE_BRIEF = (Telling(promise=one) for one in (_topic, _invitation, _role_brief))

_TOLD: Mapping[type[Event], Sequence[Telling]] = {
    events.IncidentDeclared: [Telling(promise=_set_up_channel), _webhooks("incident.declared")],
    events.StatusChanged: [_in_channel("status"), *_SHOWN, _webhooks("incident.status_changed")],
    events.PriorityChanged: [*_SHOWN, _TOPIC, *_everywhere("priority"), _webhooks("incident.priority_changed")],
    events.UpdatePosted: [*_everywhere("update"), *_SHOWN, _webhooks("incident.update_posted")],
    events.UpdatePromisedSooner: [*_SHOWN, *_everywhere("sooner")],
    events.UpdateAsked: [_in_channel("prompt")],
    events.UpdateAskedPrivately: [_to_person("prompt")],
    events.UpdateMissed: [_to_stakeholders("overdue")],
    events.RoleFilled: [_ROLE_BRIEF],
    events.RoleTaken: [_INVITATION, _ROLE_BRIEF, *_SHOWN, _in_channel("role"), _webhooks("incident.role_changed")],
    events.RoleReleased: [*_SHOWN, _in_channel("role"), _webhooks("incident.role_changed")],
    events.RoleVacated: [*_SHOWN, _in_channel("vacant"), _webhooks("incident.role_changed")],
    events.NotInvited: [_to_person("not_invited")],
    events.NoteTaken: [_in_channel("note")],
    events.ActionAdded: [_in_channel("action")],
    events.AlertAttached: [_in_channel("alert")],
    events.AlertResolved: [_in_channel("alert_resolved")],
    events.AlertResolvedPrivately: [_to_person("alert_resolved")],
    events.IncidentResolved: [*_SHOWN, _TOPIC, *_everywhere("resolved"), _webhooks("incident.resolved")],
    events.IncidentClosed: [*_SHOWN, _TOPIC, *_everywhere("closed"), _webhooks("incident.closed")],
    events.IncidentCancelled: [*_SHOWN, _TOPIC, *_everywhere("cancelled"), _webhooks("incident.cancelled")],
    events.IncidentReopened: [*_SHOWN, _TOPIC, *_everywhere("reopened"), _webhooks("incident.reopened")],
    events.IncidentMadePrivate: [Telling(promise=_withdrawal), _CARD],
    events.ChannelChanged: [_to_person("channel")],
    events.PostmortemWritten: [Telling(promise=_postmortem)],
    events.WordsErased: _SHOWN,  # the announcement quotes the last update
    events.SomethingWaits: [_CARD],
    events.SomethingFailed: [Telling(promise=_trouble)],
}


async def report_refusal(uow: UnitOfWork, refused: OutboxItem, *, what: str, why: str) -> None:
    """Tells whoever is in charge what could not be done.

    What could not be told to a person is in the log only: telling them that would be refused as well.
    """
    if refused.step not in ("answer", "tell_person", "tell_administrator"):
        await _report(uow, refused.incident_id, refused.step, what=what, why=why)


async def report_failed_job(uow: UnitOfWork, job: DueJob, *, what: str) -> None:
    """Tells them that something that was due has not been done."""
    await _report(uow, job.incident_id, job.kind, what=what, why=A_BUG)


async def _report(uow: UnitOfWork, incident_id: int | None, subject: str, *, what: str, why: str) -> None:
    if incident_id is not None:
        incident = await by_id(uow, incident_id)
        for person in await in_charge(uow, incident):
            failed = events.SomethingFailed(incident=incident, subject=subject, what=what, why=why, person=person)
            await publish(uow, failed)


_SAID_AGAIN_AFTER = timedelta(days=1)


async def tell_administrators(uow: UnitOfWork, incident: Incident, message: str, **facts: Any) -> None:
    """A private message about the bot itself, once a day; without configured administrators to whoever is in charge."""
    for person in uow.settings.administrators or await in_charge(uow, incident):
        lane = f"administrator:{person or incident.id}:{message}:{'-'.join(map(str, facts.values()))}"
        if person is None:
            payload = {"message": message, **facts}
            await _tell_whoever_reads(uow, incident, lane, payload, within=_SAID_AGAIN_AFTER)
        elif not await _was_told(uow, f"tell_administrator:{lane}", within=_SAID_AGAIN_AFTER):
            payload = {"message": message, "person": person, **facts}
            await uow.tell("tell_administrator", lane=lane, coalesce=True, payload=payload)


async def in_charge(uow: UnitOfWork, incident: Incident) -> Sequence[str | None]:
    """Who is told what somebody has to see to: the commander, else the reporter.

    An integration that has reported it can see to nothing: the administrators are told, and without any (None) whoever
    reads along.
    """
    commander = await uow.session.scalar(
        select(RoleAssignment.person).where(
            RoleAssignment.incident_id == incident.id,
            RoleAssignment.role == uow.settings.commander_role,
            RoleAssignment.ended_at.is_(None),
        )
    )
    person = commander or incident.reporter
    return [person] if person is not None else uow.settings.administrators or [None]
