"""The announcement and its thread."""

from collections.abc import Mapping
from typing import Any

from bot.errors import SlackRefused
from bot.render.words import Words
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
from bot.slack.messages import builders, facts
from bot.slack.outbound.gateway import Gateway
from bot.slack.outbound.steps.step import METADATA_TYPE, PostStep, SlackCall, Step, message_and_references, messages_in
from bot.store.tables import OutboxItem


class Announce(PostStep):
    what = "announce it to the stakeholders"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.is_private or incident.posting("announcement"):
            return None
        message = await facts.announcement(uow, incident, words)
        return self._post(item, uow.settings.channels.announcements, message)

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await by_id(uow, item.incident_id)
        if incident.posting("announcement") is None:
            incident.post("announcement", answer["ts"], place=answer["channel"])


class EditAnnouncement(Announce):
    """Edits the announcement in place; posts it where that failed before."""

    what = "bring the announcement up to date"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        announced = incident.posting("announcement")
        if announced is None:
            return await super().prepare(uow, item, words)
        message = await facts.announcement(uow, incident, words)
        where = {"channel": announced.place, "ts": announced.external_id}
        return SlackCall(method="chat.update", arguments={**where, **message.to_args()})


class PostToStakeholders(Announce):
    """A message in the announcement's thread; where there is none, the announcement, which says the same in short."""

    what = "tell the stakeholders"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.is_private:
            return None  # it has become so since
        announced = incident.posting("announcement")
        if announced is None:
            return await super().prepare(uow, item, words)
        message = await builders.build(uow, incident, words, *message_and_references(item))
        if message is None:
            return None
        return self._post(item, announced.place, message, thread_ts=announced.external_id)


class WithdrawReplies(Step):
    """What was told in the announcement's thread is deleted, since the incident is private now."""

    what = "delete what I had told the stakeholders; delete the thread under its announcement"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        announced = incident.posting("announcement")
        if not incident.is_private or announced is None:
            return None
        where = {"channel": announced.place, "ts": announced.external_id}
        return SlackCall(method="chat.delete", arguments=where)

    async def send(self, slack: Gateway, call: SlackCall) -> dict[str, Any]:
        """Each of our own replies; tried again, it goes on with those that are left."""
        channel, thread = call.arguments["channel"], call.arguments["ts"]
        ours = [
            str(message["ts"])
            async for message in messages_in(slack, channel, thread_ts=thread)
            if message["ts"] != thread and (message.get("metadata") or {}).get("event_type") == METADATA_TYPE
        ]
        for ts in ours:
            try:
                await slack.call("chat.delete", {"channel": channel, "ts": ts})
            except SlackRefused as problem:
                if problem.code != "message_not_found":
                    raise
        return {"ok": True}
