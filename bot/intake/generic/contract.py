"""Reads a body after the contract in docs/intake.md: all that is wrong is told at once, what is unknown is kept."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from bot.domain.alert import AlertFacts, read_status
from bot.domain.json_pointer import look_up, parse_pointer
from bot.domain.typed import shows_nothing, visible
from bot.errors import IntakeRefused
from bot.store.base import holdable

_NAME_LIMIT = 255
TITLE_LIMIT, DESCRIPTION_LIMIT = 150, 3000
_WORD_LIMIT = 100
_URL_LIMIT = 2000
_MOST_LABELS, _LABEL_LIMIT = 50, 500
# Far more than anybody means, and far less than the databases take.
_DEEPEST = 64
_LONGEST_NUMBER = 300  # digits
# Seconds since the epoch have fewer digits, milliseconds more, from 1973 to 5138.
_MILLISECONDS_FROM = 1e11

Document = Mapping[str, Any]


def document_in(body: bytes) -> Document:
    """The JSON object that it is. Raises IntakeRefused for anything else."""
    try:
        found = json.loads(
            body.decode("utf-8-sig"), parse_int=_whole, parse_float=_fraction, parse_constant=lambda name: name
        )
    except UnicodeDecodeError:
        raise IntakeRefused({"body": "isn't UTF-8"}) from None
    except RecursionError:
        raise IntakeRefused({"body": _too_deep()}) from None
    except ValueError as problem:
        where = f" (line {problem.lineno}, column {problem.colno})" if isinstance(problem, json.JSONDecodeError) else ""
        raise IntakeRefused({"body": f"isn't JSON{where}"}) from None
    if not isinstance(found, dict):
        raise IntakeRefused({"body": "must be a JSON object"})
    if _is_deep(found):
        raise IntakeRefused({"body": _too_deep()})
    return found


def alert_in(document: Document, mapping: Mapping[str, str], *, idempotency_key: str = "") -> tuple[AlertFacts, str]:
    """The alert, and the id that it was sent under: its own, else the header's, else "".

    `mapping`: JSON pointers to fields of a body that isn't ours. Then nothing in it was written for us: it is read as
    far as it goes. Raises IntakeRefused with every field that is wrong.
    """
    reading = _Reading(document, mapping)
    title = reading.read("title", _line(TITLE_LIMIT))
    if shows_nothing(title) and "title" not in reading.problems:
        reading.problems["title"] = "is missing; say in a few words what is wrong"
    sent_as = reading.read("id", _name) or reading.understood("Idempotency-Key", idempotency_key, _name)
    told = AlertFacts(
        # What has no name of its own is the same thing as what has the same title; the title itself may be erased.
        key=reading.read("key", _name) or f"title:{sha256(title.encode('utf-8', 'replace')).hexdigest()[:32]}",
        title=title,
        status=read_status(reading.read("status", _line(_WORD_LIMIT)) or "open"),
        severity=reading.read("severity", _line(_WORD_LIMIT)),
        service=reading.read("service", _line(_WORD_LIMIT)),
        description=reading.read("description", _description),
        url=reading.read("url", _address),
        labels=reading.labels(),
        occurred_at=reading.moment(),
    )
    if reading.problems:
        raise IntakeRefused(reading.problems)
    return told, sent_as


class _Reading:
    """One body; collects what is wrong with it."""

    def __init__(self, document: Document, mapping: Mapping[str, str]) -> None:
        self._document = document
        self._is_foreign = bool(mapping)
        self._pointers = {field: parse_pointer(pointer) for field, pointer in mapping.items()}
        self.problems: dict[str, str] = {}

    def _found(self, field: str) -> Any:
        if field == "id" and self._is_foreign and field not in self._pointers:
            return None  # it may name something that is the same in every body
        return look_up(self._document, self._pointers.get(field, (field,)))

    def _wrong(self, field: str, problem: str) -> None:
        """What stands in a body that isn't ours may be anything: it counts as left out."""
        if not self._is_foreign:
            self.problems[field] = problem

    def read(self, field: str, understand: Callable[[str], str]) -> str:
        """A text; "" where there is none. `understand` raises ValueError."""
        found = self._found(field)
        if found is None:
            return ""
        if self._is_foreign:
            found = _as_text(found)
        if not isinstance(found, str):
            self._wrong(field, "must be text")
            return ""
        return self.understood(field, found, understand)

    def understood(self, field: str, text: str, understand: Callable[[str], str]) -> str:
        try:
            return understand(text)
        except ValueError as problem:
            self._wrong(field, str(problem))
            return ""

    def moment(self) -> datetime | None:
        found = self._found("occurred_at")
        if found is None or found == "":
            return None
        try:
            if self._is_foreign and isinstance(found, int | float) and not isinstance(found, bool):
                seconds = found / 1000 if abs(found) >= _MILLISECONDS_FROM else found
                return datetime.fromtimestamp(seconds, UTC)
            moment = datetime.fromisoformat(found.strip() if isinstance(found, str) else "")
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, OSError):  # what Python and C say of a time of a billion years
            self._wrong("occurred_at", "must be a time in ISO 8601, such as 2026-03-02T14:30:00Z")
            return None

    def labels(self) -> dict[str, str]:
        found = self._found("labels")
        if found is None:
            return {}
        if not isinstance(found, dict):
            self._wrong("labels", "must be an object of texts")
            return {}
        if self._is_foreign:
            found = {name: text for name, one in found.items() if (text := _as_text(one)) is not None}
        elif any(not isinstance(one, str) for one in found.values()):
            self._wrong("labels", "must be an object of texts")
            return {}
        if len(found) > _MOST_LABELS:
            self._wrong("labels", f"has {len(found)} entries; {_MOST_LABELS} are the most")
        return {
            _shortened(name, _WORD_LIMIT): _shortened(one, _LABEL_LIMIT)
            for name, one in list(found.items())[:_MOST_LABELS]
        }


def _line(limit: int) -> Callable[[str], str]:
    """One line of text, cut where it is too long: an alert is not lost for that."""
    return lambda text: _shortened(" ".join(visible(text).split()), limit)


def _description(text: str) -> str:
    return _shortened(visible(text).strip(), DESCRIPTION_LIMIT)


def _name(text: str) -> str:
    """Something by which it is known again: a part of it would be something else."""
    if len(text) > _NAME_LIMIT:
        raise ValueError(f"has {len(text)} characters; {_NAME_LIMIT} are the most")
    return holdable(text).strip()


def _address(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if text.strip() and (not usable or not text.strip().isprintable() or " " in text.strip()):
        raise ValueError("must be an address that begins with https:// or http://")
    if len(text) > _URL_LIMIT:
        raise ValueError(f"has {len(text)} characters; {_URL_LIMIT} are the most")
    return text.strip()


def _as_text(value: Any) -> str | None:
    """Other programs' names and levels may be numbers."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else None


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _fraction(digits: str) -> float | str:
    """What no database can hold as a number stays as it is written."""
    number = float(digits)
    return number if math.isfinite(number) else digits


def _is_deep(document: Document) -> bool:
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        level = [
            below
            for one in level
            for below in (one.values() if isinstance(one, dict) else one)
            if isinstance(below, dict | list)
        ]
        if not level:
            return False
    return True


def _too_deep() -> str:
    return f"is nested too deeply; {_DEEPEST} levels are the most"
