"""The bot at work beside its workspace, and a look at its database from outside."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Select, func, select

from bot.store.database import Database
from bot.store.tables import InboxItem, Message, OutboxItem, Prompt
from tests.benchmarks.generous_bot import generous_bot
from tests.benchmarks.workspace import Opened, workspace
from tests.databases import Databases
from tests.processes import Program, connected, for_workspace

_UNFINISHED = ("waiting", "sending")


class Record:
    """What the bot has in its database by now."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._database = Database(url)

    async def unapplied(self) -> int:
        """Events that are stored and wait to be applied."""
        return await self._count(select(func.count()).where(InboxItem.state == "waiting"))

    async def unsent(self) -> int:
        """What Slack has yet to be told."""
        return await self._count(select(func.count()).where(OutboxItem.state.in_(_UNFINISHED)))

    async def prompts(self) -> int:
        return await self._count(select(func.count()).select_from(Prompt))

    async def message_ts(self, channel_id: str) -> list[str]:
        """The messages of this channel by their ts, in its order."""
        async with self._database.read() as session:
            found = select(Message.ts).where(Message.channel_id == channel_id).order_by(Message.ts)
            return list(await session.scalars(found))

    async def nothing_waits(self) -> bool:
        return not await self.unapplied() and not await self.unsent()

    async def close(self) -> None:
        await self._database.close()

    async def _count(self, statement: Select[int]) -> int:
        async with self._database.read() as session:
            return await session.scalar(statement) or 0


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """A workspace, a bot's settings in it, and what it has on record."""

    kind: str  # of database
    there: Opened
    env: dict[str, str]
    folder: Path
    record: Record

    def bot(self, *, generous: bool = False) -> AbstractAsyncContextManager[Program]:
        """A bot, connected; it is killed at the end unless it ended before. `generous`: Slack's limits do not count."""
        return generous_bot(self.env) if generous else connected(env=self.env, cwd=self.folder)

    async def room(self) -> dict[str, str]:
        """Declares an incident; its channel, once everything about the declaration is done."""
        answer = await self.there.control.command("declare p4 Checkout returns 503")
        assert answer["ok"], answer
        room = await self.there.control.until(lambda: self.there.control.channel("inc-"))
        await self.there.control.until(self.record.nothing_waits)
        return {"id": room["id"], "name": room["name"]}

    async def rooms(self, count: int) -> list[dict[str, str]]:
        """So many incidents' channels in the workspace, as `open_incidents` takes them."""
        return list((await self.there.load.do("rooms", count=count))["rooms"])

    async def people(self) -> dict[str, str]:
        """{name: id} of everybody in the workspace."""
        return {one["name"]: one["id"] for one in (await self.there.control.state())["users"]}


@asynccontextmanager
async def prepared(databases: Databases, folder: Path) -> AsyncIterator[AtWork]:
    """An open workspace and a database of this kind with nothing in it; no bot yet. `folder` is made."""
    url = _new_database(databases, folder)
    record = Record(url)
    try:
        async with workspace() as there:
            # The database's path is not used: DATABASE_URL takes its place.
            env = for_workspace(there.base_url, folder / "bot.db", DATABASE_URL=url)
            yield AtWork(kind=databases.kind, there=there, env=env, folder=folder, record=record)
    finally:
        await record.close()
        databases.drop(url)


def _new_database(databases: Databases, folder: Path) -> str:
    folder.mkdir()
    return databases.fresh(folder)
