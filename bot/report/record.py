"""The report as plain values for JSON: times in ISO 8601 UTC, people by handle."""

from datetime import timedelta
from typing import Any

from bot.domain.report import ChatMessage, IncidentFacts, IncidentReport, PersonName, UpdateSent
from bot.domain.times import iso

# Raised when a key changes its meaning or goes; new keys may come at any time.
SCHEMA = 1


def record(report: IncidentReport) -> dict[str, Any]:
    """Everything that is in it."""
    return {
        "schema": SCHEMA,
        "incident": incident_record(report),
        "people": {one.handle: {"id": one.id, "name": one.name} for one in report.people},
        "participants": [one.handle for one in report.participants],
        "roles": [
            {"role": one.key, "person": one.person.handle, "from": iso(one.start), "to": iso(one.end)}
            for one in report.roles
        ],
        "messages": [_message(one) for one in report.messages],
        "timeline": [
            {
                "at": iso(one.at),
                "kind": one.kind,
                "person": _handle(one.person) or one.author,
                "text": one.text,
                "words": one.words,
                "message_ts": one.message_ts,
            }
            for one in report.timeline
        ],
        "phases": [{"status": one.status, "from": iso(one.start), "to": iso(one.end)} for one in report.phases],
        "impact": [{"from": iso(one.start), "to": iso(one.end)} for one in report.impact],
        "updates": [update_record(one) for one in report.updates],
        "prompts": [
            {"due_at": iso(one.due_at), "sent_at": iso(one.at), "to": _handle(one.person), "outcome": one.outcome}
            for one in report.prompts
        ],
        "alerts": [dict(one) for one in report.alerts],
        "action_items": [
            {"text": one.text, "owner": _handle(one.owner), "due_on": one.due_on} for one in report.actions
        ],
        "measures": {
            "to_detect": _seconds(report.measures.to_detect),
            "to_acknowledge": _seconds(report.measures.to_acknowledge),
            "to_mitigate": _seconds(report.measures.to_mitigate),
            "to_resolve": _seconds(report.measures.to_resolve),
            "impact_duration": _seconds(report.measures.impact_duration),
        },
    }


def incident_record(facts: IncidentFacts) -> dict[str, Any]:
    """What is known of the incident itself; also what webhooks carry."""
    return {
        "number": facts.number,
        "title": facts.title,
        "description": facts.description,
        "priority": facts.priority_key,
        "priority_because": facts.priority_because,
        "status": facts.status,
        "kind": facts.kind,
        "service": facts.service or None,
        "category": facts.category_key,
        "reporter": facts.reporter.handle,
        "reporter_kind": "person" if facts.reporter.id else "integration",
        "channel": facts.channel,
        "is_private": facts.is_private,
        "runbook": facts.runbook,
        "resolution": facts.resolution,
        "impact_started_at": iso(facts.impact_started_at),
        "detected_at": iso(facts.detected_at),
        "declared_at": iso(facts.declared_at),
        "acknowledged_at": iso(facts.acknowledged_at),
        "mitigated_at": iso(facts.mitigated_at),
        "resolved_at": iso(facts.resolved_at),
        "closed_at": iso(facts.closed_at),
    }


def update_record(update: UpdateSent) -> dict[str, Any]:
    """The same of an update."""
    return {
        "at": iso(update.at),
        "person": update.who.handle,
        "status": update.status,
        "text": update.text,
        "was_due_at": iso(update.due_at),
        "next_due_at": iso(update.next_due_at),
    }


def _message(message: ChatMessage) -> dict[str, Any]:
    return {
        "ts": message.ts,
        "at": iso(message.at),
        "thread_ts": message.thread_ts,
        "person": _handle(message.person) or message.author,
        "text": message.text,
        "versions": [{"at": iso(one.at), "text": one.text} for one in message.versions],
        "edited_at": iso(message.edited_at),
        "deleted_at": iso(message.deleted_at),
        "found_missing": message.found_missing,
        "erased_at": iso(message.erased_at),
        "erased_by": _handle(message.erased_by),
        "files": [{**file, "name": file.get("name")} for file in message.files],
        "key_event": message.is_key_event,
    }


def _handle(person: PersonName | None) -> str | None:
    return person.handle if person is not None else None


def _seconds(duration: timedelta | None) -> int | None:
    return round(duration.total_seconds()) if duration is not None else None
