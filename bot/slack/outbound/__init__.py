"""Slack as a destination: what the outbox promises is carried out there."""
