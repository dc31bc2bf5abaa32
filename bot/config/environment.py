"""What the surroundings say: secrets and addresses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.resources import packaged

DEFAULT_API_URL = "https://slack.com/api/"
DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///incident-bot.db"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The variables that the bot knows; docs/configuration.md lists them."""

    bot_token: str
    app_token: str
    signing_secret: str
    api_url: str  # ends in /
    database_url: str
    config_path: Path
    log_format: str
    log_level: str  # "": the usual one
    metrics_token: str  # "": none is asked for
    # For secrets that the configuration names.
    variables: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        env = os.environ if environ is None else environ
        api_url = env.get("SLACK_API_URL") or DEFAULT_API_URL
        named = env.get("INCIDENT_BOT_CONFIG")
        here = Path("config.yaml")
        return cls(
            bot_token=env.get("SLACK_BOT_TOKEN", "").strip(),
            app_token=env.get("SLACK_APP_TOKEN", "").strip(),
            signing_secret=env.get("SLACK_SIGNING_SECRET", "").strip(),
            api_url=api_url if api_url.endswith("/") else api_url + "/",
            database_url=env.get("DATABASE_URL") or DEFAULT_DATABASE_URL,
            config_path=Path(named) if named else here if here.exists() else packaged("config.yaml"),
            log_format=env.get("LOG_FORMAT") or "text",
            log_level=env.get("LOG_LEVEL", ""),
            metrics_token=env.get("METRICS_TOKEN", "").strip(),
            variables=dict(env),
        )
