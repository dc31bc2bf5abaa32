"""Logs: sentences with fields, without tokens and without the text of messages."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(r"x(?:ox[a-z]|app)-[A-Za-z0-9-]+")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class _Sentences(logging.Formatter):
    """`12:00:01 INFO bot.slack: Sent the card. (incident=42)`, with anything like a token blotted out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] = {k: v for k, v in vars(record).items() if k not in _STANDARD}
        line = super().format(record)
        if fields:
            head, *rest = line.split("\n", 1)
            shown = " ".join(f"{name}={value}" for name, value in fields.items())
            line = "\n".join([f"{head} ({shown})", *rest])
        return _TOKEN.sub("[token]", line)


def configure(*, level: str = "INFO") -> None:
    """Sends the program's logs to standard error; called once, by the command line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Sentences())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Bolt and the SDK report each frame and retry; their warnings are enough.
    for noisy in ("slack_bolt", "slack_sdk", "aiohttp.access", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
