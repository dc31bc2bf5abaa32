"""Reads a channel's history and threads after a time in which the bot was not listening."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from bot.domain.speech import NOT_SPEECH
from bot.domain.times import earlier_ts, from_ts
from bot.errors import NOT_LET_IN, SlackBusy, SlackRefused, SlackUnclear
from bot.progress import Report, unseen
from bot.service import channels, chat, history
from bot.service.desk import Desk, UnitOfWork
from bot.service.incidents import by_id, live_with_channel, never_read, of_channel, wanted_again
from bot.service.participants import take_part
from bot.service.roles import check_holders
from bot.slack.inbound.events import TOMBSTONE, follow_channel, spoken
from bot.slack.outbound.gateway import Gateway
from bot.store.outages import fault_in
from bot.store.tables import Workspace

log = logging.getLogger(__name__)

_PAGE = 200
# Read again at each start: what was edited, marked or deleted meanwhile may be older than the last word.
_LOOK_BACK = timedelta(days=2)
# Who is in the channel now is not read from these: somebody who was removed left no such message.
_COMINGS_AND_GOINGS = frozenset({"channel_join", "group_join", "channel_leave", "group_leave"})
# What Slack says of a channel that the bot was put out of, also of a private one.
_NOT_INSIDE = frozenset({"channel_not_found", "not_in_channel"})
_PAUSE_AFTER_SILENCE = 5.0
_MOST_SILENCES = 24
_PAUSE_AFTER_NO_ANSWER = 60.0  # seconds, after all of these

Message = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class _Page:
    """What Slack shows at a time."""

    messages: Sequence[Message] = ()
    cursor: str = ""  # of the next page; "" after the last
    is_limited: bool = False  # Slack hides what is older, as in workspaces that do not pay: it is not deleted


@dataclass(kw_only=True)
class Result:
    """What a reading brought."""

    read: int = 0
    added: int = 0
    missing: int = 0


@dataclass(frozen=True, kw_only=True)
class ChannelReading:
    """How far a reading has come; kept with the incident after each page, so that one that is cut off goes on there.

    All times are Slack's (ts): our own clock may differ from the one that stamps messages.
    """

    oldest: str  # from here on, inclusive
    until: str = ""  # all up to here is on record when it is done
    cursor: str = ""  # of the next page; pages go from the newest to the oldest
    below: str = ""  # the pages so far reach down to here
    read_history: bool = False
    threads: list[str] = field(default_factory=list)  # parents whose replies are still to be read
    hidden_below: str = ""  # what is older Slack does not show


class Backfill:
    def __init__(self, desk: Desk, slack: Gateway, workspace: Workspace) -> None:
        self._desk = desk
        self._slack = slack
        self._workspace = workspace
        # Ids of incidents whose channels Slack refused to show, or whose history holds what we cannot merge.
        self._given_up: set[int] = set()
        # Those for which Slack gave no answer, and when they are tried again by the event loop's clock.
        self._unanswered: dict[int, float] = {}

    async def catch_up(self) -> None:
        """Reads on where the record of each live incident ends; what Slack does not give does not keep the others."""
        async with self._desk.work() as uow:
            waiting = await live_with_channel(uow)
            await check_holders(uow)
        await self._read_each(waiting)

    async def read_rest(self) -> list[int]:
        """Reads channels that were found rather than made, since Slack may have given up on what was said there.

        Also those for which Slack gave no answer when they were to be read. Returns the incidents that were read.
        """
        now = asyncio.get_running_loop().time()
        async with self._desk.look() as uow:
            found, again = await never_read(uow, since=uow.now - _LOOK_BACK), await wanted_again(uow)
        self._given_up -= set(again)
        waiting = {*found, *again, *self._unanswered} - self._given_up
        return await self._read_each([one for one in sorted(waiting) if self._unanswered.get(one, now) <= now])

    async def _read_each(self, incidents: Sequence[int]) -> list[int]:
        clock, read = asyncio.get_running_loop().time, list[int]()
        for incident_id in incidents:
            try:
                result = await self.read(incident_id)
                self._unanswered.pop(incident_id, None)
            except (SlackRefused, SlackUnclear) as problem:
                log.warning("A channel could not be read: %s", problem, extra={"action": "backfill_refused"})
                if isinstance(problem, SlackUnclear) or problem.code in NOT_LET_IN:
                    self._unanswered[incident_id] = clock() + _PAUSE_AFTER_NO_ANSWER
                else:
                    await self._give_up(incident_id, removed=problem.code in _NOT_INSIDE)
                continue
            except Exception as problem:
                if fault_in(problem) is None:
                    raise
                # A supervisor's catch: the other channels are read; this one by `incident-bot backfill`, when mended.
                log.exception("A channel could not be read.", extra={"action": "backfill_failed"})
                await self._give_up(incident_id)
                continue
            read.append(incident_id)
            if result.added or result.missing:
                log.info(
                    "Read what was missed.",
                    extra={"action": "backfilled", "added": result.added, "missing": result.missing},
                )
        return read

    async def _give_up(self, incident_id: int, *, removed: bool = False) -> None:
        """Until the bot comes back to the channel, or is started again."""
        self._given_up.add(incident_id)
        async with self._desk.work() as uow:
            incident = await by_id(uow, incident_id)
            incident.history_wanted = False
            if removed:
                await channels.leave(uow, incident, at=uow.now)

    async def read(self, incident_id: int, *, everything: bool = False, report: Report = unseen) -> Result:
        """Reads on from where the last reading ended, or from the beginning with `everything`.

        One that was cut off is finished first: it knows nothing of what was said after it had begun.
        """
        result = Result()
        async with self._desk.look() as uow:
            incident = await by_id(uow, incident_id)
            channel, read_until = incident.channel_id, None if everything else incident.history_read_until
            unfinished = None if everything else incident.history_reading
            if channel is None:
                return result
            fresh = await self._begin(uow, channel, read_until=read_until)
        if unfinished is not None:
            await self._carry_out(incident_id, channel, ChannelReading(**unfinished), result, report)
        await self._carry_out(incident_id, channel, fresh, result, report)
        return result

    async def _carry_out(
        self, incident_id: int, channel: str, reading: ChannelReading, result: Result, report: Report
    ) -> None:
        pages = 0
        while not reading.read_history:
            reading, pages = await self._read_page(incident_id, channel, reading, result), pages + 1
            # Nobody says how many pages there are: what is left is the time that they have not reached yet.
            reached, whole = float(reading.until) - float(reading.below), float(reading.until) - float(reading.oldest)
            report(f"page {pages}: {result.read:,} messages so far", done=reached, total=whole)
        threads = sorted(reading.threads)
        for place, parent in enumerate(threads):
            report(f"thread {place + 1:,} of {len(threads):,}", done=place, total=len(threads))
            if parent >= reading.hidden_below:
                await self._read_thread(channel, parent, reading, result)
            reading = replace(reading, threads=[one for one in reading.threads if one != parent])
            await self._keep(incident_id, reading)
        async with self._desk.work() as uow:
            incident = await by_id(uow, incident_id)
            incident.history_read_until = max(reading.until, incident.history_read_until or "")
            incident.history_reading, incident.history_wanted = None, False

    async def _begin(self, uow: UnitOfWork, channel: str, *, read_until: str | None) -> ChannelReading:
        oldest = earlier_ts(read_until, _LOOK_BACK) if read_until else "0"
        # What is on record now has been in Slack before the first page is asked for: where it is missing there, it
        # was deleted.
        newest = await history.newest_on_record(uow, channel)
        threads = await history.open_threads(uow, channel, since=from_ts(oldest))
        return ChannelReading(oldest=oldest, until=newest or oldest, below=newest or oldest, threads=threads)

    async def _read_page(
        self, incident_id: int, channel: str, reading: ChannelReading, result: Result
    ) -> ChannelReading:
        """One page of the history is merged and committed together with the place where the reading goes on."""
        marks = await self._marks(channel)
        try:
            page = await self._page("conversations.history", channel, reading.oldest, reading.cursor)
        except SlackRefused as problem:
            if problem.code != "invalid_cursor" or not reading.cursor:
                raise
            return replace(reading, cursor="", below=reading.until)  # Slack forgets cursors
        stamps = [str(one["ts"]) for one in page.messages]
        until = reading.until if reading.cursor else max(reading.until, *stamps, "")
        below = reading.below if reading.cursor else until
        at_the_end = not page.cursor and not page.is_limited
        reached = reading.oldest if at_the_end else min(stamps, default=below)
        parents = {
            one["ts"]
            for one in page.messages
            if one.get("reply_count") and one.get("latest_reply", "") >= reading.oldest
        }
        following = replace(
            reading,
            until=until,
            cursor=page.cursor,
            below=reached,
            read_history=not page.cursor,
            hidden_below=reached if page.is_limited else reading.hidden_below,
            threads=sorted({*reading.threads, *parents}),
        )
        # The page before this one ends with the message at `below`.
        seen = [*stamps, below] if reading.cursor else stamps
        async with self._desk.work() as uow:
            incident = await by_id(uow, incident_id)
            await self._merge(uow, channel, page.messages, result, marks)
            if stamps or at_the_end:
                result.missing += await history.mark_missing(uow, channel, oldest=reached, latest=below, seen=seen)
            incident.history_reading = asdict(following)
        return following

    async def _read_thread(self, channel: str, parent: str, reading: ChannelReading, result: Result) -> None:
        seen, cursor, more, whole = list[str](), "", True, True
        while more:
            marks = await self._marks(channel)
            try:
                page = await self._page("conversations.replies", channel, reading.oldest, cursor, ts=parent)
            except SlackRefused as problem:
                if problem.code != "thread_not_found":
                    raise
                page = _Page()  # the parent is gone, and its replies with it
            seen += [str(one["ts"]) for one in page.messages]
            cursor, more, whole = page.cursor, bool(page.cursor), whole and not page.is_limited
            async with self._desk.work() as uow:
                await of_channel(uow, channel)  # holds the incident: nobody else adds to its messages meanwhile
                await self._merge(uow, channel, page.messages, result, marks)
                if whole and not more:
                    result.missing += await history.mark_missing(
                        uow, channel, oldest=reading.oldest, latest=reading.until, seen=seen, parent=parent
                    )

    async def _keep(self, incident_id: int, reading: ChannelReading) -> None:
        async with self._desk.work() as uow:
            (await by_id(uow, incident_id)).history_reading = asdict(reading)

    async def _marks(self, channel: str) -> history.Marks:
        async with self._desk.look() as uow:
            return await history.marks_on_record(uow, channel)

    async def _merge(
        self, uow: UnitOfWork, channel: str, page: Sequence[Message], result: Result, marks: history.Marks
    ) -> None:
        incident = await of_channel(uow, channel)
        for message in sorted(page, key=lambda one: str(one["ts"])):
            if incident is not None:
                await follow_channel(uow, incident, message, at=from_ts(message["ts"]))
            if message.get("subtype") in _COMINGS_AND_GOINGS and incident is not None and message.get("user"):
                if message["user"] != self._workspace.bot_user_id:
                    await take_part(uow, incident, message["user"])
                continue
            if message.get("subtype") == TOMBSTONE:
                await chat.hear_deletion(uow, channel, message["ts"], at=uow.now)
            if message.get("user") == self._workspace.bot_user_id or message.get("subtype") in NOT_SPEECH:
                continue
            result.read += 1
            found = history.as_found(spoken(channel, message), message, channel)
            result.added += await history.merge(uow, found, before=marks)

    async def _page(self, method: str, channel: str, oldest: str, cursor: str, **more: str) -> _Page:
        arguments = {"channel": channel, "oldest": oldest, "inclusive": True, "limit": _PAGE, **more}
        answer = await self._call(method, {**arguments, "cursor": cursor} if cursor else arguments)
        return _Page(
            messages=answer.get("messages") or [],
            cursor=(answer.get("response_metadata") or {}).get("next_cursor") or "",
            is_limited=answer.get("is_limited") is True,
        )

    async def _call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Reading again does no harm: as slowly as Slack asks, and some times where its answer does not come."""
        silences = 0
        while True:
            try:
                return await self._slack.call(method, arguments)
            except SlackBusy as problem:
                pause = problem.retry_after
            except SlackUnclear:
                silences += 1
                if silences == _MOST_SILENCES:
                    raise
                pause = _PAUSE_AFTER_SILENCE
            await self._desk.clock.sleep(pause)
