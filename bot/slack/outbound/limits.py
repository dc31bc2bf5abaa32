"""How often Slack lets an app call each method: asked before a call, so that the 429 stays the exception.

Counted for this process alone; what other replicas use up shows as Slack's 429, which is heeded here as well.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.delivery.destination import Hold

# Calls a minute of each tier; Slack promises at least so many. The special one stands for "several hundred messages a
# minute" over all channels. https://docs.slack.dev/apis/web-api/rate-limits
_PER_MINUTE = {"tier 2": 20, "tier 3": 50, "tier 4": 100, "messages": 300}
# The tiers of the methods that the steps call; a test holds them against Slack's table.
TIERS = {
    "chat.delete": "tier 3",
    "chat.postMessage": "messages",
    "chat.update": "tier 3",
    "conversations.create": "tier 2",
    "conversations.invite": "tier 3",
    "conversations.setTopic": "tier 2",
    "files.info": "tier 4",
    "files.upload": "tier 4",  # its three calls are files.getUploadURLExternal, the bytes, files.completeUploadExternal
    "pins.add": "tier 2",
    "users.info": "tier 4",
}
# The other half is for a command that has to know somebody at once, which does not wait in the outbox.
_SHARES = {"users.info": 0.5}
# In one channel: a message a second, with short bursts (Slack gives no number for the burst).
_BURST = 5


# Buckets of channels that are kept; those that are full are as good as new ones.
_MANY = 1000


@dataclass(kw_only=True)
class _Bucket:
    """So many tokens; each comes back `back_after` it was taken, which is how Slack's windows count."""

    channel: bool
    tokens: int
    back_after: timedelta
    taken: deque[datetime] = field(default_factory=deque)
    closed: Hold | None = None  # Slack said so

    def hold(self, now: datetime) -> Hold | None:
        """None where there is a token."""
        if self.closed is not None and self.closed.holds(now):
            return self.closed
        while self.taken and not self.taken[0] <= now < self.taken[0] + self.back_after:
            self.taken.popleft()
        if len(self.taken) < self.tokens:
            return None
        return Hold(since=now, until=self.taken[0] + self.back_after, lane=self.channel)

    def close(self, now: datetime, *, seconds: float) -> None:
        self.closed = Hold(since=now, until=now + timedelta(seconds=seconds), lane=self.channel)


class RateLimits:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._methods: dict[str, _Bucket] = {}
        self._channels: dict[str, _Bucket] = {}

    def take(self, method: str, arguments: Mapping[str, Any]) -> Hold | None:
        """Takes a token for the call, or says for how long there is none."""
        now, buckets = self._clock.now(), self._buckets(method, arguments)
        for bucket in buckets:
            if (hold := bucket.hold(now)) is not None:
                return hold
        for bucket in buckets:
            bucket.taken.append(now)
        return None

    def close(self, method: str, arguments: Mapping[str, Any], *, seconds: float) -> None:
        """Slack's Retry-After. For a message it is about its channel, for anything else about the method."""
        for bucket in self._buckets(method, arguments)[-1:]:
            bucket.close(self._clock.now(), seconds=seconds)

    def _buckets(self, method: str, arguments: Mapping[str, Any]) -> list[_Bucket]:
        """That of the method, and for a message that of its channel; none where Slack has no limit."""
        if method not in TIERS:
            return []
        per_minute = int(_PER_MINUTE[TIERS[method]] * _SHARES.get(method, 1))
        found = [
            self._methods.setdefault(method, _Bucket(channel=False, tokens=per_minute, back_after=timedelta(minutes=1)))
        ]
        if method == "chat.postMessage":
            if len(self._channels) > _MANY:
                now = self._clock.now()
                self._channels = {key: one for key, one in self._channels.items() if one.hold(now) or one.taken}
            every = timedelta(seconds=_BURST)
            found.append(
                self._channels.setdefault(
                    str(arguments["channel"]), _Bucket(channel=True, tokens=_BURST, back_after=every)
                )
            )
        return found
