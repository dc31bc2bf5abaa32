"""The metrics as Prometheus reads them: what this process counted, and what the database holds just now."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bot import __version__
from bot.metrics import REGISTRY
from bot.store.depths import Depths
from bot.store.migrate import SCHEMA


def exposition(depths: Depths | None, *, receiving: bool, now: datetime, priorities: Iterable[str]) -> bytes:
    """Prometheus's text format; None where the database did not answer, whose numbers are then left out.

    `receiving`: whether payloads can come in.

    `priorities` are told with 0 where nothing is open.
    """
    scrape = CollectorRegistry()
    info = Gauge("incident_bot_info", "This version and its schema.", ["version", "schema"], registry=scrape)
    info.labels(__version__, SCHEMA).set(1)
    up = Gauge("incident_bot_database_up", "Whether the database answered this scrape.", registry=scrape)
    up.set(depths is not None)
    hears = Gauge("incident_bot_receiving", "Whether payloads from Slack can come in.", registry=scrape)
    hears.set(receiving)
    if depths is not None:
        _add(scrape, depths, now=now, priorities=priorities)
    return generate_latest(REGISTRY) + generate_latest(scrape)


def _add(scrape: CollectorRegistry, depths: Depths, *, now: datetime, priorities: Iterable[str]) -> None:
    inbox = Gauge("incident_bot_inbox_items", "Events by state.", ["state"], registry=scrape)
    for state, count in depths.inbox.items():
        inbox.labels(state).set(count)
    oldest = Gauge("incident_bot_inbox_oldest_seconds", "Age of the oldest event that waits.", registry=scrape)
    oldest.set(_age(depths.inbox_oldest, now))

    outbox = Gauge("incident_bot_outbox_items", "What Slack is to be told, by state.", ["state"], registry=scrape)
    for state, count in depths.outbox.items():
        outbox.labels(state).set(count)
    oldest = Gauge(
        "incident_bot_outbox_oldest_seconds", "Age of the oldest item that waits or is being sent.", registry=scrape
    )
    oldest.set(_age(depths.outbox_oldest, now))

    failed = Gauge("incident_bot_due_jobs_failed", "Due jobs that were given up.", registry=scrape)
    failed.set(depths.failed_jobs)
    incidents = Gauge(
        "incident_bot_open_incidents", "Open public incidents by priority.", ["priority"], registry=scrape
    )
    for priority, count in (dict.fromkeys(priorities, 0) | dict(depths.open_incidents)).items():
        incidents.labels(priority).set(count)
    private = Gauge("incident_bot_open_private_incidents", "Open private incidents.", registry=scrape)
    private.set(depths.open_private_incidents)


def _age(since: datetime | None, now: datetime) -> float:
    """In seconds; 0 where there is nothing."""
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
