"""The incident's own channel: made, filled with people, and what stands in it."""

import math
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from bot.domain.channel_names import channel_name
from bot.domain.mrkdwn import cut
from bot.errors import SlackRefused
from bot.render.words import Words
from bot.service import participants, roles
from bot.service.desk import UnitOfWork
from bot.service.events import NotInvited
from bot.service.incidents import by_id
from bot.service.notifications import in_charge, publish
from bot.slack.messages import builders, facts
from bot.slack.outbound.gateway import Gateway, people_refused
from bot.slack.outbound.steps.step import PostStep, SlackCall, Step, find_message, message_and_references, own_channels
from bot.store.tables import Incident, OutboxItem, Postmortem

# Seconds; generous, since the channel's time is Slack's and the step's is ours.
_A_DAY = 24 * 3600.0


class CreateChannel(Step):
    what = "make the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.channel_id is not None:
            return None
        return SlackCall(
            method="conversations.create",
            arguments={"name": self._name(uow, incident, item), "is_private": incident.is_private},
            since=item.created_at.timestamp(),
        )

    def _name(self, uow: UnitOfWork, incident: Incident, item: OutboxItem) -> str:
        return channel_name(
            uow.settings.channels.incident_name,
            number=incident.number,
            title=incident.title,
            declared_at=incident.declared_at,
            attempt=item.payload.get("names_taken", 0),
        )

    async def find(self, slack: Gateway, call: SlackCall) -> dict[str, Any] | None:
        async for channel in own_channels(slack):
            # One of that name that is older is not ours: the database may have been begun anew beside it.
            if channel["name"] == call.arguments["name"] and channel.get("created", math.inf) > call.since - _A_DAY:
                return {"ok": True, "channel": channel}
        return None

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await by_id(uow, item.incident_id)
        channel = answer["channel"]
        incident.post("channel", channel["id"], name=channel["name"])
        if not item.unclear:
            # Nothing was said in it before. One that is found after an earlier attempt is read (backfill.py).
            incident.history_read_until = f"{channel.get('created', 0)}.000000"
            # Nobody else is in it yet, and whoever comes is told of.
            incident.members_confirmed_at = uow.now

    async def refused(self, uow: UnitOfWork, item: OutboxItem, problem: SlackRefused) -> bool:
        if problem.code == "name_taken" and item.payload.get("names_taken", 0) < 20:
            item.payload = {**item.payload, "names_taken": item.payload.get("names_taken", 0) + 1}
            return True
        incident = await by_id(uow, item.incident_id)
        incident.not_posted("channel", problem.explained)
        return False


# Slack's codes that are about the person, not about the channel or us; and what they mean to who invited them.
_ELSEWHERE = "this account belongs to another workspace"
_WHY_NOT = {
    "user_is_restricted": "only a workspace admin can add guests to a channel",
    "ura_max_channels": "a single-channel guest can't be in a second channel",
    "cant_invite": "Slack doesn't allow it for this account, which may be deactivated",
    "user_not_found": "Slack doesn't know this account",
    "org_user_not_in_team": _ELSEWHERE,
    "invitee_cant_see_channel": _ELSEWHERE,
    "no_external_invite_permission": "I may not invite people from other organisations",
    "no_permission": "I may not invite this person",
}
_ABOUT_A_PERSON = frozenset(_WHY_NOT) | {"already_in_channel", "cant_invite_self"}


