"""How often an app may call each Web API method, as Slack's tiers have it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from bot.sandbox.state.clock import WorkspaceClock

_MINUTE = 60.0

# Calls a minute of each tier. The special ones: Slack promises "hundreds" for auth.test and permalinks, and
# "several hundred" messages over all channels.
PER_MINUTE: dict[str, int] = {
    "Tier1": 1,
    "Tier2": 20,
    "Tier3": 50,
    "Tier4": 100,
    "SpecialTier_auth_test": 600,
    "SpecialTier_chat_getPermalink": 600,
    "SpecialTier_chat_postMessage": 300,
}

# In one channel: a message a second on average, with short bursts.
POSTS_A_SECOND = 1.0
POST_BURST = 5

TIERS: dict[str, str] = {
    "apps.connections.open": "Tier1",
    "auth.test": "SpecialTier_auth_test",
    "bookmarks.add": "Tier2",
    "bookmarks.edit": "Tier2",
    "bookmarks.list": "Tier3",
    "bookmarks.remove": "Tier2",
    "bots.info": "Tier3",
    "chat.delete": "Tier3",
    "chat.getPermalink": "SpecialTier_chat_getPermalink",
    "chat.meMessage": "Tier3",
    "chat.postEphemeral": "Tier4",
    "chat.postMessage": "SpecialTier_chat_postMessage",
    "chat.update": "Tier3",
    "conversations.archive": "Tier2",
    "conversations.create": "Tier2",
    "conversations.history": "Tier3",
    "conversations.info": "Tier3",
    "conversations.invite": "Tier3",
    "conversations.join": "Tier3",
    "conversations.kick": "Tier3",
    "conversations.leave": "Tier3",
    "conversations.list": "Tier2",
    "conversations.members": "Tier4",
    "conversations.open": "Tier3",
    "conversations.rename": "Tier2",
    "conversations.replies": "Tier3",
    "conversations.setPurpose": "Tier2",
    "conversations.setTopic": "Tier2",
    "conversations.unarchive": "Tier2",
    "emoji.list": "Tier2",
    "files.completeUploadExternal": "Tier4",
    "files.getUploadURLExternal": "Tier4",
    "files.info": "Tier4",
    "pins.add": "Tier2",
    "pins.list": "Tier2",
    "pins.remove": "Tier2",
    "reactions.add": "Tier3",
    "reactions.get": "Tier3",
    "reactions.remove": "Tier2",
    "team.info": "Tier3",
    "usergroups.list": "Tier2",
    "usergroups.users.list": "Tier2",
    "users.conversations": "Tier2",
    "users.info": "Tier4",
    "users.list": "Tier2",
    "users.lookupByEmail": "Tier3",
    "users.profile.get": "Tier4",
    "views.open": "Tier4",
    "views.publish": "Tier4",
    "views.push": "Tier4",
    "views.update": "Tier4",
}

# Slack's two sources disagree here (metadata: Tier 1, the method's reference: Tier 3). At one call a minute an app
# could never open the ten connections that it may have.
LENIENT = {"apps.connections.open": "Tier3"}


class RateLimiter:
    """Counts calls on the workspace's clock: a minute's window for each app and method, a bucket for each channel.

    `generosity` multiplies all of Slack's limits.
    """

    def __init__(self, clock: WorkspaceClock, *, generosity: int = 1) -> None:
        self._clock = clock
        self._generosity = generosity
        self._windows: dict[tuple[str, str], deque[float]] = {}
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}  # tokens, and when they were counted

    def check(self, app_id: str, method: str, args: Mapping[str, Any]) -> float | None:
        """None where the call may go ahead (it is counted), else Retry-After in whole seconds, at least 1.

        A refused call does not count against later ones.
        """
        tier = LENIENT.get(method) or TIERS.get(method)
        if tier is None:
            return None
        now = self._clock.time()
        wait = self._window_wait(app_id, method, PER_MINUTE[tier] * self._generosity, now)
        channel = str(args.get("channel") or "") if method == "chat.postMessage" else ""
        if channel:
            wait = max(wait, self._bucket_wait(app_id, channel, now))
        if wait > 0:
            return float(max(1, math.ceil(wait)))
        self._windows[app_id, method].append(now)
        if channel:
            tokens, _ = self._buckets[app_id, channel]
            self._buckets[app_id, channel] = (tokens - 1, now)
        return None

    def _window_wait(self, app_id: str, method: str, most: int, now: float) -> float:
        window = self._windows.setdefault((app_id, method), deque())
        while window and window[0] <= now - _MINUTE:
            window.popleft()
        return window[0] + _MINUTE - now if len(window) >= most else 0.0

    def _bucket_wait(self, app_id: str, channel: str, now: float) -> float:
        most, a_second = float(POST_BURST * self._generosity), POSTS_A_SECOND * self._generosity
        tokens, counted = self._buckets.get((app_id, channel), (most, now))
        tokens = min(most, tokens + (now - counted) * a_second)
        self._buckets[app_id, channel] = (tokens, now)
        return (1 - tokens) / a_second if tokens < 1 else 0.0
