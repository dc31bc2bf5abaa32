"""What Slack delivers is committed before it is acknowledged."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.intake.inbox import Inbox, Receipt, Told
from bot.slack.inbound.origin import is_for_us
from bot.slack.outbound.payload import part_at
from bot.store import inbox
from bot.store.tables import Workspace

log = logging.getLogger(__name__)

SLACK = "slack"  # as the inbox has it

# Seconds. Slack sends an event again at once, after about one minute and after about five.
SLACK_TRIES_FOR = 180.0
# Seconds: what app_rate_limited speaks for.
_HELD_BACK_FOR = 60.0
# Told by the bot's own doings too, and needed: it learns from them who is in a channel.
_KEPT_OF_OUR_OWN = frozenset({"member_joined_channel", "member_left_channel"})


class SlackInbox:
    """Stores events in front of Bolt's listeners; bot.slack.inbound.source applies them."""

    def __init__(self, inbox: Inbox, workspace: Workspace) -> None:
        self._inbox = inbox
        self._workspace = workspace
        # By the event loop's clock: since when nothing could be stored, and when Slack last held events back.
        self._failing_since: float | None = None
        self._held_back_at: float | None = None

    def take_missed(self) -> bool:
        """Whether there were events that Slack does not send again; says so once, to whoever reads the channels."""
        now = asyncio.get_running_loop().time()
        missed = False
        if self._failing_since is not None and now - self._failing_since > SLACK_TRIES_FOR:
            self._failing_since, missed = None, True
        if self._held_back_at is not None and now - self._held_back_at > _HELD_BACK_FOR:
            self._held_back_at, missed = None, True
        return missed

    async def all_stored(self) -> None:
        """Returns when nothing is on its way into the database any more."""
        await self._inbox.all_stored()

    async def middleware(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Bolt's global middleware: an exception here means no acknowledgement, and Slack sends it again."""
        return BoltResponse(status=200) if await self.take(req.body) else await next()

    async def take(self, body: Mapping[str, Any]) -> bool:
        """Returns once an event is committed under its id; False for what is no event."""
        receipt = Receipt()
        if not self.take_up(body, receipt.tell):
            return False
        await receipt.given()
        return True

    def take_up(self, body: Mapping[str, Any], tell: Told) -> bool:
        """Calls `tell` once an event is committed under its id, or with the error; False for what is no event.

        A second delivery changes nothing.
        """
        if body.get("type") in ("event_callback", "app_rate_limited") and not is_for_us(body, self._workspace):
            log.info("An event of another workspace was left alone.", extra={"action": "not_ours"})
            tell(None)
            return True
        if body.get("type") == "app_rate_limited":
            # No inner event: Slack has stopped sending for a minute because there was too much.
            self._held_back_at = asyncio.get_running_loop().time()
            log.warning("Slack is holding back events of this workspace.", extra={"action": "app_rate_limited"})
            tell(None)
            return True
        if body.get("type") != "event_callback":
            return False
        event = part_at(body, "event")
        if self._is_our_own(event):
            tell(None)
            return True
        row = inbox.Payload(
            source=SLACK,
            key=str(body.get("event_id") or f"{event.get('type')}:{event.get('event_ts')}"),
            lane=_lane(event),
            body={"event": event, "event_time": body.get("event_time")},
        )
        self._inbox.take_up(row, lambda problem: self._stored(problem, tell))
        return True

    def _stored(self, problem: Exception | None, tell: Told) -> None:
        if problem is not None:
            self._failing_since = self._failing_since or asyncio.get_running_loop().time()
        elif self._failing_since and asyncio.get_running_loop().time() - self._failing_since < SLACK_TRIES_FOR:
            self._failing_since = None
        tell(problem)

    def _is_our_own(self, event: Mapping[str, Any]) -> bool:
        """What the bot does itself is in the database already."""
        if str(event.get("type")) in _KEPT_OF_OUR_OWN:
            return False
        parts = [event, event.get("message"), event.get("previous_message")]
        return any(
            isinstance(part, Mapping)
            and (
                part.get("user") == self._workspace.bot_user_id
                or (bool(part.get("bot_id")) and part.get("bot_id") == self._workspace.bot_id)
            )
            for part in parts
        )


def _lane(event: Mapping[str, Any]) -> str:
    """The channel that an event belongs to."""
    item = event.get("item")
    channel = (
        event.get("channel") or event.get("channel_id") or (item.get("channel") if isinstance(item, dict) else None)
    )
    return channel if isinstance(channel, str) else "workspace"
