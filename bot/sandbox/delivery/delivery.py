"""How payloads reach one app: each goes to one of its connections and is acknowledged in time, or fails as on Slack."""

from __future__ import annotations

import asyncio
import itertools
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.sandbox.delivery.faults import Faults
from bot.sandbox.state.apps import Acknowledgement
from bot.sandbox.state.clock import WorkspaceClock

logger = logging.getLogger(__name__)

ACK_WITHIN = 3.0  # seconds of machine time
# Seconds of the workspace's time before retry 1, 2 and 3; after those the event is given up.
RETRY_AFTER = (0.0, 60.0, 300.0)
# A reordered event is let go after this long (machine time) where no other comes to overtake it.
_HELD_AT_MOST = 0.05
# What the person sees where a command or click was not acknowledged.
_SHOWN_ERROR = {
    "timeout": "operation_timeout",
    "connection_failed": "dispatch_failed",
    "http_error": "http_service_error",
}
# Interactions whose answer may carry a payload; for all others it is ignored.
_ANSWERABLE = {"view_submission", "block_suggestion"}


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One payload on its way to an app, once."""

    kind: str  # "events_api" | "slash_commands" | "interactive"
    payload: Mapping[str, Any]
    retry_attempt: int = 0
    retry_reason: str = ""  # "timeout" | "http_error" | "connection_failed"
    envelope_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def accepts_response_payload(self) -> bool:
        """Whether the acknowledgement may carry an answer."""
        return self.kind == "slash_commands" or self.payload.get("type") in _ANSWERABLE


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why an attempt came to nothing."""

    reason: str  # "timeout" | "http_error" | "connection_failed"
    is_final: bool = False  # the app asked not to be sent this again


class Link(Protocol):
    """A way to the app: a Socket Mode connection or its request URL."""

    def push(self, envelope: Envelope) -> None:
        """Send soon, in the order of the calls."""


@dataclass(kw_only=True)
class _InFlight:
    envelope: Envelope
    link: Link
    timer: asyncio.TimerHandle
    settle: Callable[[Acknowledgement | Failure], None]


@dataclass(frozen=True, kw_only=True, eq=False)  # an event sent twice is two attempts
class _Attempt:
    payload: Mapping[str, Any]
    number: int = 0
    reason: str = ""


