"""What a step of the outbox is, and how posts are told apart."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.mrkdwn import Mrkdwn
from bot.errors import SlackRefused
from bot.render.words import Words
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
from bot.slack.messages.message import SlackMessage
from bot.slack.outbound.gateway import Gateway
from bot.store.tables import OutboxItem

METADATA_TYPE = "incident_bot_outbox"
# Seconds by which our clock may differ from Slack's.
_CLOCKS_DIFFER_BY = 3600.0


@dataclass(frozen=True, kw_only=True)
class SlackCall:
    method: str
    arguments: Mapping[str, Any]
    rest: Sequence[Mapping[str, Any]] = ()  # of a message that does not fit into one: what follows in its thread
    since: float = 0.0  # seconds since the epoch by our clock: an earlier attempt cannot have had its effect before


class Step(ABC):
    """One kind of thing to tell Slack."""

    # What could not be done where Slack refuses it for good, in the words of the sentence that tells a person.
    what = "reach Slack"
    # Refusals that are as good as done, beside those that mean so for every step.
    as_wanted: frozenset[str] = frozenset()

    @abstractmethod
    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        """The call as things are now, or None where there is nothing to tell any more. Reads only."""

    async def send(self, slack: Gateway, call: SlackCall) -> dict[str, Any]:
        """Slack's answer; outside any transaction."""
        return await slack.call(call.method, call.arguments)

    async def find(self, slack: Gateway, call: SlackCall) -> dict[str, Any] | None:
        """Slack's answer to an earlier attempt whose outcome is not known, where the call had its effect.

        None where it had none, or where repeating the call does no harm.
        """
        return None

    async def record(self, uow: UnitOfWork, item: OutboxItem, answer: Mapping[str, Any]) -> None:  # noqa: B027
        """Stores what the answer tells; most answers tell nothing that we keep."""

    async def go_on(  # noqa: B027
        self, uow: UnitOfWork, item: OutboxItem, call: SlackCall, answer: Mapping[str, Any]
    ) -> None:
        """Promises what follows from a call that has been made; most are complete by themselves."""

    async def refused(self, uow: UnitOfWork, item: OutboxItem, problem: SlackRefused) -> bool:
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


class PostStep(Step):
    """A step that posts a message with its key in the metadata: a post has no idempotency key of its own."""

    def _post(
        self, item: OutboxItem, channel: str, message: SlackMessage, *, thread_ts: str | None = None
    ) -> SlackCall:
        metadata = {"event_type": METADATA_TYPE, "event_payload": {"key": _key(item)}}
        first, *rest = message.in_parts()
        arguments = {"channel": channel, "metadata": metadata, "unfurl_links": False, **first}
        if thread_ts is not None:
            arguments["thread_ts"] = thread_ts
        return SlackCall(method="chat.postMessage", arguments=arguments, rest=rest, since=item.created_at.timestamp())

    async def go_on(self, uow: UnitOfWork, item: OutboxItem, call: SlackCall, answer: Mapping[str, Any]) -> None:
        """The rest of a long message goes into its thread."""
        for part in call.rest:
            await uow.tell(
                "post_rest",
                lane=f"rest:{item.incident_id or item.id}",
                incident=await by_id(uow, item.incident_id) if item.incident_id is not None else None,
                payload={
                    "channel": answer["channel"],
                    "thread_ts": call.arguments.get("thread_ts") or answer["ts"],
                    # The words themselves: made anew, the message could break in other places.
                    "text": part["text"],
                    "of": item.payload.get("of", item.id),  # whose words they are is known of that one
                },
            )

    async def find(self, slack: Gateway, call: SlackCall) -> dict[str, Any] | None:
        if call.method != "chat.postMessage":
            return None  # an edit: repeating it does no harm
        wanted = call.arguments["metadata"]["event_payload"]["key"]
        channel = await _channel_id(slack, call.arguments["channel"])
        if channel is None:
            return None

        def is_it(message: Mapping[str, Any]) -> bool:
            found: bool = (message.get("metadata") or {}).get("event_payload", {}).get("key") == wanted
            return found

        return await find_message(slack, channel, is_it, since=call.since, thread_ts=call.arguments.get("thread_ts"))


async def _channel_id(slack: Gateway, channel: str) -> str | None:
    """Of what chat.postMessage takes: an id, a #name, or a person, whose conversation with the bot is meant."""
    if channel.startswith("#"):
        ids = [one["id"] async for one in own_channels(slack) if one["name"] == channel[1:]]
        return ids[0] if ids else None
    if channel[:1] in "UW":
        answer = await slack.call("conversations.open", {"users": channel})
        return str(answer["channel"]["id"])
    return channel


async def find_message(
    slack: Gateway,
    channel: str,
    is_it: Callable[[Mapping[str, Any]], bool],
    *,
    since: float,
    thread_ts: str | None = None,
) -> dict[str, Any] | None:
    """Slack's answer as it was, for a message of the channel or of a thread in it that was posted after `since`.

    `since`, in seconds since the epoch, is by our clock and the messages are stamped by Slack's: at least the newest
    page is looked through whatever the times say.
    """
    async for message in messages_in(slack, channel, thread_ts=thread_ts, since=since):
        if is_it(message):
            return {"ok": True, "channel": channel, "ts": message["ts"]}
    return None


async def messages_in(
    slack: Gateway, channel: str, *, thread_ts: str | None = None, since: float = 0.0
) -> AsyncIterator[Mapping[str, Any]]:
    """The messages of a channel, the newest first, until a page that ends before `since`; or all those of a thread."""
    method = "conversations.history" if thread_ts is None else "conversations.replies"
    arguments = {"channel": channel, "limit": 200, "include_all_metadata": True}
    if thread_ts is not None:
        arguments["ts"] = thread_ts
    while True:
        answer = await slack.call(method, arguments)
        for message in answer["messages"]:
            yield message
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        oldest = min((float(message["ts"]) for message in answer["messages"]), default=0.0)
        # A thread comes with its oldest replies first, so all of it is read.
        if not cursor or (thread_ts is None and oldest < since - _CLOCKS_DIFFER_BY):
            return
        arguments["cursor"] = cursor


class PostRest(PostStep):
    """What did not fit into a message, in its thread."""

    what = "post the rest of a long message"

    async def prepare(self, uow: UnitOfWork, item: OutboxItem, words: Words) -> SlackCall | None:
        if item.incident_id is not None:
            incident = await by_id(uow, item.incident_id)
            if incident.is_private and item.payload["channel"] != incident.channel_id:
                return None  # it has become so since
        message = SlackMessage(text=Mrkdwn(item.payload["text"]))
        return self._post(item, item.payload["channel"], message, thread_ts=item.payload["thread_ts"])


def message_and_references(item: OutboxItem) -> tuple[str, dict[str, Any]]:
    references = dict(item.payload)
    return references.pop("message"), references
