"""Alerts: kept, added to the incident that they belong to, or declared as one where a rule of config.yaml says so.

Nothing that a monitor says ends an incident: what is resolved there is a question here.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from bot.config import IntakeRule
from bot.domain.alert import OPEN, RESOLVED, UPDATE, AlertFacts, believed_at, fits, happened_at
from bot.domain.lifecycle import LIVE
from bot.domain.priority import Choice
from bot.domain.times import iso
from bot.service.declare import Declaration, declare
from bot.service.desk import UnitOfWork
from bot.service.events import AlertAttached, AlertResolved, AlertResolvedPrivately
from bot.service.incidents import by_id
from bot.service.notifications import in_charge, publish
from bot.store.tables import Alert, Incident, Workspace

log = logging.getLogger(__name__)


async def take_in(
    uow: UnitOfWork,
    told: AlertFacts,
    *,
    source: str,
    integration: str,
    rules: Sequence[IntakeRule],
    received_at: datetime,
    body: Mapping[str, Any],
) -> Alert:
    """Keeps one message of a monitor, with the body in which it came, and does what follows from it.

    It belongs to the incident that an earlier message of its key led to. Where there is none, or that one has ended and
    the alert opens again, the first rule that fits decides; without one it is recorded, and nobody is told.
    """
    alert = Alert(
        team_id=uow.team_id,
        source=source,
        integration=integration,
        key=told.key,
        status=told.status,
        severity=told.severity,
        service=told.service,
        title=told.title,
        description=told.description,
        url=told.url,
        labels=dict(told.labels),
        occurred_at=happened_at(told.occurred_at, received_at=received_at),
        received_at=received_at,
        state="recorded",
        body=dict(body),
    )
    # One after the other in a workspace: of the alerts of a storm, the second has to see what the first declared.
    # Before any incident is locked: whoever holds one waits for nothing else.
    await uow.session.scalar(select(Workspace.team_id).where(Workspace.team_id == uow.team_id).with_for_update())
    found = await incident_id_of(uow, source=source, integration=integration, key=told.key)
    if found is not None and alert.status == OPEN and await _is_over(uow, found):
        found = None  # this is another time: it isn't locked, since another one may be
    incident = await by_id(uow, found) if found is not None else None
    if incident is not None and alert.status == OPEN and not incident.is_live:
        incident = None  # it was resolved while it was waited for
    # Asked once the incident is ours: another alert of this key may have been waited for.
    before, is_late = await _before(uow, alert), await _is_late(uow, alert, belongs=incident is not None)
    alert.incident_id = incident.id if incident is not None else None
    uow.session.add(alert)
    await uow.session.flush()
    if is_late:
        alert.state = "late"
    elif incident is not None:
        await _add(uow, incident, alert, before=before)
    elif alert.status in (OPEN, UPDATE):
        await _follow_rules(uow, alert, told, rules)
    if alert.state in ("recorded", "late"):
        log.info("An alert of %s was recorded, and nobody told.", integration, extra={"action": "alert_recorded"})
    return alert


async def incident_id_of(uow: UnitOfWork, *, source: str, integration: str, key: str) -> int | None:
    """The incident that the last message of this key belongs to."""
    found: int | None = await uow.session.scalar(
        select(Alert.incident_id)
        .where(*_of_key(uow, source, integration, key), Alert.state != "late")
        .order_by(Alert.id.desc())
        .limit(1)
    )
    return found


async def of_incident(uow: UnitOfWork, incident: Incident) -> Sequence[Alert]:
    """All messages that belong to it, without the bodies in which they came: those may be large."""
    rows = await uow.session.scalars(select(Alert).where(Alert.incident_id == incident.id).order_by(Alert.id))
    return rows.all()


async def still_open(uow: UnitOfWork, incident: Incident) -> int:
    """How many things that its alerts are about are not resolved."""
    rows = await uow.session.execute(
        select(Alert.source, Alert.integration, Alert.key, Alert.status)
        .where(Alert.incident_id == incident.id, Alert.state != "late", Alert.status.in_((OPEN, RESOLVED)))
        .order_by(Alert.id)
    )
    newest = {(source, integration, key): status for source, integration, key, status in rows}
    return sum(status != RESOLVED for status in newest.values())


async def _is_over(uow: UnitOfWork, incident_id: int) -> bool:
    return await uow.session.scalar(select(Incident.status).where(Incident.id == incident_id)) not in LIVE


async def _before(uow: UnitOfWork, alert: Alert) -> Alert | None:
    """The last that opened or resolved the same thing; other words are only news of it."""
    found: Alert | None = await uow.session.scalar(
        select(Alert)
        .where(
            *_of_key(uow, alert.source, alert.integration, alert.key),
            Alert.state != "late",
            Alert.status.in_((OPEN, RESOLVED)),
        )
        .order_by(Alert.id.desc())
        .limit(1)
    )
    return found


async def _is_late(uow: UnitOfWork, alert: Alert, *, belongs: bool) -> bool:
    """Whether something that happened later, by the monitor's clock, is known already: order is not promised.

    Where nothing came of what is known, and it isn't over, there is nothing that this could set back.
    """
    if alert.occurred_at is None:
        return False
    newer = [Alert.occurred_at > alert.occurred_at]
    if not belongs:
        newer.append(Alert.status == RESOLVED)
    found = await uow.session.scalar(
        select(Alert.id).where(*_of_key(uow, alert.source, alert.integration, alert.key), *newer).limit(1)
    )
    return found is not None


def _of_key(uow: UnitOfWork, source: str, integration: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return Alert.team_id == uow.team_id, Alert.source == source, Alert.integration == integration, Alert.key == key


async def _add(uow: UnitOfWork, incident: Incident, alert: Alert, *, before: Alert | None) -> None:
    """News of what belongs to an incident already; of one that has ended it is put on record only."""
    alert.state = "added"
    _record(uow, incident, alert)
    was_resolved = before is not None and before.status == RESOLVED
    if not incident.is_live:
        return
    if was_resolved and alert.status == OPEN:
        await publish(uow, AlertAttached(incident=incident, alert_id=alert.id))
    elif not was_resolved and alert.status == RESOLVED:
        await _ask_whether_it_is_over(uow, incident, alert)


async def _ask_whether_it_is_over(uow: UnitOfWork, incident: Incident, alert: Alert) -> None:
    if incident.channel_problem is None:
        await publish(uow, AlertResolved(incident=incident, alert_id=alert.id))
        return
    for person in await in_charge(uow, incident):
        await publish(uow, AlertResolvedPrivately(incident=incident, alert_id=alert.id, person=person))


async def _follow_rules(uow: UnitOfWork, alert: Alert, told: AlertFacts, rules: Sequence[IntakeRule]) -> None:
    for rule in rules:
        if not fits(rule.when, told):
            continue
        match rule.do:
            case "declare":
                incident, alert.state = await _declare(uow, alert, rule), "declared"
            case "attach":
                newest = await _newest_live_one_of(uow, alert.service)
                if newest is None:
                    continue  # another rule may fit
                incident, alert.state = newest, "attached"
            case "record":
                return
        alert.incident_id = incident.id
        _record(uow, incident, alert)
        await publish(uow, AlertAttached(incident=incident, alert_id=alert.id))
        return


async def _declare(uow: UnitOfWork, alert: Alert, rule: IntakeRule) -> Incident:
    incident, _ = await declare(
        uow,
        Declaration(
            title=alert.title,
            reporter=None,
            integration=alert.integration,
            choice=_priority(uow, alert, rule),
            service=alert.service or None,
            impact_started_at=believed_at(alert.occurred_at, received_at=alert.received_at),
            detected_at=alert.received_at,
            description=alert.description,
        ),
    )
    return incident


def _priority(uow: UnitOfWork, alert: Alert, rule: IntakeRule) -> Choice:
    """The rule's, else the one that the severity names, else what a declaration without any gets."""
    scale = uow.settings.scale
    if rule.priority is not None:
        return Choice(priority=rule.priority, because=f"a rule for {alert.integration}")
    if (found := scale.find(alert.severity)) is not None:
        return Choice(priority=found, because=f"{alert.integration} says {alert.severity}")
    said = f"{alert.integration} says {alert.severity}, which is no priority here" if alert.severity else ""
    return Choice(priority=scale.when_unstated, because=said or f"{alert.integration} gave no severity", in_doubt=True)


