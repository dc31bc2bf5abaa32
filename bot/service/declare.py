"""Declaring an incident."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.domain.lifecycle import Status
from bot.domain.priority import Choice
from bot.domain.runbook import best_runbook
from bot.domain.typed import shows_nothing, visible
from bot.errors import StoreError, UserError
from bot.service import guests, impact, prompts, roles
from bot.service.desk import UnitOfWork
from bot.service.events import IncidentDeclared
from bot.service.notifications import publish
from bot.service.participants import take_part
from bot.service.people import notice
from bot.store.tables import Counter, Incident, OutboxItem
from bot.store.upsert import insert_into

# Slack shows 3,000 characters in a section; a title is read at a glance, so the rest goes into the description.
TITLE_LIMIT = 150
_SERVICE_LIMIT = 100


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What is known when an incident is declared; times are aware, people are Slack ids.

    Either a person has reported it, or an integration, by its name in the configuration.
    """

    title: str
    reporter: str | None
    integration: str | None = None
    choice: Choice
    impact: str | None = None
    urgency: str | None = None
    category: str | None = None
    subcategory: str | None = None
    service: str | None = None
    impact_started_at: datetime | None = None
    detected_at: datetime | None = None
    description: str = ""
    is_private: bool = False
    key: str | None = None  # what asked for it; the same key again finds the same incident


async def declare(uow: UnitOfWork, wanted: Declaration) -> tuple[Incident, OutboxItem | None]:
    """The new incident, and the step that makes its channel (None where the key was declared before)."""
    if wanted.key is not None:
        known = await uow.session.scalar(
            select(Incident).where(Incident.team_id == uow.team_id, Incident.declaration_key == wanted.key)
        )
        if known is not None:
            return known, None
    await guests.check(uow, "declare")
    title, description = _split_title(wanted.title, wanted.description)
    if len(wanted.service or "") > _SERVICE_LIMIT:
        raise UserError(f"A service's name has at most {_SERVICE_LIMIT} characters.", field="service")
    incident = Incident(
        team_id=uow.team_id,
        number=await _next_number(uow),
        declaration_key=wanted.key,
        title=title,
        description=description,
        status=Status.INVESTIGATING,
        priority=wanted.choice.priority,
        priority_because=wanted.choice.because,
        impact=wanted.impact,
        urgency=wanted.urgency,
        category=wanted.category,
        subcategory=wanted.subcategory,
        service=wanted.service,
        is_private=wanted.is_private,
        reporter=wanted.reporter,
        reporter_integration=wanted.integration,
        impact_started_at=wanted.impact_started_at or wanted.detected_at or uow.now,
        # The report is when we learnt of it, unless somebody says that it was noticed before.
        detected_at=wanted.detected_at or uow.now,
        declared_at=uow.now,
        postings=[],
    )
    if incident.detected_at < incident.impact_started_at:
        raise UserError("“detected” is earlier than “since”. Which one is right?", field="detected")
    runbook = best_runbook(
        uow.runbooks,
        category=incident.category,
        subcategory=incident.subcategory,
        service=incident.service,
        title=incident.title,
    )
    incident.runbook = runbook.slug if runbook else None
    uow.session.add(incident)
    await uow.session.flush()

    await impact.begin(uow, incident, incident.impact_started_at)

    changed: dict[str, Any] = {"priority": incident.priority, "because": wanted.choice.because}
    if wanted.integration is not None:
        changed["integration"] = wanted.integration
    uow.record(incident, "declared", title, **changed)
    if wanted.reporter is not None:
        await notice(uow, wanted.reporter)
        await take_part(uow, incident, wanted.reporter)
    promised = await publish(uow, IncidentDeclared(incident=incident))
    channel = next(item for item in promised if item.step == "create_channel")
    await roles.fill_from_settings(uow, incident)
    await prompts.plan_next(uow, incident, last=uow.now)
    return incident, channel


def _split_title(title: str, description: str) -> tuple[str, str]:
    title = " ".join(visible(title).split())
    if shows_nothing(title):
        raise UserError("An incident needs a title: say in a few words what is broken.", field="title")
    if len(title) <= TITLE_LIMIT:
        return title, description
    short = title[: TITLE_LIMIT - 1].rsplit(" ", 1)[0] if " " in title[:TITLE_LIMIT] else title[: TITLE_LIMIT - 1]
    return short + "…", "\n\n".join(filter(None, (title, description)))


async def _next_number(uow: UnitOfWork) -> int:
    statement = insert_into(uow.session, Counter).values(team_id=uow.team_id, name="incident", value=1)
    number: int | None = await uow.session.scalar(
        statement.on_conflict_do_update(
            index_elements=["team_id", "name"], set_={"value": Counter.value + 1}
        ).returning(Counter.value)
    )
    if number is None:
        raise StoreError("The database gave no number for the incident.")
    return number
