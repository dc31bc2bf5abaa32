"""Which Slack steps follow from a change; the words are made when they are sent."""

from typing import Any

from sqlalchemy import select

from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
from bot.store.outbox import UNFINISHED
from bot.store.tables import DueJob, Incident, OutboxItem, RoleAssignment

# What says something new goes before what brings up to date what is shown already.
_EDITS = 7

# Why something was not done, where the reason is ours.
A_BUG = "there's a bug on my side, and the details are in my log"


def _channel_lane(incident: Incident) -> str:
    return f"channel:{incident.id}"


def _announcement_lane(incident: Incident) -> str:
    return f"announcement:{incident.id}"


def _people_lane(incident: Incident) -> str:
    return f"people:{incident.id}"


async def open_room(uow: UnitOfWork, incident: Incident) -> OutboxItem:
    """Everything that a declaration sets up; returns the step that makes the channel.

    Three rounds of calls: the channel; then, side by side, the people, the topic, the card, the announcement and the
    answer; then what hangs on the card. The declarer is in after two. Where Slack's limits make them queue, the
    highest priority goes first.
    """
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


def lanes(incident: Incident) -> list[str]:
    """Where everything waits that people see of an incident."""
    own = [f"{name}:{incident.id}" for name in ("room", "people", "card", "rest", "files")]
    return [*own, _channel_lane(incident), _announcement_lane(incident)]


async def show_card(uow: UnitOfWork, incident: Incident) -> None:
    """The card is edited in place; several changes before it is sent become one edit."""
    await uow.tell("edit_card", lane=f"card:{incident.id}", incident=incident, coalesce=True, urgency=_EDITS)


async def show_state(uow: UnitOfWork, incident: Incident) -> None:
    """The card and the announcement are brought up to date."""
    await show_card(uow, incident)
    if not incident.is_private:
        await uow.tell(
            "edit_announcement", lane=_announcement_lane(incident), incident=incident, coalesce=True, urgency=_EDITS
        )


async def withdraw_announcement(uow: UnitOfWork, incident: Incident) -> None:
    """The announcement of an incident that has become private says no more than that; its thread says nothing."""
    await uow.tell("edit_announcement", lane=_announcement_lane(incident), incident=incident, coalesce=True)
    await uow.tell("withdraw_replies", lane=_announcement_lane(incident), incident=incident)


async def show_topic(uow: UnitOfWork, incident: Incident) -> None:
    await uow.tell("set_topic", lane=f"topic:{incident.id}", incident=incident, coalesce=True, urgency=_EDITS)


async def post(uow: UnitOfWork, incident: Incident, message: str, **references: Any) -> None:
    """A message in the incident's channel; `message` is a name in bot.slack.messages."""
    await uow.tell("post", lane=_channel_lane(incident), incident=incident, payload={"message": message, **references})


async def post_to_stakeholders(uow: UnitOfWork, incident: Incident, message: str, **references: Any) -> None:
    """A message in the announcement's thread; nothing for a private incident."""
    if not incident.is_private:
        await uow.tell(
            "post_to_stakeholders",
            lane=_announcement_lane(incident),
            incident=incident,
            payload={"message": message, **references},
        )


async def tell_person(uow: UnitOfWork, person: str, message: str, *, incident: Incident, **references: Any) -> None:
    """A private message."""
    await uow.tell(
        "tell_person",
        lane=f"person:{person}",
        incident=incident,
        payload={"message": message, "person": person, **references},
    )


async def brief(uow: UnitOfWork, incident: Incident, person: str, role: str, *, before: list[str]) -> None:
    """What a role expects, privately.

    It goes out behind the invitation: where that decides who may see the incident, whoever isn't let in hears nothing.
    """
    await uow.tell(
        "tell_person",
        lane=_people_lane(incident),
        incident=incident,
        payload={"message": "role_brief", "person": person, "role": role, "before": before},
    )


async def report_not_invited(uow: UnitOfWork, incident: Incident, person: str, *, why: str, by: str | None) -> None:
    """Tells whoever invited the person, or the commander, that they couldn't be added to the channel."""
    told = by if by not in (None, person) else await _in_charge(uow, incident)
    await tell_person(uow, told, "not_invited", incident=incident, invited=person, why=why)


async def tell_commander(
    uow: UnitOfWork, incident: Incident, message: str, *, unless: str | None, **references: Any
) -> None:
    """A private message to the commander, else the reporter; nothing where that is `unless`, who did it."""
    person = await _in_charge(uow, incident)
    if person != unless:
        await tell_person(uow, person, message, incident=incident, **references)


async def report_refusal(uow: UnitOfWork, refused: OutboxItem, *, what: str, why: str) -> None:
    """Tells the commander, or the reporter, what could not be done.

    What could not be told to a person is in the log only: telling them that would be refused as well.
    """
    if refused.step not in ("answer", "tell_person"):
        await _report(uow, refused.incident_id, refused.step, what=what, why=why)


async def report_failed_job(uow: UnitOfWork, job: DueJob, *, what: str) -> None:
    """Tells them that something that was due has not been done."""
    await _report(uow, job.incident_id, job.kind, what=what, why=A_BUG)


async def _report(uow: UnitOfWork, incident_id: int | None, subject: str, *, what: str, why: str) -> None:
    """Once for each subject."""
    if incident_id is None:
        return
    lane = f"trouble:{incident_id}:{subject}"
    known = await uow.session.scalar(
        select(OutboxItem.id)
        .where(OutboxItem.team_id == uow.team_id, OutboxItem.coalesce_key == f"tell_person:{lane}")
        .limit(1)
    )
    if known is not None:
        return
    incident = await by_id(uow, incident_id)
    payload = {"message": "trouble", "person": await _in_charge(uow, incident), "what": what, "why": why}
    await uow.tell("tell_person", lane=lane, incident=incident, coalesce=True, payload=payload)


async def _in_charge(uow: UnitOfWork, incident: Incident) -> str:
    """The commander, else the reporter."""
    commander = await uow.session.scalar(
        select(RoleAssignment.person).where(
            RoleAssignment.incident_id == incident.id,
            RoleAssignment.role == "incident_commander",
            RoleAssignment.ended_at.is_(None),
        )
    )
    return commander or incident.reporter


async def bring_in(uow: UnitOfWork, incident: Incident, person: str) -> None:
    """Invites a person into the incident's channel."""
    await uow.tell(
        "invite", lane=_people_lane(incident), incident=incident, payload={"person": person, "by": uow.actor}
    )


async def hand_in_postmortem(uow: UnitOfWork, incident: Incident, postmortem_id: int) -> None:
    """The draft goes behind what was said before; what is said later doesn't wait for it.

    Files go through a host of their own, which can be away for long while messages get through.
    """
    said = await uow.session.scalar(
        select(OutboxItem)
        .where(
            OutboxItem.team_id == uow.team_id,
            OutboxItem.destination == "slack",
            OutboxItem.lane == _channel_lane(incident),
            OutboxItem.state.in_(UNFINISHED),
        )
        .order_by(OutboxItem.id.desc())
        .limit(1)
    )
    await uow.tell(
        "upload_postmortem",
        lane=f"files:{incident.id}",
        after=said,
        incident=incident,
        payload={"postmortem_id": postmortem_id},
    )
