"""What each outbox step does: the call that it makes, and what Slack's answer changes.

A step is prepared when it is sent, from the database as it is then; a step that has become needless says so.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from bot.domain.channel_names import channel_name
from bot.domain.mrkdwn import Mrkdwn, cut
from bot.errors import SlackRefused
from bot.render.words import Words
from bot.service import people, roles
from bot.service.desk import UnitOfWork
from bot.slack import facts, messages
from bot.slack.gateway import Gateway
from bot.store.tables import Incident, OutboxItem, Postmortem, RoleAssignment

METADATA_TYPE = "incident_bot_outbox"


@dataclass(frozen=True, kw_only=True)
class Call:
    method: str
    arguments: Mapping[str, Any]


class Step:
    """One kind of thing to tell Slack."""

    # What could not be done where Slack refuses it for good, in the words of the sentence that tells a person.
    what = "reach Slack"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        """The call as things are now, or None where there is nothing to tell any more. Reads only."""
        raise NotImplementedError

    async def send(self, slack: Gateway, call: Call) -> dict[str, Any]:
        """Slack's answer; outside any transaction."""
        return await slack.call(call.method, call.arguments)

    async def find(self, slack: Gateway, call: Call) -> dict[str, Any] | None:  # noqa: ARG002
        """Slack's answer to an earlier attempt whose outcome is not known, where the call had its effect.

        None where it had none, or where repeating the call does no harm.
        """
        return None

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        """Stores what the answer tells."""

    async def refused(self, uow: UnitOfWork, item: OutboxItem, problem: SlackRefused) -> bool:  # noqa: ARG002
        """What a refusal changes; True where the step is to be tried again, otherwise."""
        return False


def _key(item: OutboxItem) -> str:
    """What a message that this item posts is recognised by."""
    return f"{item.id}-{item.created_at.timestamp():.6f}"


async def own_channels(slack: Gateway) -> AsyncIterator[Mapping[str, Any]]:
    """The channels that the bot is in, which are few compared with the workspace's."""
    cursor = ""
    while True:
        page = await slack.call(
            "users.conversations",
            {"types": "public_channel,private_channel", "limit": 200, "exclude_archived": True, "cursor": cursor},
        )
        for channel in page["channels"]:
            yield channel
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


class _Posting(Step):
    """A step that posts a message with its key in the metadata: a post has no idempotency key of its own."""

    def _post(self, item: OutboxItem, channel: str, content: Mapping[str, Any]) -> Call:
        metadata = {"event_type": METADATA_TYPE, "event_payload": {"key": _key(item)}}
        arguments = {"channel": channel, "metadata": metadata, "unfurl_links": False, **content}
        return Call(method="chat.postMessage", arguments=arguments)

    async def find(self, slack: Gateway, call: Call) -> dict[str, Any] | None:
        if call.method != "chat.postMessage":
            return None  # an edit: repeating it does no harm
        channel, wanted = call.arguments["channel"], call.arguments["metadata"]["event_payload"]["key"]
        if channel.startswith("#"):
            ids = [one["id"] async for one in own_channels(slack) if one["name"] == channel[1:]]
            channel = ids[0] if ids else channel
        if channel[:1] not in "CGD":
            return None  # a person: the conversation's id is not known, and twice is better than never
        # A machine's clock may be ahead of Slack's.
        sent_after = f"{float(wanted.split('-')[1]) - 60:.6f}"
        look = {"channel": channel, "oldest": sent_after, "limit": 200, "include_all_metadata": True}
        if "thread_ts" in call.arguments:
            answer = await slack.call("conversations.replies", look | {"ts": call.arguments["thread_ts"]})
        else:
            answer = await slack.call("conversations.history", look)
        for message in answer["messages"]:
            if (message.get("metadata") or {}).get("event_payload", {}).get("key") == wanted:
                return {"ok": True, "channel": channel, "ts": message["ts"]}
        return None


