"""What follows from an alert, as far as it needs nothing but the alert."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.alert import (
    AlertFacts,
    believed_at,
    fits,
    happened_at,
    integration_name,
    is_condition,
    read_status,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALERT = AlertFacts(key="k", title="t", severity="Critical", service="search", labels={"dc": "eu-1", "a.b": "c"})


@pytest.mark.parametrize(
    ("when", "does"),
    [
        ({}, True),  # a rule without conditions fits everything
        ({"severity": ["warning", "critical"]}, True),  # any of the values, in capitals or not
        ({"severity": ["warning"]}, False),
        ({"severity": ["critical"], "service": ["checkout"]}, False),  # all of the conditions
        ({"severity": ["critical"], "service": ["SEARCH"]}, True),
        ({"status": ["open"]}, True),
        ({"labels.dc": ["eu-1"]}, True),
        ({"labels.a.b": ["c"]}, True),
        ({"labels.rack": ["7"]}, False),
        ({"labels.rack": [""]}, True),  # a label that isn't there is empty
    ],
)
def test_a_rule_fits_where_everything_that_it_asks_for_is_so(when: dict[str, list[str]], does: bool) -> None:
    assert fits(when, ALERT) is does


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("severity", True),
        ("service", True),
        ("status", True),
        ("labels.dc", True),
        ("labels.", False),
        ("labels", False),
        ("title", False),
        ("xlabels.dc", False),
    ],
)
def test_a_rule_can_ask_for_these(name: str, is_one: bool) -> None:
    assert is_condition(name) is is_one


STATUSES = {
    "open": ("open", "firing", "alerting", "triggered", "problem", "alarm", "down", "FIRING"),
    "update": ("update", "updated"),
    "resolved": ("resolved", "resolve", "recovered", "recovery", "closed", "close", "ok", "up", "OK"),
    "acknowledged": ("acknowledged", "Acknowledged"),
}


@pytest.mark.parametrize(("means", "words"), STATUSES.items())
def test_what_monitors_say_for_the_same_is_the_same(means: str, words: tuple[str, ...]) -> None:
    assert {read_status(word) for word in words} == {means}


def test_an_alert_is_open_unless_it_says_otherwise() -> None:
    assert AlertFacts(key="k", title="t").status == "open"
    assert AlertFacts(key="k", title="t").labels == {}


@pytest.mark.parametrize(
    ("minutes", "happened", "believed"),
    [
        (-10, -10, -10),
        (0, 0, 0),
        (10, 0, 0),  # nothing happens after it is told
        (-24 * 60, -24 * 60, -24 * 60),
        (-24 * 60 - 1, -24 * 60 - 1, 0),  # so late is nobody: the clock is wrong
    ],
)
def test_a_monitors_clock_is_believed_within_reason(minutes: int, happened: int, believed: int) -> None:
    told = NOON + timedelta(minutes=minutes)
    assert happened_at(told, received_at=NOON) == NOON + timedelta(minutes=happened)
    assert believed_at(told, received_at=NOON) == NOON + timedelta(minutes=believed)


def test_without_a_time_it_happened_when_it_was_told() -> None:
    assert happened_at(None, received_at=NOON) is None
    assert believed_at(None, received_at=NOON) == NOON


def test_an_integration_is_called_one() -> None:
    assert integration_name("monitoring") == "monitoring (integration)"
