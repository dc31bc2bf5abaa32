"""What Slack delivers is committed before it is acknowledged."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.service.desk import Desk
from bot.slack.origin import is_for_us
from bot.slack.payload import part_at
from bot.store import inbox
from bot.store.outages import fault_in
from bot.store.tables import Workspace

log = logging.getLogger(__name__)

# Seconds. Slack sends an event again at once, after about one minute and after about five.
SLACK_TRIES_FOR = 180.0
# Seconds: what app_rate_limited speaks for.
_HELD_BACK_FOR = 60.0
# What is told when an event is stored (None), or could not be.
Told = Callable[[Exception | None], None]

# A rush is over when nothing has come for so long.
_RUSH_SECONDS = 0.02
_SECONDS_TO_JOIN = 0.001
# Told by the bot's own doings too, and needed: it learns from them who is in a channel.
_KEPT_OF_OUR_OWN = frozenset({"member_joined_channel", "member_left_channel"})


class Inbox:
    """Stores events in front of Bolt's listeners; bot.slack.applier applies them."""

    def __init__(self, desk: Desk, workspace: Workspace) -> None:
        self._desk = desk
        self._workspace = workspace
        self.arrived = asyncio.Event()  # set after each commit
        # By the event loop's clock: since when nothing could be stored, and when Slack last held events back.
        self._failing_since: float | None = None
        self._held_back_at: float | None = None
        self._rushed_at = -math.inf  # by the event loop's clock: when events last shared a commit
        # What came while a commit was under way shares the next one.
        self._to_store: list[tuple[inbox.Payload, Told]] = []
        self._storing: asyncio.Task[None] | None = None

    @property
    def in_a_rush(self) -> bool:
        """Whether events come so fast that they share commits."""
        return self.storing or self._rushed

    @property
    def _rushed(self) -> bool:
        return asyncio.get_running_loop().time() - self._rushed_at < _RUSH_SECONDS

    @property
    def storing(self) -> bool:
        """Whether anything is on its way into the database."""
        return self._storing is not None

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
        while self._storing is not None:
            await asyncio.wait([self._storing])

    async def middleware(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Bolt's global middleware: an exception here means no acknowledgement, and Slack sends it again."""
        return BoltResponse(status=200) if await self.take(req.body) else await next()

    async def take(self, body: Mapping[str, Any]) -> bool:
        """Returns once an event is committed under its id; False for what is no event."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(problem: Exception | None) -> None:
            if stored.done():
                return
            if problem is None:
                stored.set_result(None)
            else:
                stored.set_exception(problem)

        if not self.take_up(body, tell):
            return False
        await stored
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
            key=str(body.get("event_id") or f"{event.get('type')}:{event.get('event_ts')}"),
            lane=_lane(event),
            body={"event": event, "event_time": body.get("event_time")},
        )
        self._to_store.append((row, tell))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())
        return True

    async def _store_all(self) -> None:
        try:
            while self._to_store:
                # What has already arrived may join; in a rush, what is just arriving too: one commit more costs more.
                await asyncio.sleep(_SECONDS_TO_JOIN if self._rushed else 0)
                together, self._to_store = self._to_store, []
                try:
                    await self._store([payload for payload, _ in together])
                except Exception as problem:
                    # Whoever waits gets it: without an acknowledgement Slack sends the event again.
                    self._failing_since = self._failing_since or asyncio.get_running_loop().time()
                    if fault_in(problem) is None:
                        log.warning("The database is away; events were not stored.", extra={"action": "outage"})
                    else:
                        log.exception("Events could not be stored.", extra={"action": "inbox_store_failed"})
                    for _, tell in together:
                        tell(problem)
                else:
                    for _, tell in together:
                        tell(None)
                    now = asyncio.get_running_loop().time()
                    if len(together) > 1:
                        self._rushed_at = now
                    if self._failing_since is not None and now - self._failing_since < SLACK_TRIES_FOR:
                        self._failing_since = None
                    self.arrived.set()
        finally:
            self._storing = None

    async def _store(self, payloads: Sequence[inbox.Payload]) -> None:
        try:
            await self._store_once(payloads)
        except Exception as problem:
            if fault_in(problem) is not None:
                raise
            await self._store_once(payloads)  # the connection may be of before a restart of the database

    async def _store_once(self, payloads: Sequence[inbox.Payload]) -> None:
        async with self._desk.database.statement() as connection:
            await inbox.store(connection, self._desk.team_id, payloads, received_at=self._desk.clock.now())

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
