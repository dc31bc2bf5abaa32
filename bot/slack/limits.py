"""How often Slack lets an app call each method: asked before a call, so that the 429 stays the exception.

Counted for this process alone; what other replicas use up shows as Slack's 429, which is heeded here as well.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock

# Calls a minute of each tier; Slack promises at least so many. The special one stands for "several hundred messages a
# minute" over all channels. https://docs.slack.dev/apis/web-api/rate-limits
_PER_MINUTE = {"tier 2": 20, "tier 3": 50, "tier 4": 100, "messages": 300}
# The tiers of the methods that the steps call; a test holds them against Slack's table.
TIERS = {
    "chat.postMessage": "messages",
    "chat.update": "tier 3",
    "conversations.create": "tier 2",
    "conversations.invite": "tier 3",
    "conversations.setTopic": "tier 2",
    "files.upload": "tier 4",  # its three calls are files.getUploadURLExternal, the bytes, files.completeUploadExternal
    "pins.add": "tier 2",
    "users.info": "tier 4",
}
# In one channel: a message a second, with short bursts (Slack gives no number for the burst).
_BURST = 5


@dataclass(kw_only=True)
class _Bucket:
    """So many tokens; each comes back `back_after` it was taken, which is how Slack's windows count."""

    tokens: int
    back_after: timedelta
    taken: deque[datetime] = field(default_factory=deque)
    closed_until: datetime | None = None  # Slack said so

    def opens_at(self, now: datetime) -> datetime:
        # A clock that was set back must not keep the tokens for ever.
        while self.taken and not self.taken[0] <= now < self.taken[0] + self.back_after:
            self.taken.popleft()
        opens = self.taken[0] + self.back_after if len(self.taken) >= self.tokens else now
        if self.closed_until is not None and self.closed_until - now > timedelta(hours=1):
            self.closed_until = None
        return max(opens, self.closed_until or now)


class Limits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._methods: dict[str, _Bucket] = {}
        self._channels: dict[tuple[str, str], _Bucket] = {}

    def take(self, method: str, arguments: Mapping[str, Any]) -> "Hold | None":
        """Takes a token for the call, or says until when there is none and whose that is."""
        now = self._clock.now()
        in_method, in_channel = self._method(method), self._channel(method, arguments)
        if in_method is not None and (opens := in_method.opens_at(now)) > now:
            return Hold(until=opens, channel=False)
        if in_channel is not None and (opens := in_channel.opens_at(now)) > now:
            return Hold(until=opens, channel=True)
        for bucket in (in_method, in_channel):
            if bucket is not None:
                bucket.taken.append(now)
        return None

    def close(self, method: str, arguments: Mapping[str, Any], *, seconds: float) -> None:
        """Slack's Retry-After. For a message it is about its channel, for anything else about the method."""
        bucket = self._channel(method, arguments) or self._method(method)
        if bucket is not None:
            bucket.closed_until = self._clock.now() + timedelta(seconds=seconds)

    def _method(self, method: str) -> _Bucket | None:
        if method not in TIERS:
            return None
        return self._methods.setdefault(
            method, _Bucket(tokens=_PER_MINUTE[TIERS[method]], back_after=timedelta(minutes=1))
        )

    def _channel(self, method: str, arguments: Mapping[str, Any]) -> _Bucket | None:
        if method != "chat.postMessage":
            return None
        if len(self._channels) > _MANY:  # full buckets are as good as new ones
            now = self._clock.now()
            self._channels = {key: one for key, one in self._channels.items() if one.opens_at(now) > now or one.taken}
        return self._channels.setdefault(
            (method, str(arguments["channel"])), _Bucket(tokens=_BURST, back_after=timedelta(seconds=_BURST))
        )


_MANY = 1000


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Until when a call has to wait: for its channel, or for every call of its method."""

    until: datetime
    channel: bool
