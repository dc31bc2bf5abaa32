"""Builds the report of an incident from the rows: once, for everything that reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from bot.domain.alert import integration_name
from bot.domain.cadence import Punctuality
from bot.domain.mrkdwn import mentioned, plain
from bot.domain.report import (
    ActionDue,
    ChatMessage,
    IncidentFacts,
    IncidentReport,
    PersonName,
    Phase,
    PromptSent,
    RoleInterval,
    StatusChange,
    Target,
    TextVersion,
    Turn,
    UpdateSent,
    live_phases,
    mitigation_lost_at,
    phases,
)
from bot.domain.times import from_ts
from bot.service import alerts, chat, impact, people, roles, timeline
from bot.service.desk import UnitOfWork
from bot.service.people import Known, known_people
from bot.store.tables import (
    ActionItem,
    Incident,
    Message,
    MessageVersion,
    Participant,
    Prompt,
    TimelineEntry,
    Update,
    Workspace,
)


async def report(uow: UnitOfWork, incident: Incident) -> IncidentReport:
    """Everything on record, as it is now."""
    channel = incident.channel_id
    said = await chat.messages(uow, channel) if channel else []
    versions = await chat.versions(uow, channel) if channel else {}
    marked = await timeline.key_messages(uow, incident)
    entries, history = await timeline.recorded(uow, incident), await roles.history(uow, incident)
    sent, asked = await _updates(uow, incident), await _prompts(uow, incident)
    actions = (await uow.session.scalars(select(ActionItem).where(ActionItem.incident_id == incident.id))).all()
    took_part = await _participants(uow, incident)
    who = await known_people(
        uow,
        {incident.reporter, *took_part}
        | timeline.named_in(entries, said)
        | {one.erased_by for one in said}
        | {person for one in versions.values() for version in one for person in mentioned(version.text)}
        | {one.person for one in history}
        | {one.person for one in sent}
        | {one.asked for one in asked}
        | {one.owner for one in actions},
    )
    changes = _status_changes(entries, who)
    declared_priority, turns = _priority_turns(uow, incident, entries, who)
    turns += [turn for one in changes if (turn := one.turn) is not None]
    workspace = await uow.session.get(Workspace, uow.team_id)
    target = uow.settings.priorities.get(incident.priority)
    stamps = {one.ts for one in marked}
    return IncidentReport(
        **vars(incident_facts(uow, incident, who)),
        channel_link=uow.permalinks.channel(workspace.url, channel) if workspace and channel else None,
        declared_priority=declared_priority,
        turns=sorted(turns, key=lambda one: one.at),
        mitigation_lost_at=mitigation_lost_at(changes),
        measures=await impact.measures(uow, incident),
        impact=await impact.intervals(uow, incident),
        target=Target(respond_within=target.respond_within, resolve_within=target.resolve_within) if target else None,
        phases=_phases(incident, changes),
        roles=[
            RoleInterval(
                role=uow.settings.role_name(one.role),
                key=one.role,
                person=who(one.person),
                start=one.started_at,
                end=one.ended_at,
            )
            for one in history
        ],
        timeline=await timeline.in_order(uow, entries, marked, who),
        messages=[_message(one, versions.get(one.id, ()), who, is_key_event=one.ts in stamps) for one in said],
        updates=[update_sent(one, who) for one in sent],
        prompts=[
            PromptSent(due_at=one.due_at, at=one.sent_at, person=who.optional(one.asked), outcome=one.outcome)
            for one in asked
        ],
        actions=[ActionDue(text=one.text, owner=who.optional(one.owner), due_on=one.due_on) for one in actions],
        participants=[who(person) for person in took_part],
        alerts=[alerts.alert_facts(one) for one in await alerts.of_incident(uow, incident)],
        people=who.everybody,
    )


def incident_facts(uow: UnitOfWork, incident: Incident, who: Known) -> IncidentFacts:
    """What is known of the incident itself."""
    return IncidentFacts(
        number=incident.number,
        title=incident.title,
        description=incident.description,
        kind=incident.kind,
        priority_key=incident.priority,
        priority=uow.settings.priority_label(incident.priority),
        priority_because=incident.priority_because,
        status=str(incident.status),
        category_key="/".join(filter(None, (incident.category, incident.subcategory))) or None,
        category=uow.settings.category_name(incident.category, incident.subcategory),
        service=incident.service or "",
        runbook=incident.runbook,
        reporter=_reporter(incident, who),
        channel=incident.channel_name,
        is_private=incident.is_private,
        impact_started_at=incident.impact_started_at,
        detected_at=incident.detected_at,
        declared_at=incident.declared_at,
        acknowledged_at=incident.acknowledged_at,
        mitigated_at=incident.mitigated_at,
        resolved_at=incident.resolved_at,
        closed_at=incident.closed_at,
        resolution=incident.resolution,
    )


def _reporter(incident: Incident, who: Known) -> PersonName:
    if incident.reporter is not None:
        return who(incident.reporter)
    integration = incident.reporter_integration or ""
    return PersonName(id="", handle=integration, name=integration_name(integration))


def update_sent(update: Update, who: Known) -> UpdateSent:
    """An update as reports and events tell it."""
    return UpdateSent(
        at=update.at,
        who=who(update.person),
        status=str(update.status),
        text=update.text,
        due_at=update.was_due_at,
        late_by=Punctuality(due_at=update.was_due_at, sent_at=update.at).late_by,
        next_due_at=update.next_due_at,
    )


def _message(message: Message, versions: Sequence[MessageVersion], who: Known, *, is_key_event: bool) -> ChatMessage:
    return ChatMessage(
        at=from_ts(message.ts),
        ts=message.ts,
        thread_ts=message.thread_ts,
        person=who.optional(message.person),
        author=message.author_name,
        text=plain(message.text, who.handle),
        versions=[TextVersion(at=from_ts(one.version_ts), text=plain(one.text, who.handle)) for one in versions],
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
        found_missing=message.found_missing,
        erased_at=message.erased_at,
        erased_by=who.optional(message.erased_by),
        files=message.files,
        is_key_event=is_key_event,
    )


async def _updates(uow: UnitOfWork, incident: Incident) -> Sequence[Update]:
    rows = await uow.session.scalars(
        select(Update).where(Update.incident_id == incident.id).order_by(Update.at, Update.id)
    )
    return rows.all()


async def _prompts(uow: UnitOfWork, incident: Incident) -> Sequence[Prompt]:
    rows = await uow.session.scalars(
        select(Prompt).where(Prompt.incident_id == incident.id).order_by(Prompt.sent_at, Prompt.level)
    )
    return rows.all()


async def _participants(uow: UnitOfWork, incident: Incident) -> list[str]:
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


def _phases(incident: Incident, changes: Sequence[StatusChange]) -> list[Phase]:
    """The phases in which it was open and the gaps between them."""
    reached = [(incident.declared_at, "investigating"), *((one.at, one.after) for one in changes)]
    return live_phases(phases(reached, incident.closed_at))


def _status_changes(entries: Sequence[TimelineEntry], who: Known) -> list[StatusChange]:
    """Every change of status, the earliest first."""
    return [
        StatusChange(
            at=entry.at,
            before=str(entry.data["before"]),
            after=str(entry.data["after"]),
            who=who.optional(entry.person),
            reason=entry.words,
        )
        for entry in entries
        if entry.kind == "status" and {"before", "after"} <= set(entry.data)
    ]


def _priority_turns(
    uow: UnitOfWork, incident: Incident, entries: Sequence[TimelineEntry], who: Known
) -> tuple[str, list[Turn]]:
    """The priority as it was declared, such as P2, and every change of it, the earliest first."""
    found = [entry for entry in entries if entry.kind == "priority" and {"before", "after"} <= set(entry.data)]
    label, levels = uow.settings.priority_label, list(uow.settings.priorities)
    declared = found[0].data["before"] if found else incident.priority

    def rank(key: str) -> int:
        return levels.index(key) if key in levels else len(levels)

    def change(data: Mapping[str, Any]) -> str:
        way = "raised" if rank(data["after"]) < rank(data["before"]) else "lowered"
        return f"{way} to {label(data['after'])}"

    return label(declared), [
        Turn(at=entry.at, what=change(entry.data), who=who.optional(entry.person), reason=entry.words)
        for entry in found
    ]
