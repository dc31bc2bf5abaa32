"""Reads a channel's history and threads after a time in which the bot was not listening."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.domain.times import from_ts
from bot.errors import SlackBusy, SlackRefused, SlackUnclear
from bot.service import chat, history
from bot.service.desk import Desk
from bot.service.incidents import by_id, live_with_channel
from bot.slack.gateway import Gateway
from bot.slack.listeners.events import NOT_SPEECH, TOMBSTONE, spoken
from bot.store.tables import Incident, Workspace

log = logging.getLogger(__name__)

_PAGE = 200
# A thread that nobody wrote in for so long is taken as over, unless everything is read anew.
_THREADS_STAY_OPEN = timedelta(days=2)
_PAUSE_AFTER_SILENCE = 5.0
# How long an event may take until it is on record.
_ON_ITS_WAY = timedelta(seconds=5)


@dataclass(kw_only=True)
class Result:
    """What a reading brought."""

    read: int = 0
    added: int = 0
    missing: int = 0


class Backfill:
    def __init__(self, desk: Desk, slack: Gateway, workspace: Workspace) -> None:
        self._desk = desk
        self._slack = slack
        self._workspace = workspace

    async def catch_up(self) -> None:
        """Reads on where the record of each live incident ends; one that cannot be read does not keep the others."""
        async with self._desk.look() as uow:
            waiting = await live_with_channel(uow)
        for incident_id in waiting:
            try:
                result = await self.read(incident_id)
            except SlackRefused as problem:
                log.warning("A channel could not be read: %s", problem, extra={"action": "backfill_refused"})
                continue
            if result.added or result.missing:
                log.info(
                    "Read what was missed.",
                    extra={"action": "backfilled", "added": result.added, "missing": result.missing},
                )

    async def read(self, incident_id: int, *, everything: bool = False) -> Result:
        """Reads from where the last reading ended, or from the beginning with `everything`.

        Each page is committed as it comes, so a reading that is cut off has not lost what it read; the mark of how
        far the channel has been read moves when all of it is there.
        """
        async with self._desk.look() as uow:
            incident = await by_id(uow, incident_id)
            channel, oldest = incident.channel_id, "0" if everything else incident.history_read_until or "0"
            # Up to here nothing can still be on its way; what is newer is read too, and once more the next time.
            settled = f"{(uow.now - _ON_ITS_WAY).timestamp():.6f}"
            threads = set()
            if channel is not None and oldest != "0":
                threads.update(await history.open_threads(uow, channel, since=from_ts(oldest) - _THREADS_STAY_OPEN))
        if channel is None:
            return Result()
        result, seen = Result(), set[str]()
        window = {"channel": channel, "oldest": oldest, "inclusive": True, "limit": _PAGE}
        async for page in self._pages("conversations.history", window):
            await self._merge(channel, page, result, seen)
            threads.update(one["ts"] for one in page if one.get("reply_count") and one.get("latest_reply", "") > oldest)
        for parent in sorted(threads):
            async for page in self._pages("conversations.replies", {**window, "ts": parent}):
                await self._merge(channel, page, result, seen)
        async with self._desk.work() as uow:
            result.missing = await history.mark_missing(
                uow, channel, oldest=oldest, latest=settled, seen=seen, threads=threads
            )
            (await uow.session.get_one(Incident, incident_id)).history_read_until = max(settled, oldest)
        return result

    async def _merge(self, channel: str, page: list[Mapping[str, Any]], result: Result, seen: set[str]) -> None:
        async with self._desk.work() as uow:
            for message in page:
                seen.add(message["ts"])
                if message.get("subtype") == TOMBSTONE:
                    await chat.hear_deletion(uow, channel, message["ts"], at=uow.now)
                if message.get("user") == self._workspace.bot_user_id or message.get("subtype") in NOT_SPEECH:
                    continue
                result.read += 1
                found = history.as_found(spoken(channel, message), message, channel)
                result.added += await history.merge(uow, found)

    async def _pages(self, method: str, arguments: Mapping[str, Any]) -> AsyncIterator[list[Mapping[str, Any]]]:
        cursor = ""
        while True:
            answer = await self._call(method, {**arguments, "cursor": cursor} if cursor else arguments)
            yield answer.get("messages") or []
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Reading again does no harm, so it goes on until Slack answers; as slowly as Slack asks."""
        while True:
            try:
                return await self._slack.call(method, arguments)
            except SlackBusy as problem:
                pause = problem.retry_after
            except SlackUnclear:
                pause = _PAUSE_AFTER_SILENCE
            clock = self._desk.clock
            await clock.sleep_until(clock.now() + timedelta(seconds=pause))