class Delivery:
    """Everything on its way to one app; events stay in order unless they are retried or a fault reorders them."""

    def __init__(self, clock: WorkspaceClock) -> None:
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None  # None: nobody delivers
        self._faults = Faults()
        self._ack_within = ACK_WITHIN
        self._links: list[Link] = []
        self._turn = itertools.count()
        self._in_flight: dict[str, _InFlight] = {}
        self._parked: dict[_Attempt, asyncio.TimerHandle] = {}  # "at once", for want of a connection
        self._held: Mapping[str, Any] | None = None
        self._retries: set[asyncio.Task[None]] = set()
        self._settling: list[asyncio.Future[None]] = []
        self.given_up: list[Mapping[str, Any]] = []  # events that no attempt brought to the app

    def start(self, *, faults: Faults, ack_within: float = ACK_WITHIN) -> None:
        """Deliver from now on. What happened before is not sent: an app hears nothing from before its installation."""
        self._loop = asyncio.get_running_loop()
        self._faults = faults
        self._ack_within = ack_within

    async def close(self) -> None:
        """Stop; whoever waits for an answer is told that nobody is there."""
        self._loop = None
        for flying in list(self._in_flight.values()):
            flying.timer.cancel()
            flying.settle(Failure(reason="connection_failed"))
        for timer in self._parked.values():
            timer.cancel()
        self._in_flight.clear()
        self._parked.clear()
        self._links.clear()
        self._held = None
        self._wake()
        retries = list(self._retries)
        for retry in retries:
            retry.cancel()
        await asyncio.gather(*retries, return_exceptions=True)

    @property
    def unacknowledged(self) -> int:
        """Sent or about to be, and not yet acknowledged; retries that wait for their time do not count."""
        return len(self._in_flight) + len(self._parked) + (self._held is not None)

    async def settled(self) -> None:
        """Return when nothing is unacknowledged."""
        while self.unacknowledged:
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settling.append(settled)
            await settled

    @property
    def connections(self) -> int:
        """How many ways to the app are open."""
        return len(self._links)

    def attach(self, link: Link) -> None:
        """A way to the app opened: what waited for one goes out first."""
        self._links.append(link)
        waiting, self._parked = self._parked, {}
        for attempt, timer in waiting.items():
            timer.cancel()
            self._send(attempt)

    def detach(self, link: Link) -> None:
        """A way closed: it gets nothing new, and events that it did not acknowledge have failed."""
        self.rest(link)
        lost = [key for key, flying in self._in_flight.items() if flying.link is link]
        for key in lost:
            # A command may still be acknowledged through another connection until its time is up.
            if self._in_flight[key].envelope.kind == "events_api":
                self.fail(key, "connection_failed")

    def rest(self, link: Link) -> None:
        """Give this way nothing new; what it has may still be acknowledged."""
        if link in self._links:
            self._links.remove(link)

    def deliver(self, payload: Mapping[str, Any]) -> None:
        """Send an event, and again where it is not acknowledged: at once, after 1 minute, after 5 minutes."""
        if self._loop is None:
            return
        kind = str(payload.get("event", {}).get("type", payload.get("type")))
        if self._held is not None:
            held, self._held = self._held, None
            self._first(payload, kind)
            self._first(held, kind)
        elif self._faults.take("reorder_events", kind):
            self._held = payload
            self._loop.call_later(_HELD_AT_MOST, self._let_go, payload)
        else:
            self._first(payload, kind)

    async def ask(self, kind: str, payload: Mapping[str, Any]) -> Acknowledgement:
        """Send a command or an interaction, once, and wait for its acknowledgement."""
        link = self._pick()
        if link is None or self._loop is None:
            return Acknowledgement(error=_SHOWN_ERROR["connection_failed"])
        answer: asyncio.Future[Acknowledgement] = self._loop.create_future()

        def settle(outcome: Acknowledgement | Failure) -> None:
            if isinstance(outcome, Failure):
                outcome = Acknowledgement(error=_SHOWN_ERROR[outcome.reason])
            if not answer.done():
                answer.set_result(outcome)

        self._push(link, Envelope(kind=kind, payload=payload), settle)
        return await answer

    def acknowledge(self, envelope_id: str, payload: Mapping[str, Any] | None = None) -> None:
        """The app acknowledged; too late or unknown ones change nothing."""
        flying = self._in_flight.get(envelope_id)
        if flying is None:
            logger.info("acknowledged too late", extra={"action": "ack_late", "envelope": envelope_id})
            return
        if self._faults.take("refuse_acks", _subject(flying.envelope)):
            return  # as if it had not come: the time runs on
        self._end(envelope_id).settle(Acknowledgement(payload=payload or {}))

    def fail(self, envelope_id: str, reason: str, *, is_final: bool = False) -> None:
        """This attempt came to nothing; where it is final there is no other."""
        if envelope_id in self._in_flight:
            self._end(envelope_id).settle(Failure(reason=reason, is_final=is_final))

    def _end(self, envelope_id: str) -> _InFlight:
        flying = self._in_flight.pop(envelope_id)
        flying.timer.cancel()
        self._wake()
        return flying

    def _wake(self) -> None:
        """Let those who wait for `settled` look again."""
        waiting, self._settling = self._settling, []
        for settled in waiting:
            if not settled.done():
                settled.set_result(None)

    def _first(self, payload: Mapping[str, Any], kind: str) -> None:
        for _ in range(2 if self._faults.take("duplicate_events", kind) else 1):
            self._send(_Attempt(payload=payload))

    def _let_go(self, payload: Mapping[str, Any]) -> None:
        if self._held is payload:
            self._held = None
            self._first(payload, str(payload.get("event", {}).get("type", "")))

    def _pick(self) -> Link | None:
        return self._links[next(self._turn) % len(self._links)] if self._links else None

    def _send(self, attempt: _Attempt) -> None:
        if self._loop is None:
            return
        link = self._pick()
        if link is not None:
            envelope = Envelope(
                kind="events_api", payload=attempt.payload, retry_attempt=attempt.number, retry_reason=attempt.reason
            )
            self._push(link, envelope, lambda outcome: self._settled(attempt, outcome))
        elif attempt.number == 0:
            self._failed(attempt, Failure(reason="connection_failed"))
        else:
            self._parked[attempt] = self._loop.call_later(self._ack_within, self._unpark, attempt)

    def _unpark(self, attempt: _Attempt) -> None:
        if self._parked.pop(attempt, None):
            self._wake()
            self._failed(attempt, Failure(reason="connection_failed"))

    def _push(self, link: Link, envelope: Envelope, settle: Callable[[Acknowledgement | Failure], None]) -> None:
        assert self._loop is not None  # noqa: S101  # callers return early where nobody delivers
        timer = self._loop.call_later(self._ack_within, self.fail, envelope.envelope_id, "timeout")
        self._in_flight[envelope.envelope_id] = _InFlight(envelope=envelope, link=link, timer=timer, settle=settle)
        link.push(envelope)

    def _settled(self, attempt: _Attempt, outcome: Acknowledgement | Failure) -> None:
        if isinstance(outcome, Failure):
            self._failed(attempt, outcome)

    def _failed(self, attempt: _Attempt, failure: Failure) -> None:
        if self._loop is None:
            return
        if failure.is_final or attempt.number >= len(RETRY_AFTER):
            self.given_up.append(attempt.payload)
            logger.warning("event given up", extra={"action": "event_given_up", "reason": failure.reason})
            return
        after = RETRY_AFTER[attempt.number]
        again = _Attempt(payload=attempt.payload, number=attempt.number + 1, reason=failure.reason)
        if after == 0:
            self._send(again)
        else:
            retry = self._loop.create_task(self._retry(again, self._clock.time() + after))
            self._retries.add(retry)
            retry.add_done_callback(self._retries.discard)

    async def _retry(self, attempt: _Attempt, when: float) -> None:
        await self._clock.sleep_until(when)
        self._send(attempt)


def _subject(envelope: Envelope) -> str:
    """The word by which a fault can mean this payload: the event's type, the command, the interaction's type."""
    if envelope.kind == "slash_commands":
        return str(envelope.payload.get("command"))
    event = envelope.payload.get("event")
    return str(event.get("type")) if isinstance(event, Mapping) else str(envelope.payload.get("type"))
