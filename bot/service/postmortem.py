"""Collects the facts of a postmortem, and keeps the draft."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select

from bot.domain.cadence import Punctuality
from bot.domain.mrkdwn import plain
from bot.domain.postmortem import (
    ActionDue,
    Phase,
    PostmortemFacts,
    RoleInterval,
    StatusChange,
    Target,
    Turn,
    UpdateSent,
    live_phases,
    mitigation_lost_at,
    phases,
)
from bot.service import impact, people, roles, timeline
from bot.service.desk import UnitOfWork
from bot.service.events import PostmortemWritten
from bot.service.incidents import by_id
from bot.service.notifications import publish
from bot.store.tables import (
    ActionItem,
    DueJob,
    Incident,
    Message,
    Participant,
    Postmortem,
    Prompt,
    TimelineEntry,
    Update,
    Workspace,
)

JOB = "postmortem_draft"


async def request_draft(uow: UnitOfWork, incident: Incident) -> None:
    """Promises a new draft; it is written in a transaction of its own, so that none can undo what led to it."""
    await uow.schedule(JOB, key=f"{JOB}:{incident.id}:{uuid4().hex}", due_at=uow.now, incident=incident)


async def write_draft(uow: UnitOfWork, job: DueJob) -> None:
    """Writes a draft from what is on record now and puts it into the channel; earlier ones stay."""
    incident = await by_id(uow, job.incident_id)
    if incident.is_live:
        return  # reopened meanwhile: the next resolution asks for one
    made = Postmortem(
        team_id=uow.team_id,
        incident_id=incident.id,
        made_at=uow.now,
        markdown=uow.write_postmortem(await facts(uow, incident)),
    )
    uow.session.add(made)
    await uow.session.flush()
    await publish(uow, PostmortemWritten(incident=incident, postmortem_id=made.id))


async def sent_updates(uow: UnitOfWork, incident: Incident) -> Sequence[Update]:
    rows = await uow.session.scalars(
        select(Update).where(Update.incident_id == incident.id).order_by(Update.at, Update.id)
    )
    return rows.all()


async def prompts(uow: UnitOfWork, incident: Incident) -> Sequence[Prompt]:
    rows = await uow.session.scalars(
        select(Prompt).where(Prompt.incident_id == incident.id).order_by(Prompt.sent_at, Prompt.level)
    )
    return rows.all()


async def participants(uow: UnitOfWork, incident: Incident) -> list[str]:
    """Ids of everyone who was in the channel, wrote in it or held a role; no apps, and not Slackbot."""
    rows = await uow.session.scalars(
        select(Participant.person).where(Participant.incident_id == incident.id).order_by(Participant.id)
    )
    found = dict.fromkeys(rows)
    if incident.channel_id:
        spoke = await uow.session.scalars(
            select(Message.person)
            .where(Message.team_id == uow.team_id, Message.channel_id == incident.channel_id)
            .order_by(Message.ts)
        )
        found.update(dict.fromkeys(person for person in spoke if person))
    apps = await people.apps_among(uow, found)
    return [person for person in found if person not in apps]


async def status_phases(uow: UnitOfWork, incident: Incident) -> list[Phase]:
    """The phases in which it was open and the gaps between them, from the status changes on the timeline."""
    changes = [(incident.declared_at, "investigating")]
    changes += [(one.at, one.after) for one in await status_changes(uow, incident)]
    return live_phases(phases(changes, incident.closed_at))


async def status_changes(uow: UnitOfWork, incident: Incident) -> list[StatusChange]:
    """Every change of status, the earliest first."""
    found = [entry for entry in await timeline.entries(uow, incident) if entry.kind == "status"]
    full = await people.names(uow, [entry.person for entry in found])
    return [
        StatusChange(
            at=entry.at,
            before=str(entry.data["before"]),
            after=str(entry.data["after"]),
            who=full.get(entry.person, entry.person) if entry.person else None,
            reason=_reason(entry),
        )
        for entry in found
    ]


async def priority_turns(uow: UnitOfWork, incident: Incident) -> tuple[str, list[Turn]]:
    """The priority as it was declared, such as P2, and every change of it, the earliest first."""
    found = [entry for entry in await timeline.entries(uow, incident) if entry.kind == "priority"]
    full = await people.names(uow, [entry.person for entry in found])
    label, levels = uow.settings.priority_label, list(uow.settings.priorities)
    declared = found[0].data["before"] if found else incident.priority

    def rank(key: str) -> int:
        return levels.index(key) if key in levels else len(levels)

    def change(data: Mapping[str, Any]) -> str:
        way = "raised" if rank(data["after"]) < rank(data["before"]) else "lowered"
        return f"{way} to {label(data['after'])}"

    return label(declared), [
        Turn(
            at=entry.at,
            what=change(entry.data),
            who=full.get(entry.person, entry.person) if entry.person else None,
            reason=_reason(entry),
        )
        for entry in found
    ]


def _reason(entry: TimelineEntry) -> str:
    """What was said with the change; older entries have it in their text only."""
    told = entry.data.get("reason") or entry.data.get("because")
    return str(told) if told else plain(entry.text).partition(": ")[2]


async def facts(uow: UnitOfWork, incident: Incident) -> PostmortemFacts:
    history, sent = await roles.history(uow, incident), await sent_updates(uow, incident)
    actions = (await uow.session.scalars(select(ActionItem).where(ActionItem.incident_id == incident.id))).all()
    asked, took_part = await prompts(uow, incident), await participants(uow, incident)
    ids = [incident.reporter, *took_part]
    ids += [one.person for one in history] + [one.person for one in sent] + [one.owner for one in actions if one.owner]
    full = await people.names(uow, ids)
    priority = uow.settings.priorities.get(incident.priority)
    workspace = await uow.session.get(Workspace, uow.team_id)
    said = await uow.session.scalar(
        select(func.count()).where(Message.team_id == uow.team_id, Message.channel_id == incident.channel_id)
    )
    changes = await status_changes(uow, incident)
    declared, turns = await priority_turns(uow, incident)
    turns += [turn for one in changes if (turn := one.turn) is not None]

    def name(user_id: str) -> str:
        return full.get(user_id, user_id)

    return PostmortemFacts(
        name=incident.name,
        title=incident.title,
        description=incident.description,
        priority=uow.settings.priority_label(incident.priority),
        priority_because=incident.priority_because,
        declared_priority=declared,
        status=incident.status,
        turns=sorted(turns, key=lambda one: one.at),
        category=uow.settings.category_name(incident.category, incident.subcategory),
        service=incident.service or "",
        reporter=name(incident.reporter),
        channel=incident.channel_name,
        channel_link=(
            f"{workspace.url.rstrip('/')}/archives/{incident.channel_id}" if workspace and incident.channel_id else None
        ),
        is_private=incident.is_private,
        impact_started_at=incident.impact_started_at,
        detected_at=incident.detected_at,
        declared_at=incident.declared_at,
        acknowledged_at=incident.acknowledged_at,
        mitigated_at=incident.mitigated_at,
        mitigation_lost_at=mitigation_lost_at(changes),
        resolved_at=incident.resolved_at,
        closed_at=incident.closed_at,
        resolution=incident.resolution,
        measures=await impact.measures(uow, incident),
        impact=await impact.intervals(uow, incident),
        target=(
            Target(respond_within=priority.respond_within, resolve_within=priority.resolve_within) if priority else None
        ),
        phases=await status_phases(uow, incident),
        roles=[
            RoleInterval(
                role=uow.settings.role_name(one.role), person=name(one.person), start=one.started_at, end=one.ended_at
            )
            for one in history
        ],
        timeline=[item for item in await timeline.items(uow, incident) if item.kind != "update"],
        updates=[
            UpdateSent(
                at=one.at,
                who=name(one.person),
                status=one.status,
                text=one.text,
                due_at=one.was_due_at,
                late_by=Punctuality(due_at=one.was_due_at, sent_at=one.at).late_by,
                next_due_at=one.next_due_at,
            )
            for one in sent
        ],
        prompts_sent=len(asked),
        prompts_missed=sum(1 for one in asked if one.outcome == "missed"),
        actions=[
            ActionDue(text=one.text, owner=name(one.owner) if one.owner else None, due_on=one.due_on) for one in actions
        ],
        participants=[name(person) for person in took_part],
        messages=said or 0,
    )
