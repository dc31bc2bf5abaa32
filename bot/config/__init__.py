"""config.yaml and the environment as frozen settings; every problem at once, with its path and a way to fix it."""

from pathlib import Path

from pydantic import ValidationError

from bot.config.checks import cross_checks
from bot.config.environment import DEFAULT_API_URL, DEFAULT_DATABASE_URL, Environment
from bot.config.intake import GenericIntegration, Intake, IntakeRule
from bot.config.problems import describe
from bot.config.settings import Category, Destinations, Priority, Role, Settings, SocketMode, Webhook
from bot.config.yaml_file import load_yaml
from bot.errors import ConfigError

__all__ = [
    "DEFAULT_API_URL",
    "DEFAULT_DATABASE_URL",
    "Category",
    "Destinations",
    "Environment",
    "GenericIntegration",
    "Intake",
    "IntakeRule",
    "Priority",
    "Role",
    "Settings",
    "SocketMode",
    "Webhook",
    "describe",
    "load_settings",
    "load_yaml",
]


def load_settings(path: Path) -> Settings:
    """The settings in `path`; folders in it are relative to the file. Raises ConfigError with every problem."""
    raw = load_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError([f"{path}: must be a block of keys and values; start from the packaged config.yaml"])
    for name in ("templates", "runbooks"):
        if isinstance(raw.get(name), str):
            raw[name] = path.parent / raw[name]
    found = list(cross_checks(raw))
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as problems:
        found = describe(problems, Settings) + found
    if found:
        raise ConfigError([f"{path}: {line}" for line in found])
    return settings
