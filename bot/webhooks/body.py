"""What a webhook carries: `schema.json` beside this file describes it."""

import json
from datetime import datetime
from typing import Any

from bot.domain.report import IncidentFacts, PersonName
from bot.domain.times import iso
from bot.report.record import incident_record, update_record
from bot.service import people, roles
from bot.service.desk import UnitOfWork
from bot.service.report import incident_facts, update_sent
from bot.store.tables import Incident, Update

# Raised when a key changes its meaning or goes; new keys may come at any time.
VERSION = 1


async def body(
    uow: UnitOfWork, incident: Incident, *, kind: str, at: datetime, update_id: int | None = None
) -> dict[str, Any]:
    """The event with the incident as it is now; times in ISO 8601 UTC, people by handle."""
    held = await roles.current(uow, incident)
    update = await uow.session.get(Update, update_id) if update_id is not None else None
    ids = {incident.reporter, *(one for people_ in held.values() for one in people_)}
    who = await people.known_people(uow, {*ids, *([update.person] if update else [])})
    data: dict[str, Any] = {
        "incident": incident_record(incident_facts(uow, incident, who)),
        "roles": [{"role": role, "person": who(one).handle} for role, people_ in held.items() for one in people_],
    }
    if update is not None:
        data["update"] = update_record(update_sent(update, who))
    return {"type": kind, "version": VERSION, "timestamp": iso(at), "data": data}


def sample(now: datetime) -> dict[str, Any]:
    """An event of an incident that there is not, to try an endpoint with."""
    nobody = PersonName(id="incident-bot", handle="incident-bot", name="incident-bot")
    facts = IncidentFacts(
        number=0,
        title="A test of this webhook, not an incident",
        description="",
        kind="test",
        priority_key="p4",
        priority="P4",
        priority_because="it is a test",
        status="investigating",
        category_key=None,
        category="",
        service="",
        runbook=None,
        reporter=nobody,
        channel=None,
        is_private=False,
        impact_started_at=now,
        detected_at=now,
        declared_at=now,
        acknowledged_at=None,
        mitigated_at=None,
        resolved_at=None,
        closed_at=None,
        resolution=None,
    )
    data = {"incident": incident_record(facts), "roles": []}
    return {"type": "incident.declared", "version": VERSION, "timestamp": iso(now), "data": data}


def encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
