"""Incidents and their facts as tests need them: everything is there, and a test changes what it is about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.lifecycle import Status
from bot.domain.measures import Interval, Milestones, measure
from bot.domain.postmortem import (
    ActionDue,
    Phase,
    PostmortemFacts,
    RoleInterval,
    Target,
    TimelineItem,
    Turn,
    UpdateSent,
)
from bot.store.tables import Incident

BEGAN = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
# All that Slack would wake people for, and all that HTML, Markdown and tables give a meaning to.
HOSTILE = (
    "<!channel> <@U666> <#C666> <https://evil.example|click> & <script>alert(1)</script> a|b `c` *d* _e_ [f](g) \\|"
)


def after(minutes: int) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def incident(**changes: Any) -> Incident:
    """A row as it is after a declaration, in no database."""
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
        "channel_id": "C1",
    }
    return Incident(**values | changes)


def postmortem_facts(**changes: Any) -> PostmortemFacts:
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
    facts = PostmortemFacts(
        name="INC-1",
        title="Checkout returns 503",
        description="Cards are refused.",
        priority="P1",
        priority_because="Checkout is affected too",
        declared_priority="P2",
        status="resolved",
        turns=[
            Turn(at=after(15), what="raised to P1", who="Ben Ito", reason="Checkout is affected too"),
            Turn(at=after(70), what="resolved", who="Ana Torres", reason="Error rate at 0.1 %"),
        ],
        category="Application / Elevated errors",
        service="checkout",
        reporter="Ana Torres",
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
        roles=[RoleInterval(role="Tech lead", person="Ben Ito", start=after(12), end=None)],
        timeline=[
            TimelineItem(at=after(9), kind="note", who="Ana Torres", text="Only in Europe"),
            TimelineItem(
                at=after(20),
                kind="message",
                who="Ben Ito",
                text="Found it",
                link="https://acme.slack.com/archives/C1/p1",
            ),
        ],
        updates=[
            UpdateSent(
                at=after(45),
                who="Cem Aydin",
                status="monitoring",
                text="Rolled back",
                due_at=after(38),
                late_by=timedelta(minutes=7),
                next_due_at=after(75),
            )
        ],
        prompts_sent=1,
        prompts_missed=0,
        actions=[ActionDue(text="Test the rollback", owner="Ben Ito", due_on="2026-03-31")],
        participants=["Ana Torres", "Ben Ito", "Cem Aydin"],
        messages=14,
    )
    return replace(facts, **changes)


def in_every_place(words: Callable[[str], str]) -> PostmortemFacts:
    """The same incident with other words wherever people have a say; `words` gets what stands there."""
    facts = postmortem_facts()
    return replace(
        facts,
        **{
            place: words(getattr(facts, place))
            for place in ("title", "priority_because", "category", "service", "reporter", "channel", "resolution")
        },
        roles=[replace(one, role=words(one.role), person=words(one.person)) for one in facts.roles],
        timeline=[replace(one, who=words(one.who), text=words(one.text)) for one in facts.timeline],
        updates=[replace(one, who=words(one.who), text=words(one.text)) for one in facts.updates],
        actions=[replace(one, text=words(one.text), owner=words(one.owner or "")) for one in facts.actions],
        participants=[words(one) for one in facts.participants],
        turns=[replace(one, who=words(one.who or ""), reason=words(one.reason)) for one in facts.turns],
    )
