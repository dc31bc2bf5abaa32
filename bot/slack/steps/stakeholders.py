"""The announcement and its thread."""

from collections.abc import Mapping
from typing import Any

from bot.render.words import Words
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
from bot.slack import facts, messages
from bot.slack.steps.step import Call, Posting, message_and_references
from bot.store.tables import OutboxItem


class Announce(Posting):
    what = "announce it to the stakeholders"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await by_id(uow, item.incident_id)
        if incident.is_private or incident.announcement_ts is not None:
            return None
        message = await facts.announcement(uow, incident, words)
        return self._post(item, uow.settings.channels.announcements, message)

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await by_id(uow, item.incident_id)
        if incident.announcement_ts is None:
            incident.announcement_channel, incident.announcement_ts = answer["channel"], answer["ts"]


class EditAnnouncement(Announce):
    """Edits the announcement in place; posts it where that failed before."""

    what = "bring the announcement up to date"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await by_id(uow, item.incident_id)
        if incident.announcement_channel is None or incident.announcement_ts is None:
            return await super().prepare(uow, item, words)
        message = await facts.announcement(uow, incident, words)
        where = {"channel": incident.announcement_channel, "ts": incident.announcement_ts}
        return Call(method="chat.update", arguments={**where, **message.to_args()})


class PostToStakeholders(Announce):
    """A message in the announcement's thread; where there is none, the announcement, which says the same in short."""

    what = "tell the stakeholders"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await by_id(uow, item.incident_id)
        if incident.is_private:
            return None  # it has become so since
        if incident.announcement_channel is None or incident.announcement_ts is None:
            return await super().prepare(uow, item, words)
        message = await messages.build(uow, incident, words, *message_and_references(item))
        if message is None:
            return None
        return self._post(item, incident.announcement_channel, message, thread_ts=incident.announcement_ts)
