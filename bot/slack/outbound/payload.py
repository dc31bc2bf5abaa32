"""Reading what Slack sends: what isn't of the kind that Slack documents counts as missing, so nobody trips over it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.times import from_ts, is_ts

Payload = Mapping[str, Any]


def part_at(payload: Payload, key: str) -> Payload:
    """The object at `key`, else an empty one: a whole organisation's installation gets null for some."""
    value = payload.get(key)
    return value if isinstance(value, Mapping) else {}


def text_at(payload: Payload, key: str) -> str | None:
    """The text at `key`; None where there is none, or an empty one."""
    value = payload.get(key)
    return value if isinstance(value, str) and value else None


def ts_at(payload: Payload, key: str) -> str | None:
    """The text at `key`, where it is a message's ts."""
    value = text_at(payload, key)
    return value if value is not None and is_ts(value) else None


def moment_at(payload: Payload, key: str, otherwise: datetime) -> datetime:
    """The moment that the ts at `key` stands for."""
    ts = ts_at(payload, key)
    return from_ts(ts) if ts is not None else otherwise
