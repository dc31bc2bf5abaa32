"""What the timeline says of an entry in the bot's words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.entries import Naming, told

NAMING = Naming(person=lambda user_id: f"@{user_id}", role=lambda key: key.replace("_", " "), priority=str.upper)


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("declared", {"priority": "p2"}, "Declared as P2"),
        ("status", {"before": "investigating", "after": "identified"}, "Status: investigating → identified"),
        ("status", {"before": "identified", "after": "resolved"}, "Resolved. Verified"),
        ("status", {"before": "resolved", "after": "closed"}, "Closed"),
        ("status", {"before": "identified", "after": "cancelled"}, "Cancelled"),
        ("status", {"before": "closed", "after": "investigating"}, "Reopened"),
        ("priority", {"before": "p2", "after": "p1"}, "Priority: P2 → P1, because"),
        ("role", {"role": "tech_lead", "person": "U1", "change": "assigned"}, "tech lead is @U1"),
        (
            "role",
            {"role": "tech_lead", "person": "U1", "before": ["U2", "U3"], "change": "assigned"},
            "tech lead is @U1, after @U2, @U3",
        ),
        ("role", {"role": "tech_lead", "person": "U1", "change": "released"}, "@U1 stepped down as tech lead"),
        ("role", {"role": "ic", "person": "U1", "change": "left"}, "ic is vacant: @U1 left the channel"),
        (
            "role",
            {"role": "ic", "person": "U1", "change": "deactivated"},
            "ic is vacant: the account of @U1 was deactivated",
        ),
        ("promise", {"after": "2026-03-02T15:00:00Z"}, "Next update promised sooner: by 2026-03-02 15:00 UTC"),
        ("channel", {"change": "renamed", "before": "a", "name": "b"}, "Channel renamed: #a → #b"),
        ("channel", {"change": "archived", "name": None}, "Channel archived"),
        ("channel", {"change": "made private"}, "The channel was made private, and the incident with it"),
        ("channel", {"change": "removed"}, "The bot was removed from the channel"),
        ("erased", {"what": "1 message"}, "Erased 1 message"),
        ("erased", {"what": "1 message", "person": "U1"}, "Erased 1 message by @U1"),
        ("erased", {"what": "1 alert", "person": None, "integration": "monitoring"}, "Erased 1 alert by monitoring"),
        ("alert", {"status": "open", "severity": "critical", "service": "web"}, "Alert (critical, web)"),
        ("alert", {"status": "update", "severity": "", "service": ""}, "Alert updated"),
        ("alert", {"status": "resolved", "severity": "", "service": "web"}, "Alert resolved (web)"),
        ("alert", {"status": "acked", "severity": "", "service": ""}, "Alert acked"),
        ("update", {}, "Update sent"),
        ("action", {}, "Action item"),
        ("note", {}, ""),
        ("something newer", {}, ""),
    ],
)
def test_each_kind_has_its_sentence(kind: str, data: dict[str, Any], sentence: str) -> None:
    assert told(kind, data, NAMING) == sentence


@given(
    kind=st.sampled_from(["declared", "status", "priority", "role", "promise", "channel", "erased", "alert"]),
    data=st.dictionaries(
        st.sampled_from(["before", "after", "change", "role", "person", "name", "what", "status", "priority"]),
        st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2),
    ),
)
def test_an_entry_of_another_version_keeps_none_of_the_others_from_being_told(kind: str, data: dict[str, Any]) -> None:
    def strict(key: str) -> str:
        return key.upper()

    assert isinstance(told(kind, data, Naming(person=strict, role=strict, priority=strict)), str)