class CreateChannel(Step):
    what = "make the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:  # noqa: ARG002
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is not None:
            return None
        return Call(
            method="conversations.create",
            arguments={"name": self._name(uow, incident, item), "is_private": incident.is_private},
        )

    def _name(self, uow: UnitOfWork, incident: Incident, item: OutboxItem) -> str:
        return channel_name(
            uow.settings.channels.incident_name,
            number=incident.number,
            title=incident.title,
            declared_at=incident.declared_at,
            attempt=item.payload.get("names_taken", 0),
        )

    async def find(self, slack: Gateway, call: Call) -> dict[str, Any] | None:
        async for channel in own_channels(slack):
            if channel["name"] == call.arguments["name"]:
                return {"ok": True, "channel": channel}
        return None

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await messages.incident_of(uow, item.incident_id)
        incident.channel_id, incident.channel_name = answer["channel"]["id"], answer["channel"]["name"]
        incident.channel_problem = None

    async def refused(self, uow: UnitOfWork, item: OutboxItem, problem: SlackRefused) -> bool:
        if problem.code == "name_taken" and item.payload.get("names_taken", 0) < 20:
            item.payload = {**item.payload, "names_taken": item.payload.get("names_taken", 0) + 1}
            return True
        incident = await messages.incident_of(uow, item.incident_id)
        incident.channel_problem = problem.explained
        return False


class Invite(Step):
    """The reporter and the role holders, or the one person in the payload."""

    what = "invite everybody into the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:  # noqa: ARG002
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        if "person" in item.payload:
            wanted = [item.payload["person"]]
        else:
            held = await roles.current(uow, incident)
            wanted = list(dict.fromkeys([incident.reporter, *(one for people_ in held.values() for one in people_)]))
        return Call(
            method="conversations.invite",
            # force: one person who cannot be invited must not keep the others out
            arguments={"channel": incident.channel_id, "users": ",".join(wanted), "force": True},
        )


class SetTopic(Step):
    what = "set the channel's topic"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        topic = words.chat("topic", it=incident, priority=uow.settings.priority_label(incident.priority))
        return Call(
            method="conversations.setTopic", arguments={"channel": incident.channel_id, "topic": cut(topic, 250)}
        )


class PostCard(_Posting):
    what = "post the live card"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:  # noqa: ARG002
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is None or incident.card_ts is not None:
            return None
        return self._post(item, incident.channel_id, (await facts.card(uow, incident)).to_args())

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await messages.incident_of(uow, item.incident_id)
        incident.card_ts = incident.card_ts or answer["ts"]


class EditCard(PostCard):
    """Edits the card in place; posts it where that failed before."""

    what = "bring the live card up to date"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is None or incident.card_ts is None:
            return await super().prepare(uow, item, words)
        content = (await facts.card(uow, incident)).to_args()
        return Call(method="chat.update", arguments={"channel": incident.channel_id, "ts": incident.card_ts, **content})


class PinCard(Step):
    what = "pin the live card"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:  # noqa: ARG002
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is None or incident.card_ts is None:
            return None
        return Call(method="pins.add", arguments={"channel": incident.channel_id, "timestamp": incident.card_ts})


class Post(_Posting):
    """A message in the incident's channel."""

    what = "post in the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        message = await messages.build(uow, incident, words, *_message_and_references(item))
        return self._post(item, incident.channel_id, message.to_args())


class Announce(_Posting):
    what = "announce it to the stakeholders"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.is_private or incident.announcement_ts is not None:
            return None
        message = await facts.announcement(uow, incident, words)
        return self._post(item, uow.settings.channels.announcements, message.to_args())

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.announcement_ts is None:
            incident.announcement_channel, incident.announcement_ts = answer["channel"], answer["ts"]


class EditAnnouncement(Announce):
    """Edits the announcement in place; posts it where that failed before."""

    what = "bring the announcement up to date"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.announcement_channel is None or incident.announcement_ts is None:
            return await super().prepare(uow, item, words)
        message = await facts.announcement(uow, incident, words)
        where = {"channel": incident.announcement_channel, "ts": incident.announcement_ts}
        return Call(method="chat.update", arguments={**where, **message.to_args()})


class PostToStakeholders(Announce):
    """A message in the announcement's thread; where there is none, the announcement, which says the same in short."""

    what = "tell the stakeholders"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.announcement_channel is None or incident.announcement_ts is None:
            return await super().prepare(uow, item, words)
        message = await messages.build(uow, incident, words, *_message_and_references(item))
        content = {**message.to_args(), "thread_ts": incident.announcement_ts}
        return self._post(item, incident.announcement_channel, content)