async def _newest_live_one_of(uow: UnitOfWork, service: str) -> Incident | None:
    """The live incident of the service, the newest of several. A monitor learns nothing of private ones."""
    if not service:
        return None
    rows = await uow.session.execute(
        select(Incident.id, Incident.service)
        .where(
            Incident.team_id == uow.team_id,
            Incident.status.in_(LIVE),
            Incident.is_private.is_(False),
            Incident.service.is_not(None),
        )
        .order_by(Incident.number.desc())
    )
    # Not the database's lower(): SQLite's knows ASCII only.
    ids = [number for number, name in rows if name and name.casefold() == service.casefold()]
    for number in ids:
        incident = await by_id(uow, number)
        if incident.is_live and not incident.is_private:  # it may have changed while it was waited for
            return incident
    return None


def _record(uow: UnitOfWork, incident: Incident, alert: Alert) -> None:
    uow.record(
        incident,
        "alert",
        alert.title,
        at=believed_at(alert.occurred_at, received_at=alert.received_at),
        integration=alert.integration,
        alert_id=alert.id,
        status=alert.status,
        severity=alert.severity,
        service=alert.service,
    )


async def erase(uow: UnitOfWork, incident: Incident, integration: str, *, instead: str, before: Collection[str]) -> int:
    """Takes the words out of the alerts of the incident, which stay known by their keys; how many had any.

    `before`: what stands where words were erased earlier.
    """
    theirs = [one for one in await of_incident(uow, incident) if one.integration == integration]
    found = [one for one in theirs if one.title not in before]
    for alert in found:
        alert.title, alert.severity, alert.description, alert.url = instead, "", "", ""
        alert.labels, alert.body = {}, {}
    return len(found)


def alert_facts(alert: Alert) -> dict[str, Any]:
    """A message of a monitor, for machines."""
    return {
        "at": iso(alert.occurred_at),
        "received_at": iso(alert.received_at),
        "integration": alert.integration,
        "source": alert.source,
        "key": alert.key,
        "status": alert.status,
        "severity": alert.severity,
        "service": alert.service,
        "title": alert.title,
        "description": alert.description,
        "url": alert.url,
        "labels": alert.labels,
        "state": alert.state,
    }
