"""Plays the people of a plan: each does one thing after the other, and tries again where Slack shows an error."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox.state.model import WorkspaceError
from bot.sandbox.workspace import Workspace
from tests.chaos.plan import Doing, Plan
from tests.chaos.witness import Asked, Witness, until

# Commands that end in words of one's own.
_TAKE_A_TEXT = frozenset({"declare", "note", "update", "priority", "action", "resolve"})
_MOST_ATTEMPTS = 8
# Seconds that somebody waits for the channel, or for the bot to be there again.
_PATIENCE = 40.0
_BETWEEN_ATTEMPTS = 0.2


@dataclass(frozen=True, kw_only=True)
class Room:
    """An incident as people know it."""

    number: int
    channel: str  # id


class People:
    def __init__(self, plan: Plan, space: Workspace, witness: Witness) -> None:
        self._plan = plan
        self._space = space
        self._witness = witness
        self.declaring = asyncio.Event()  # the first declaration is on its way
        self.refused = 0  # attempts that ended with an error from Slack
        self._rooms: list[asyncio.Future[Room | None]] = []
        self._messages: dict[str, asyncio.Future[str | None]] = {}  # label: ts
        self._numbers: Mapping[int, int] = {
            id(doing): number
            for number, doing in enumerate(doing for doings in plan.script.values() for doing in doings)
        }

    async def play(self) -> None:
        """Until everybody has done everything that could be done."""
        loop = asyncio.get_running_loop()
        self._rooms = [loop.create_future() for _ in range(self._plan.declarations)]
        for doings in self._plan.script.values():
            self._messages |= {one.label: loop.create_future() for one in doings if one.what in ("say", "reply")}
        async with asyncio.TaskGroup() as everybody:
            for who, doings in self._plan.script.items():
                everybody.create_task(self._act(who, doings), name=who)

    async def _act(self, who: str, doings: list[Doing]) -> None:
        for doing in doings:
            await asyncio.sleep(doing.pause_ms / 1000)
            if doing.what == "command" and doing.text.startswith("declare"):
                self._rooms[doing.incident].set_result(await self._declare(who, doing))
                continue
            room = await self._rooms[doing.incident]
            if doing.what == "command":
                if room is not None:
                    await self._command(who, doing, room)
            else:
                await self._chat(who, doing, room)

    async def _declare(self, who: str, doing: Doing) -> Room | None:
        """Until the incident has its channel; None where it does not get one."""
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            asked = await self._ask(who, doing, attempt, channel="general", words=doing.text, first=True)
            if not asked.acknowledged:
                continue
            found: list[Room] = []

            async def visible(asked: Asked = asked, found: list[Room] = found) -> bool:
                found += self._room_of(asked)
                return bool(found) or asked.failed

            await until(visible, within=_PATIENCE)
            if found:
                return found[0]
            if not asked.failed:
                return None
        return None

    def _room_of(self, asked: Asked) -> list[Room]:
        """The channel that has the declaration's mark in its name: what a person finds by searching for it."""
        slug = re.escape(asked.mark.replace(".", "-"))
        named = [(re.fullmatch(rf"inc-(\d+)-.*-{slug}", one.name), one.id) for one in self._space.channels.values()]
        return [Room(number=int(match[1]), channel=channel) for match, channel in named if match]

    async def _command(self, who: str, doing: Doing, room: Room) -> None:
        verb, _, rest = doing.text.partition(" ")
        words = f"{verb} INC-{room.number} {rest}".rstrip() if doing.by_number else doing.text
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            channel = "general" if doing.by_number else room.channel
            if (await self._ask(who, doing, attempt, channel=channel, words=words)).acknowledged:
                return

    async def _ask(
        self, who: str, doing: Doing, attempt: int, *, channel: str, words: str, first: bool = False
    ) -> Asked:
        if attempt > 1:
            self.refused += 1
            await asyncio.sleep(_BETWEEN_ATTEMPTS)
            await until(self._somebody_is_connected, within=_PATIENCE)
        mark = f"k{self._numbers[id(doing)]}.{attempt}" if doing.text.split()[0] in _TAKE_A_TEXT else ""
        if first:
            self.declaring.set()
        return await self._witness.command(
            who, channel, f"{words} {mark}".rstrip(), mark=mark, deliveries=doing.deliveries if attempt == 1 else 1
        )

    async def _somebody_is_connected(self) -> bool:
        return any(app.delivery.connections for app in self._space.apps)

    async def _chat(self, who: str, doing: Doing, room: Room | None) -> None:
        """What cannot be done, because the message is gone or never came, is not done."""
        try:
            done = await self._say_or_change(who, doing, room)
        except WorkspaceError:
            done = None
        if doing.what in ("say", "reply"):
            self._messages[doing.label].set_result(done)

    async def _say_or_change(self, who: str, doing: Doing, room: Room | None) -> str | None:
        if room is None:
            return None
        space, there = self._space, {"user": who, "channel": room.channel}
        about = doing.thread if doing.what == "reply" else doing.label
        ts = None if doing.what == "say" else await self._messages[about]
        if doing.what != "say" and ts is None:
            return None
        text = space.mention(doing.text)
        match doing.what:
            case "say":
                return await space.post_message(**there, text=text)
            case "reply":
                return await space.post_message(**there, text=text, thread_ts=ts)
            case "edit":
                await space.edit_message(**there, ts=str(ts), text=text)
            case "delete":
                await space.delete_message(**there, ts=str(ts))
            case "mark":
                await space.add_reaction(**there, ts=str(ts), name="pushpin")
            case "unmark":
                await space.remove_reaction(**there, ts=str(ts), name="pushpin")
            case what:
                raise ValueError(f"nobody knows how to {what}")
        return None
