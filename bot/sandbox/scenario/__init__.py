"""Scenarios: files that say who does what and when, and the player that has people do it."""
