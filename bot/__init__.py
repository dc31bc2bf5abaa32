"""Incident commander for Slack."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("incident-bot")
except PackageNotFoundError:  # a bare source tree that nobody installed
    __version__ = "0.0.0"
