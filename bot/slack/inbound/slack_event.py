"""One event, as it is applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class SlackEvent:
    event: Mapping[str, Any]  # as Slack sends it
    at: datetime  # when it happened, as far as Slack says
