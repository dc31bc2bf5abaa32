"""Incidents and their facts as tests need them: everything is there, and a test changes what it is about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.lifecycle import Status
from bot.domain.measures import Interval, Milestones, measure
from bot.domain.report import (
    ActionDue,
    ChatMessage,
    IncidentReport,
    PersonName,
    Phase,
    PromptSent,
    RoleInterval,
    Target,
    TextVersion,
    TimelineItem,
    Turn,
    UpdateSent,
)
from bot.store.tables import Incident, Posting

BEGAN = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
# All that Slack would wake people for, and all that HTML, Markdown and tables give a meaning to.
HOSTILE = (
    "<!channel> <@U666> <#C666> <https://evil.example|click> & <script>alert(1)</script> a|b `c` *d* _e_ [f](g) \\|"
)


def after(minutes: int) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def incident(**changes: Any) -> Incident:
    """A row as it is after a declaration, in no database."""
    channel: dict[str, Any] = {"what": "channel", "destination": "slack", "external_id": "C1"}
    values: dict[str, Any] = {
        "number": 1,
        "title": "Checkout returns 503",
        "description": "",
        "status": Status.INVESTIGATING,
        "priority": "p1",
        "priority_because": "as declared",
        "is_private": False,
        "reporter": "U1",
        "impact_started_at": BEGAN,
        "detected_at": after(5),
        "declared_at": after(8),
        "postings": [Posting(**channel)],
    }
    return Incident(**values | changes)


ANA = PersonName(id="U1", handle="ana", name="Ana Torres")
BEN = PersonName(id="U2", handle="ben", name="Ben Ito")
CEM = PersonName(id="U3", handle="cem", name="Cem Aydin")


def report(**changes: Any) -> IncidentReport:
    """A whole incident from its beginning to its end."""
    milestones = Milestones(
        impact_started_at=BEGAN,
        detected_at=after(5),
        declared_at=after(8),
        acknowledged_at=after(12),
        mitigated_at=after(40),
        resolved_at=after(70),
        impact=[Interval(start=BEGAN, end=after(70))],
    )
    made = IncidentReport(
        number=1,
        title="Checkout returns 503",
        description="Cards are refused.",
        kind="incident",
        priority_key="p1",
        priority="P1",
        priority_because="Checkout is affected too",
        declared_priority="P2",
        status="resolved",
        turns=[
            Turn(at=after(15), what="raised to P1", who=BEN, reason="Checkout is affected too"),
            Turn(at=after(70), what="resolved", who=ANA, reason="Error rate at 0.1 %"),
        ],
        category_key="application/errors",
        category="Application / Elevated errors",
        service="checkout",
        runbook=None,
        reporter=ANA,
        channel="inc-1-checkout",
        channel_link="https://acme.slack.com/archives/C1",
        is_private=False,
        impact_started_at=BEGAN,
        detected_at=after(5),
        declared_at=after(8),
        acknowledged_at=after(12),
        mitigated_at=after(40),
        mitigation_lost_at=None,
        resolved_at=after(70),
        closed_at=None,
        resolution="Error rate at 0.1 %",
        measures=measure(milestones),
        impact=milestones.impact,
        target=Target(respond_within=timedelta(minutes=15), resolve_within=timedelta(hours=4)),
        phases=[Phase(status="investigating", start=after(8), end=after(70))],
        roles=[RoleInterval(role="Tech lead", key="tech_lead", person=BEN, start=after(12), end=None)],
        timeline=[
            TimelineItem(at=after(9), kind="note", person=ANA, words="Only in Europe"),
            TimelineItem(
                at=after(20),
                kind="message",
                person=BEN,
                words="Found it",
                link="https://acme.slack.com/archives/C1/p1",
                message_ts="1.000000",
            ),
        ],
        messages=[message(after(20 + place)) for place in range(14)],
        updates=[
            UpdateSent(
                at=after(45),
                who=CEM,
                status="monitoring",
                text="Rolled back",
                due_at=after(38),
                late_by=timedelta(minutes=7),
                next_due_at=after(75),
            )
        ],
        prompts=[PromptSent(due_at=after(38), at=after(38), person=CEM, outcome="answered")],
        actions=[ActionDue(text="Test the rollback", owner=BEN, due_on="2026-03-31")],
        participants=[ANA, BEN, CEM],
        alerts=[],
        people=[ANA, BEN, CEM],
    )
    return replace(made, **changes)


def message(at: datetime, **changes: Any) -> ChatMessage:
    """Something that Ben wrote."""
    values: dict[str, Any] = {
        "at": at,
        "ts": f"{at.timestamp():.6f}",
        "thread_ts": None,
        "person": BEN,
        "author": None,
        "text": "Found it",
        "versions": [TextVersion(at=at, text="Found it")],
        "edited_at": None,
        "deleted_at": None,
        "found_missing": False,
        "erased_at": None,
        "erased_by": None,
        "files": [],
        "is_key_event": False,
    }
    return ChatMessage(**values | changes)


def in_every_place(words: Callable[[str], str]) -> IncidentReport:
    """The same incident with other words wherever people have a say; `words` gets what stands there."""
    made = report()

    def called(person: PersonName | None) -> PersonName:
        known = person or ANA
        return replace(known, handle=words(known.handle), name=words(known.name))

    return replace(
        made,
        **{
            place: words(getattr(made, place))
            for place in ("title", "priority_because", "category", "service", "channel", "resolution")
        },
        reporter=called(made.reporter),
        roles=[replace(one, role=words(one.role), person=called(one.person)) for one in made.roles],
        timeline=[replace(one, person=called(one.person), words=words(one.words)) for one in made.timeline],
        messages=[replace(one, person=called(one.person), text=words(one.text)) for one in made.messages],
        updates=[replace(one, who=called(one.who), text=words(one.text)) for one in made.updates],
        actions=[replace(one, text=words(one.text), owner=called(one.owner)) for one in made.actions],
        participants=[called(one) for one in made.participants],
        turns=[replace(one, who=called(one.who), reason=words(one.reason)) for one in made.turns],
    )
