"""JSON that people can read."""

import json
from typing import Any

from bot.domain.typed import for_terminal


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Without a sign that a terminal would take for an order: those are escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "".join(sign if for_terminal(sign) else f"\\u{ord(sign):04x}" for sign in text)
