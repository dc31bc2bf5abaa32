"""What somebody asked the workspace to do wrong, and how many more times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAMES = (
    "latency_ms",  # the call waits this long first
    "rate_limit",  # 429 with Retry-After
    "error",  # a 5xx, or one of Slack's error names
    "answer",  # something else answers in Slack's place: an object, or a page
    "drop_before_accept",  # the connection is cut and nothing happened
    "drop_after_accept",  # the call is carried out, then the connection is cut without an answer
    "duplicate_events",  # each event goes out twice under one event_id
    "reorder_events",  # an event overtakes the one before it
    "refuse_acks",  # acknowledgements count as not received
    "refresh",  # Socket Mode connections are told to reconnect, now
    "silence",  # Socket Mode connections stay open and carry nothing any more
)

# What a bare number means for each fault; everywhere else it is how many times.
_NUMBER_IS_VALUE = {"latency_ms": "value", "error": "status"}
_OPTIONS = {"method", "count", "retry_after", "error", "status", "value", "reason", "body"}
# Done when they are ordered, and over.
_AT_ONCE = {"refresh", "silence"}
_REFRESH_REASONS = ("warning", "refresh_requested", "link_disabled", "too_many_websockets")


class FaultError(ValueError):
    """The request for a fault cannot be understood; the text says why."""


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong."""

    name: str
    methods: frozenset[str] = frozenset()  # Web API methods, or event types; empty: all
    left: int | None = None  # None: until reset
    options: Mapping[str, Any] = field(default_factory=dict)

    def concerns(self, subject: str) -> bool:
        """Whether this method or event type is meant."""
        return not self.methods or subject in self.methods

    @property
    def latency(self) -> float:
        """Seconds to wait."""
        return float(self.options.get("value", 0)) / 1000

    @property
    def retry_after(self) -> int:
        """What a 429 asks its caller to wait, in whole seconds."""
        return int(self.options.get("retry_after", 1))

    @property
    def status(self) -> int:
        """HTTP status of an error: Slack's own errors come with 200."""
        return 200 if self.options.get("error") else int(self.options.get("status", 500))

    @property
    def error(self) -> str:
        """Error name in the body."""
        return str(self.options.get("error") or "internal_error")

    @property
    def body(self) -> Any:
        """What is answered instead: an object as JSON, a text as a page."""
        return self.options.get("body", {})

    @property
    def reason(self) -> str:
        """Why a connection is asked to leave."""
        return str(self.options.get("reason", "refresh_requested"))


class Faults:
    """The faults in force; each kind at most once."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}

    def set(self, wanted: Mapping[str, Any]) -> list[Fault]:
        """Put faults in force; `{}` clears all, `{"latency_ms": 0}` or `false` clears one.

        Nothing changes where one of them is not understood (FaultError). Returns what was asked for, so that the caller
        can see to the immediate ones (`refresh`, `silence`).
        """
        if not wanted:
            self._faults.clear()
            return []
        shared = {key: value for key, value in wanted.items() if key in _OPTIONS - {"error"}}
        unknown = sorted(set(wanted) - set(NAMES) - _OPTIONS)
        if unknown:
            raise FaultError(f"unknown fault {unknown[0]!r}; there are: {', '.join(NAMES)}")
        named = [name for name in NAMES if name in wanted]
        if not named:
            raise FaultError(f"{min(shared)!r} says how, but not which fault; there are: {', '.join(NAMES)}")
        parsed = {name: _parse(name, wanted[name], shared) for name in named}
        for name, fault in parsed.items():
            self._faults.pop(name, None)
            if fault is not None and name not in _AT_ONCE:
                self._faults[name] = fault
        return [fault for fault in parsed.values() if fault is not None]

    def take(self, name: str, subject: str = "", *, named: bool = False) -> Fault | None:
        """The fault of that kind for this method or event type, where one is in force; counts it as used.

        With `named` only a fault that names the subject: response_urls and uploads are no Web API methods.
        """
        fault = self._faults.get(name)
        if fault is None or not fault.concerns(subject) or (named and not fault.methods):
            return None
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._faults[name]
        return fault

    def in_force(self) -> dict[str, Any]:
        """What is set, for people to look at."""
        return {
            name: {**fault.options, "method": sorted(fault.methods) or None, "count": fault.left}
            for name, fault in self._faults.items()
        }


def _parse(name: str, given: Any, shared: Mapping[str, Any]) -> Fault | None:
    if given is None or given is False or (given == 0 and not isinstance(given, Mapping)):
        return None
    options: dict[str, Any] = dict(shared)
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - _OPTIONS - {name})
        if unknown:
            raise FaultError(f"{name}: unknown option {unknown[0]!r}; there are: {', '.join(sorted(_OPTIONS))}")
        if name == "latency_ms" and name in given:
            options["value"] = given[name]
        options.update({key: value for key, value in given.items() if key in _OPTIONS})
    elif isinstance(given, bool):
        pass
    elif isinstance(given, int | float):
        options[_NUMBER_IS_VALUE.get(name, "count")] = given
    elif isinstance(given, str) and name in {"error", "refresh"}:
        options["error" if name == "error" else "reason"] = given
    elif isinstance(given, str) and name != "latency_ms":
        options["method"] = given
    else:
        raise FaultError(f"{name}: {given!r} is neither true, a number, a name nor an object")
    return _checked(name, options)


def _checked(name: str, options: dict[str, Any]) -> Fault:
    method, count = options.pop("method", None), options.pop("count", None)
    methods = [method] if isinstance(method, str) else method or []
    if not isinstance(methods, list) or not all(isinstance(each, str) for each in methods):
        raise FaultError(f"{name}: method is a name or a list of names, not {method!r}")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise FaultError(f"{name}: count is a whole number of at least 1, not {count!r}")
    if name == "error" and isinstance(options.get("error"), int):
        options["status"] = options.pop("error")
    for key in ("retry_after", "status", "value"):
        if key in options and (isinstance(options[key], bool) or not isinstance(options[key], int | float)):
            raise FaultError(f"{name}: {key} is a number, not {options[key]!r}")
    if not isinstance(options.get("body", ""), str | Mapping):
        raise FaultError(f"{name}: body is an object or a text, not {options['body']!r}")
    if name == "refresh" and options.get("reason", "warning") not in _REFRESH_REASONS:
        raise FaultError(f"refresh: reason is one of {', '.join(_REFRESH_REASONS)}, not {options['reason']!r}")
    return Fault(name=name, methods=frozenset(methods), left=count, options=options)
