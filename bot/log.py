"""Logs: sentences with fields, without tokens and without the text of messages."""

import copy
import json
import logging
import re
import sys
import time
import traceback
from asyncio import CancelledError
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import ConfigError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_TOKEN = re.compile(r"x(?:ox[a-z]|app)-[A-Za-z0-9-]+")
# What PostgreSQL adds to its sentence quotes rows, line breaks and all, up to SQLAlchemy's statement or the next error.
_DETAIL = re.compile(
    r"^((?:DETAIL|CONTEXT):[ \t]*).*?(?=^\[SQL: |^The above exception |^During handling |\Z)", re.MULTILINE | re.DOTALL
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    """What was given as `extra`."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class _Formatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """PostgreSQL quotes the row that it refuses, and in it what people wrote."""
        return _DETAIL.sub(r"\1[a row]\n", super().formatException(ei)).rstrip("\n")


class _Sentences(_Formatter):
    """`12:00:01 INFO bot.slack: Sent the card. (incident=42)`, with anything like a token blotted out."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        line, fields = super().format(record), _fields(record)
        if fields:
            head, *rest = line.split("\n", 1)
            shown = " ".join(f"{name}={value}" for name, value in fields.items())
            line = "\n".join([f"{head} ({shown})", *rest])
        return _TOKEN.sub("[token]", line)


class _Objects(_Formatter):
    """One JSON object a line: time (ISO 8601, UTC), level, logger, message, the fields, exception; blotted out too."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        trace = [self.formatException(record.exc_info)] if record.exc_info else []
        trace += [self.formatStack(record.stack_info)] if record.stack_info else []
        if trace:
            entry["exception"] = "\n".join(trace)
        entry |= {name: value for name, value in _fields(record).items() if name not in entry}
        # On the finished line, so that no field, key or traceback is left out: JSON spells a token as it is.
        return _TOKEN.sub("[token]", json.dumps(entry, default=str))


_SECONDS_BETWEEN_REPEATS = 60.0
_MOST_FAULTS = 500  # that are told apart
_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(kw_only=True)
class _Fault:
    """A fault that was logged within the last minute."""

    since: float
    record: logging.LogRecord
    repeats: int = 0


def _what_is_wrong(record: logging.LogRecord) -> Hashable:
    """By what faults are told apart. What differs in numbers only is the same: seconds, ports, items."""
    kind, place = None, None
    if record.exc_info and record.exc_info[0] is not None:
        kind, trace = record.exc_info[0], record.exc_info[2]
        frames = traceback.extract_tb(trace, limit=-1)
        place = (frames[0].filename, frames[0].lineno) if frames else None
    about = (getattr(record, "incident_id", None), getattr(record, "step", None))
    return (record.name, record.levelno, _NUMBERS.sub("#", record.getMessage()), kind, place, about)


class _OncePerMinute(logging.Filter):
    """Lets a repeated fault through once a minute, with how often it came: at a limit of the machine it never ends."""

    def __init__(self, handler: logging.Handler, clock: Callable[[], float]) -> None:
        super().__init__()
        self._handler = handler
        self._clock = clock
        self._faults: dict[Hashable, _Fault] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = self._clock()
        self._tell_repeats(now)
        if record.levelno < logging.WARNING:
            return True
        if hasattr(record, "reference"):
            return True  # somebody was told to look for it
        try:
            key = _what_is_wrong(record)
            hash(key)
        except Exception:  # noqa: BLE001 - a line that is written wrong must not end what it is about
            return True  # logging says itself what is wrong with it
        known = self._faults.get(key)
        if known is not None:
            known.repeats += 1
            return False
        if len(self._faults) < _MOST_FAULTS:
            self._faults[key] = _Fault(since=now, record=record)
        return True

    def _tell_repeats(self, now: float) -> None:
        """Forgets what is older than a minute; what was repeated meanwhile is told first."""
        # Out before the first is told: the telling comes through here again, and so do other threads.
        past = [key for key, one in list(self._faults.items()) if now - one.since >= _SECONDS_BETWEEN_REPEATS]
        over = [fault for key in past if (fault := self._faults.pop(key, None))]
        for fault in over:
            if fault.repeats:
                again = copy.copy(fault.record)
                again.exc_info, again.exc_text, again.stack_info = None, None, None
                again.created = time.time()
                again.repeated = fault.repeats
                self._handler.handle(again)


_FORMATS = {"text": _Sentences, "json": _Objects}


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """A stop cuts transactions off, which SQLAlchemy's pool reports as an error of its own."""
    kind = record.exc_info[0] if record.exc_info else None
    return not (kind is CancelledError and record.name.startswith("sqlalchemy.pool"))


def configure(*, layout: str = "text", level: str = "INFO") -> None:
    """Sends the program's logs to standard error; called once, by the command line.

    Raises ConfigError for a layout or a level that there is not.
    """
    problems = []
    if layout.lower() not in _FORMATS:
        problems.append(f"LOG_FORMAT is {layout!r}; write {' or '.join(_FORMATS)}.")
    if level.upper() not in LEVELS:
        problems.append(f"LOG_LEVEL is {level!r}; write one of {', '.join(LEVELS)}.")
    if problems:
        raise ConfigError(problems)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATS[layout.lower()]())
    handler.addFilter(_OncePerMinute(handler, time.monotonic))
    handler.addFilter(_is_no_cancellation)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries report each frame and retry, and at DEBUG what people wrote; their warnings are enough.
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for ours in ("bot", "commands"):
        logging.getLogger(ours).setLevel(level.upper())
