"""What this process counts about itself, by Prometheus's names; how much lies in the database is in bot.store.depths.

Labels come from short lists of ours: no titles, no people, no channels.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

# A second series for each counter, which says no more than that the process was started.
disable_created_metrics()  # type: ignore[no-untyped-call]

# Not the library's own: that one says something about Python as well.
REGISTRY = CollectorRegistry()

ACKNOWLEDGEMENT_SECONDS = Histogram(
    "incident_bot_acknowledgement_seconds",
    "From the receipt of a payload until its acknowledgement was handed to the connection.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0),  # Slack waits 3 s
    registry=REGISTRY,
)
# Told from the start: of a series that comes with its first value, the first one is not seen to rise.
for _kind in ("event", "interaction"):
    ACKNOWLEDGEMENT_SECONDS.labels(_kind)

SLACK_CALLS = Counter(
    "incident_bot_slack_calls_total",
    "Calls of Slack's Web API, and posts to response URLs, by how they ended.",
    ["method", "result"],  # ok, refused, busy, unclear
    registry=REGISTRY,
)

DUE_JOB_LATENESS_SECONDS = Histogram(
    "incident_bot_due_job_lateness_seconds",
    "How long after its time a due job was done.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0),
    registry=REGISTRY,
)
