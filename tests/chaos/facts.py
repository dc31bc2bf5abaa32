"""What is known after a run: what people did and saw, what stands in the workspace, and what the bot has on record."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from bot.bootstrap import open_desk
from bot.config import Environment
from bot.report.record import record
from bot.resources import packaged
from bot.sandbox.state.model import Channel, Message
from bot.sandbox.workspace import Workspace
from bot.service.report import report
from bot.store import tables
from bot.store.base import Row
from bot.store.database import Database
from tests.chaos.witness import Asked, Witness

Table = TypeVar("Table", bound=Row)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that the invariants are checked against."""

    seed: int
    bot: str  # the bot's user id
    now: datetime  # by the workspace's clock
    announcements: str  # the stakeholders' channel, its id
    handles: Mapping[str, str] = field(default_factory=dict)  # {person's id: handle}
    asked: Sequence[Asked] = ()
    channels: Sequence[Channel] = ()
    given_up: Sequence[Mapping[str, Any]] = ()  # events that Slack has stopped repeating
    several: frozenset[str] = frozenset()  # roles that may have several holders
    incidents: Sequence[tables.Incident] = ()
    participants: Sequence[tables.Participant] = ()
    roles: Sequence[tables.RoleAssignment] = ()
    entries: Sequence[tables.TimelineEntry] = ()
    updates: Sequence[tables.Update] = ()
    prompts: Sequence[tables.Prompt] = ()
    messages: Sequence[tables.Message] = ()
    versions: Sequence[tables.MessageVersion] = ()
    marks: Sequence[tables.KeyMark] = ()
    inbox: Sequence[tables.InboxItem] = ()
    outbox: Sequence[tables.OutboxItem] = ()
    jobs: Sequence[tables.DueJob] = ()
    records: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)  # {number: as `export` writes it}

    def channel_of(self, incident: tables.Incident) -> Channel | None:
        return next((one for one in self.channels if one.id == incident.channel_id), None)


def by_bot(facts: Facts, channel: Channel | None) -> list[Message]:
    """What the bot has posted there and stands there, without what the workspace says of its doings."""
    there = channel.messages.values() if channel else ()
    return [one for one in there if one.user == facts.bot and not one.subtype and not gone(one)]


def count(facts: Facts, channel: Channel | None, beginning: str) -> int:
    """How many of the bot's posts there begin so."""
    return sum(one.text.startswith(beginning) for one in by_bot(facts, channel))


def key_of(message: Message) -> int | None:
    """The outbox item that posted it, as its metadata tells."""
    key = str(((message.metadata or {}).get("event_payload") or {}).get("key") or "")
    return int(key.partition("-")[0]) if key else None


def posted(facts: Facts, *, direct: bool) -> Counter[int]:
    """How often each outbox item has posted, in private messages or in channels."""
    rooms = [one for one in facts.channels if one.is_im == direct]
    keys = [key_of(message) for room in rooms for message in by_bot(facts, room)]
    return Counter(one for one in keys if one is not None)


def gone(message: Message) -> bool:
    """Deleted, for people; a parent with replies leaves a tombstone."""
    return message.deleted or message.tombstone


def about(event: Mapping[str, Any]) -> set[str]:
    """The messages, by ts, that an event of Slack's is about."""
    inner = event.get("event", {})
    parts = [inner, *(inner.get(name) or {} for name in ("message", "previous_message", "item"))]
    return {str(part[key]) for part in parts for key in ("ts", "deleted_ts") if part.get(key)}


def named_item(item: tables.OutboxItem) -> str:
    what = item.payload.get("message") or item.payload.get("text") or ""
    return f"outbox {item.id} ({item.step} {what})".replace(" )", ")")


async def gather(seed: int, url: str, space: Workspace, witness: Witness) -> Facts:
    """Reads all of it as it is now."""
    [app] = space.apps
    environment = Environment.read({"DATABASE_URL": url, "INCIDENT_BOT_CONFIG": str(packaged("config.yaml"))})
    async with open_desk(environment) as desk, desk.look() as uow:

        async def every(table: type[Table]) -> Sequence[Table]:
            return (await uow.session.scalars(select(table).order_by(table.id))).all()

        incidents = await every(tables.Incident)
        return Facts(
            seed=seed,
            bot=app.bot_user_id,
            now=datetime.fromtimestamp(space.clock.time(), UTC),
            announcements=space.channel(desk.settings.channels.announcements).id,
            handles={user.id: user.name for user in space.users.values()},
            asked=witness.asked,
            channels=list(space.channels.values()),
            given_up=app.delivery.given_up,
            several=frozenset(key for key, role in desk.settings.roles.items() if role.several),
            incidents=incidents,
            participants=await every(tables.Participant),
            roles=await every(tables.RoleAssignment),
            entries=await every(tables.TimelineEntry),
            updates=await every(tables.Update),
            prompts=await every(tables.Prompt),
            messages=await every(tables.Message),
            versions=await every(tables.MessageVersion),
            marks=await every(tables.KeyMark),
            inbox=await every(tables.InboxItem),
            outbox=await every(tables.OutboxItem),
            jobs=await every(tables.DueJob),
            records={one.number: record(await report(uow, one)) for one in incidents},
        )


async def work_left(url: str) -> list[str]:
    """What the bot has still to do, in words; nothing where it is quiet."""
    database = Database(url)
    try:
        async with database.read() as session:
            inbox = (await session.scalars(select(tables.InboxItem).where(tables.InboxItem.state == "waiting"))).all()
            outbox = (
                await session.scalars(
                    select(tables.OutboxItem).where(tables.OutboxItem.state.in_(("waiting", "sending")))
                )
            ).all()
    finally:
        await database.close()
    left = [f"inbox {one.id} of {one.lane} waits: {one.error or 'not tried yet'}" for one in inbox]
    return left + [f"outbox {one.id} ({one.step}) is {one.state}: {one.error or 'no error'}" for one in outbox]
