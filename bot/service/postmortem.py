"""Collects the facts of a postmortem, and keeps the draft."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import func, select

from bot.domain.cadence import Punctuality
from bot.domain.lifecycle import LIVE
from bot.domain.postmortem import (
    ActionDue,
    Phase,
    PostmortemFacts,
    RoleInterval,
    Target,
    UpdateSent,
    phases,
)
from bot.service import people, roles, telling, timeline
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
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
    await telling.hand_in_postmortem(uow, incident, made.id)


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
    """Ids of everyone who was in the channel, wrote in it or held a role."""
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
    return list(found)


async def status_phases(uow: UnitOfWork, incident: Incident) -> list[Phase]:
    """The live phases, from the status changes on the timeline."""
    changes = [(incident.declared_at, "investigating")]
    changes += [
        (entry.at, str(entry.data["after"]))
        for entry in await timeline.entries(uow, incident)
        if entry.kind == "status"
    ]
    return [phase for phase in phases(changes, incident.closed_at) if phase.status in LIVE]


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
    reopened = await uow.session.scalars(
        select(TimelineEntry).where(TimelineEntry.incident_id == incident.id, TimelineEntry.kind == "status")
    )

    def name(user_id: str) -> str:
        return full.get(user_id, user_id)

    return PostmortemFacts(
        name=incident.name,
        title=incident.title,
        description=incident.description,
        priority=uow.settings.priority_label(incident.priority),
        priority_because=incident.priority_because,
        status=incident.status,
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
        resolved_at=incident.resolved_at,
        closed_at=incident.closed_at,
        resolution=incident.resolution,
        measures=incident.measures,
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
        reopened=sum(
            1
            for entry in reopened
            if entry.data.get("before") in ("resolved", "closed", "cancelled")
            and entry.data.get("after") == "investigating"
        ),
    )