class Invite(Step):
    """The reporter and the role holders, or the one person in the payload."""

    what = "invite everybody into the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        if "person" in item.payload:
            wanted = [item.payload["person"]]
        else:
            held = await roles.current(uow, incident)
            everybody = [incident.reporter, *(one for people_ in held.values() for one in people_)]
            wanted = list(dict.fromkeys(filter(None, everybody)))
        if not wanted:
            return None  # an integration has reported it, and nobody holds a role from the start
        return SlackCall(
            method="conversations.invite",
            # force: one person who cannot be invited must not keep the others out
            arguments={"channel": incident.channel_id, "users": ",".join(wanted), "force": True},
        )

    async def send(self, slack: Gateway, call: SlackCall) -> dict[str, Any]:
        """Slack's answer, with what became of each person; one that is only about people is no refusal of the step."""
        invited = str(call.arguments["users"]).split(",")
        try:
            answer = await slack.call(call.method, call.arguments)
        except SlackRefused as problem:
            refused = problem.people or ({invited[0]: problem.code} if problem.code in _ABOUT_A_PERSON else {})
            if not refused or len(refused) < len(invited):
                raise
            return {"invited": {one: refused.get(one) for one in invited}}
        refused = people_refused(answer)
        return {"invited": {one: refused.get(one) for one in invited}}

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await by_id(uow, item.incident_id)
        for person, refused in answer["invited"].items():
            if refused in (None, "already_in_channel"):
                await participants.come_in(uow, incident, person, at=item.created_at)
            elif refused != "cant_invite_self":
                await participants.stay_out(uow, incident, person, asked_at=item.created_at)
                why = _WHY_NOT.get(refused, f"Slack refused it ({refused})")
                by = item.payload.get("by")
                for told in [by] if by not in (None, person) else await in_charge(uow, incident):
                    await publish(uow, NotInvited(incident=incident, invited=person, why=why, person=told))


class SetTopic(Step):
    what = "set the channel's topic"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        topic = words.chat("topic", it=incident, priority=uow.settings.priority_label(incident.priority))
        return SlackCall(
            method="conversations.setTopic", arguments={"channel": incident.channel_id, "topic": cut(topic, 250)}
        )


class PostCard(PostStep):
    what = "post the live card"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.channel_id is None or incident.posting("card"):
            return None
        return self._post(item, incident.channel_id, await facts.card(uow, incident))

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await by_id(uow, item.incident_id)
        if incident.posting("card") is None:
            incident.post("card", answer["ts"], place=answer["channel"])


class EditCard(PostCard):
    """Edits the card in place; posts it where that failed before."""

    what = "bring the live card up to date"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        card = incident.posting("card")
        if card is None:
            return await super().prepare(uow, item, words)
        content = (await facts.card(uow, incident)).to_args()
        return SlackCall(method="chat.update", arguments={"channel": card.place, "ts": card.external_id, **content})


class PinCard(Step):
    what = "pin the live card"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        card = (await by_id(uow, item.incident_id)).posting("card")
        if card is None:
            return None
        return SlackCall(method="pins.add", arguments={"channel": card.place, "timestamp": card.external_id})


class Post(PostStep):
    """A message in the incident's channel."""

    what = "post in the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        message = await builders.build(uow, incident, words, *message_and_references(item))
        if message is None:
            return None
        return self._post(item, incident.channel_id, message)


class UploadPostmortem(Step):
    what = "put the postmortem draft into the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        incident = await by_id(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        draft = await uow.session.get_one(Postmortem, item.payload["postmortem_id"])
        return SlackCall(
            method="files.upload",
            arguments={
                "channel": incident.channel_id,
                "name": await self._name(uow, incident, draft),
                "content": draft.markdown,
                "comment": words.chat("postmortem_note", it=incident),
            },
            since=item.created_at.timestamp(),
        )

    async def send(self, slack: Gateway, call: SlackCall) -> dict[str, Any]:
        return await slack.upload(**call.arguments)

    async def find(self, slack: Gateway, call: SlackCall) -> dict[str, Any] | None:
        def is_it(message: Mapping[str, Any]) -> bool:
            return any(one.get("name") == call.arguments["name"] for one in message.get("files") or [])

        return await find_message(slack, call.arguments["channel"], is_it, since=call.since)

    async def _name(self, uow: UnitOfWork, incident: Incident, draft: Postmortem) -> str:
        """A name of its own for each draft: an upload whose outcome is not known is looked up by it."""
        earlier = await uow.session.scalar(
            select(func.count())
            .select_from(Postmortem)
            .where(Postmortem.incident_id == incident.id, Postmortem.id < draft.id)
        )
        return f"postmortem-{incident.name.lower()}{f'-draft-{earlier + 1}' if earlier else ''}.md"