class TellPerson(_Posting):
    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        name, references = _message_and_references(item)
        if name == "role_brief" and not await _still_holds(uow, incident, references["role"], references["person"]):
            return None
        message = await messages.build(uow, incident, words, name, references)
        # A person's id opens the conversation with them.
        return self._post(item, references["person"], message.to_args())


async def _still_holds(uow: UnitOfWork, incident: Incident, role: str, person: str) -> bool:
    found = await uow.session.scalar(
        select(RoleAssignment.id).where(
            RoleAssignment.incident_id == incident.id,
            RoleAssignment.role == role,
            RoleAssignment.person == person,
            RoleAssignment.ended_at.is_(None),
        )
    )
    return found is not None


class AnswerPerson(Step):
    """The answer to a command or a click, which only the person who asked sees."""

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        if not item.payload["person"] and not item.payload.get("response_url"):
            return None  # nobody can be answered
        text = Mrkdwn(item.payload["text"]) if "text" in item.payload else None
        if text is None:
            incident = await messages.incident_of(uow, item.payload["references"]["incident_id"])
            message = await messages.build(uow, incident, words, item.payload["message"], item.payload["references"])
            text = message.text
        if uow.now - item.created_at > timedelta(minutes=30) or not item.payload.get("response_url"):
            # A response_url lives 30 minutes and serves 5 times; the person is told all the same.
            return Call(method="chat.postMessage", arguments={"channel": item.payload["person"], "text": text})
        return Call(
            method="response_url",
            arguments={
                "url": item.payload["response_url"],
                "body": {"response_type": "ephemeral", "replace_original": False, "text": cut(text, 3900)},
            },
        )

    async def send(self, slack: Gateway, call: Call) -> dict[str, Any]:
        if call.method != "response_url":
            return await slack.call(call.method, call.arguments)
        await slack.respond(call.arguments["url"], call.arguments["body"])
        return {"ok": True}

    async def refused(self, uow: UnitOfWork, item: OutboxItem, problem: SlackRefused) -> bool:  # noqa: ARG002
        """A response_url that is used up or gone: the answer comes as a private message."""
        if item.payload.get("response_url") is None:
            return False
        item.payload = {**item.payload, "response_url": None}
        return True


class UploadPostmortem(Step):
    what = "put the postmortem draft into the channel"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:
        incident = await messages.incident_of(uow, item.incident_id)
        if incident.channel_id is None:
            return None
        draft = await uow.session.get_one(Postmortem, item.payload["postmortem_id"])
        return Call(
            method="files.upload",
            arguments={
                "channel": incident.channel_id,
                "name": f"postmortem-{incident.name.lower()}.md",
                "content": draft.markdown,
                "comment": words.chat("postmortem_note", it=incident),
            },
        )

    async def send(self, slack: Gateway, call: Call) -> dict[str, Any]:
        return await slack.upload(**call.arguments)


class LearnPerson(Step):
    """Asks who somebody is; names are wanted for documents, not for the next second."""

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> Call | None:  # noqa: ARG002
        return Call(method="users.info", arguments={"user": item.payload["user_id"]})

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:  # noqa: ARG002
        await people.learn(uow, person_facts(answer["user"]))


def person_facts(user: Mapping[str, Any]) -> people.PersonFacts:
    """Slack's user object, as far as we want it."""
    profile = user.get("profile") or {}
    zone = user.get("tz") or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = "UTC"
    handle = user.get("name") or user["id"]
    return people.PersonFacts(
        user_id=user["id"],
        handle=handle,
        name=user.get("real_name") or profile.get("real_name") or handle,
        tz=zone,
        is_bot=bool(user.get("is_bot")),
        deleted=bool(user.get("deleted")),
    )


def _message_and_references(item: OutboxItem) -> tuple[str, dict[str, Any]]:
    references = dict(item.payload)
    return references.pop("message"), references


STEPS: dict[str, Step] = {
    "announce": Announce(),
    "answer": AnswerPerson(),
    "create_channel": CreateChannel(),
    "edit_announcement": EditAnnouncement(),
    "edit_card": EditCard(),
    "invite": Invite(),
    "learn_person": LearnPerson(),
    "pin_card": PinCard(),
    "post": Post(),
    "post_card": PostCard(),
    "post_to_stakeholders": PostToStakeholders(),
    "set_topic": SetTopic(),
    "tell_person": TellPerson(),
    "upload_postmortem": UploadPostmortem(),
}
