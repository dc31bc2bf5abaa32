"""Slack as a source: events, commands, clicks and forms come in."""
