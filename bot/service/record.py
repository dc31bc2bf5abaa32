"""The whole record of an incident for machines (`incident.json`, `incident-bot export`)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.mrkdwn import mentioned, plain
from bot.domain.times import from_ts, iso
from bot.service import chat, impact, people, postmortem, roles, timeline
from bot.service.desk import UnitOfWork
from bot.store.tables import ActionItem, Incident, Update

# Raised when a key changes its meaning or goes; new keys may come at any time.
SCHEMA = 1

Who = Callable[[str | None], str | None]  # a person's handle by their id


async def record(uow: UnitOfWork, incident: Incident) -> dict[str, Any]:
    """Everything on record, JSON-ready: times in ISO 8601 UTC, people by handle, texts plain."""
    said = await chat.messages(uow, incident.channel_id) if incident.channel_id else []
    versions = await chat.versions(uow, incident.channel_id) if incident.channel_id else {}
    marked = await chat.key_marks(uow, incident.channel_id) if incident.channel_id else set()
    history, sent = await roles.history(uow, incident), await postmortem.sent_updates(uow, incident)
    asked, entries = await postmortem.prompts(uow, incident), await timeline.entries(uow, incident)
    key_messages = await timeline.key_messages(uow, incident)
    took_part = await postmortem.participants(uow, incident)
    actions = (await uow.session.scalars(select(ActionItem).where(ActionItem.incident_id == incident.id))).all()

    ids: set[str | None] = {incident.reporter, *took_part}
    ids |= (
        {one.erased_by for one in said}
        | {one.person for one in said}
        | {one.person for one in history}
        | {one.person for one in sent}
    )
    ids |= {one.person for one in entries} | {one.asked for one in asked} | {one.owner for one in actions}
    for text in [one.text for one in said] + [one.text for one in entries]:
        ids.update(mentioned(text))
    handle, name = await people.handles(uow, ids), await people.names(uow, ids)

    def who(user_id: str | None) -> str | None:
        return handle.get(user_id, user_id) if user_id else None

    recorded: list[dict[str, Any]] = [
        {
            "at": iso(one.at),
            "kind": one.kind,
            "person": who(one.person),
            "text": plain(one.text, handle.get),
            "message_ts": None,
        }
        for one in entries
    ]
    recorded += [
        {
            "at": iso(from_ts(one.ts)),
            "kind": "message",
            "person": who(one.person) or one.author_name,
            "text": plain(one.text, handle.get),
            "message_ts": one.ts,
        }
        for one in key_messages
    ]
    measures, felt = await impact.measures(uow, incident), await impact.intervals(uow, incident)
    return {
        "schema": SCHEMA,
        "incident": incident_facts(incident, who),
        "people": {handle[one]: {"id": one, "name": name[one]} for one in sorted(filter(None, ids)) if one in handle},
        "participants": [who(one) for one in took_part],
        "roles": [
            {"role": one.role, "person": who(one.person), "from": iso(one.started_at), "to": iso(one.ended_at)}
            for one in history
        ],
        "messages": [
            {
                "ts": one.ts,
                "at": iso(from_ts(one.ts)),
                "thread_ts": one.thread_ts,
                "person": who(one.person) or one.author_name,
                "text": plain(one.text, handle.get),
                "versions": [
                    {"at": iso(from_ts(version.version_ts)), "text": plain(version.text, handle.get)}
                    for version in versions.get(one.id, [])
                ],
                "edited_at": iso(one.edited_at),
                "deleted_at": iso(one.deleted_at),
                "found_missing": one.found_missing,
                "erased_at": iso(one.erased_at),
                "erased_by": who(one.erased_by),
                "files": [{**file, "name": file.get("name")} for file in one.files],
                "key_event": one.ts in marked and one.deleted_at is None,
            }
            for one in said
        ],
        "timeline": sorted(recorded, key=lambda item: (item["at"], item["message_ts"] or "")),
        "phases": [
            {"status": one.status, "from": iso(one.start), "to": iso(one.end)}
            for one in await postmortem.status_phases(uow, incident)
        ],
        "impact": [{"from": iso(one.start), "to": iso(one.end)} for one in felt],
        "updates": [update_facts(one, who) for one in sent],
        "prompts": [
            {"due_at": iso(one.due_at), "sent_at": iso(one.sent_at), "to": who(one.asked), "outcome": one.outcome}
            for one in asked
        ],
        "action_items": [{"text": one.text, "owner": who(one.owner), "due_on": one.due_on} for one in actions],
        "measures": {
            "to_detect": _seconds(measures.to_detect),
            "to_acknowledge": _seconds(measures.to_acknowledge),
            "to_mitigate": _seconds(measures.to_mitigate),
            "to_resolve": _seconds(measures.to_resolve),
            "impact_duration": _seconds(measures.impact_duration),
        },
    }


def incident_facts(incident: Incident, who: Who) -> dict[str, Any]:
    """What is known of the incident itself; also what webhooks carry."""
    return {
        "number": incident.number,
        "title": incident.title,
        "description": incident.description,
        "priority": incident.priority,
        "priority_because": incident.priority_because,
        "status": str(incident.status),
        "kind": incident.kind,
        "service": incident.service,
        "category": "/".join(filter(None, (incident.category, incident.subcategory))) or None,
        "reporter": who(incident.reporter),
        "channel": incident.channel_name,
        "is_private": incident.is_private,
        "runbook": incident.runbook,
        "resolution": incident.resolution,
        "impact_started_at": iso(incident.impact_started_at),
        "detected_at": iso(incident.detected_at),
        "declared_at": iso(incident.declared_at),
        "acknowledged_at": iso(incident.acknowledged_at),
        "mitigated_at": iso(incident.mitigated_at),
        "resolved_at": iso(incident.resolved_at),
        "closed_at": iso(incident.closed_at),
    }


def update_facts(update: Update, who: Who) -> dict[str, Any]:
    """The same of an update."""
    return {
        "at": iso(update.at),
        "person": who(update.person),
        "status": str(update.status),
        "text": update.text,
        "was_due_at": iso(update.was_due_at),
        "next_due_at": iso(update.next_due_at),
    }


def _seconds(duration: timedelta | None) -> int | None:
    return round(duration.total_seconds()) if duration is not None else None
