"""What other programs can be told of, by the names that webhooks carry."""

from collections.abc import Mapping

# Each with what it means; docs/webhooks.md lists them. A name never changes its meaning.
EVENT_TYPES: Mapping[str, str] = {
    "incident.declared": "An incident was declared.",
    "incident.status_changed": "Its status changed between the live ones.",
    "incident.priority_changed": "Its priority was raised or lowered.",
    "incident.role_changed": "Somebody took a role, stepped down from it, or can't hold it any longer.",
    "incident.update_posted": "An update was posted; `data.update` holds it.",
    "incident.resolved": "The impact has ended.",
    "incident.closed": "The record is closed.",
    "incident.cancelled": "It was no incident.",
    "incident.reopened": "It wasn't over.",
}
