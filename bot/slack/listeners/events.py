"""Plain events: applied by the inbox worker, one transaction each, in any order that Slack sends them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from bot.domain.times import from_ts
from bot.service import chat, people
from bot.service.chat import MARKS, Spoken
from bot.service.desk import UnitOfWork
from bot.service.incidents import of_channel
from bot.service.roles import note_participant
from bot.slack.steps import person_facts
from bot.store.tables import Participant, Workspace

Event = Mapping[str, Any]

# A deleted thread parent that has replies arrives as a change to this.
_TOMBSTONE = "tombstone"
# What the workspace says about a channel is not what people said in it.
_NOT_SPEECH = frozenset(
    {
        "channel_join",
        "channel_leave",
        "channel_topic",
        "channel_purpose",
        "channel_name",
        "channel_archive",
        "channel_unarchive",
        "channel_posting_permissions",
        "channel_convert_to_private",
        "group_join",
        "group_leave",
        "group_topic",
        "group_purpose",
        "group_name",
        "group_archive",
        "group_unarchive",
        "pinned_item",
        "unpinned_item",
        "ekm_access_denied",
        "message_replied",
        "reminder_add",
        "bot_add",
        "bot_remove",
        "tombstone",
    }
)


async def apply(uow: UnitOfWork, event: Event, at: datetime) -> None:
    """Applies an event; one that the bot has no use for is simply done with. `at` is the event's own time."""
    listener = _LISTENERS.get(event.get("type", ""))
    if listener is not None:
        await listener(uow, event, at)


async def _handle_message(uow: UnitOfWork, event: Event, at: datetime) -> None:
    channel = event.get("channel")
    if not isinstance(channel, str) or await of_channel(uow, channel) is None:
        return  # only incidents' channels are recorded
    match event.get("subtype"):
        case "message_changed":
            await _handle_change(uow, channel, event, at)
        case "message_deleted":
            ts = event.get("deleted_ts")
            before = event.get("previous_message") or {}
            if ts and not await _is_our_own(uow, before):
                await chat.hear_deletion(
                    uow, channel, ts, at=_moment(event.get("ts"), at), last_text=before.get("text")
                )
        case subtype if subtype in _NOT_SPEECH:
            return
        case _:
            if event.get("ts") and not await _is_our_own(uow, event):
                await chat.hear(uow, _spoken(channel, event))


async def _handle_change(uow: UnitOfWork, channel: str, event: Event, at: datetime) -> None:
    message, before = event.get("message") or {}, event.get("previous_message") or {}
    if not message.get("ts") or await _is_our_own(uow, message):
        return
    if message.get("subtype") == _TOMBSTONE:
        moment = _moment(event.get("ts"), at)
        await chat.hear_deletion(uow, channel, message["ts"], at=moment, last_text=before.get("text"))
        return
    said = _spoken(channel, message)
    if said.edited_ts == (before.get("edited") or {}).get("ts") and before:
        return  # an unfurl or the like: nobody edited anything
    edited_at = _moment(said.edited_ts, at) if said.edited_ts else None
    await chat.hear_edit(uow, said, before=before.get("text"), edited_at=edited_at)


def _spoken(channel: str, message: Event) -> Spoken:
    files = [
        {key: one[key] for key in ("id", "name", "mimetype", "size", "permalink") if one.get(key) is not None}
        for one in message.get("files") or []
        if one.get("id")
    ]
    return Spoken(
        channel_id=channel,
        ts=message["ts"],
        text=message.get("text") or "",
        person=message.get("user") or None,
        author_name=(message.get("bot_profile") or {}).get("name") or message.get("username") or None,
        thread_ts=message.get("thread_ts") or None,
        subtype=message.get("subtype") or None,
        edited_ts=(message.get("edited") or {}).get("ts") or None,
        files=files,
    )


async def _handle_reaction(uow: UnitOfWork, event: Event, at: datetime) -> None:
    item = event.get("item") or {}
    if (
        event.get("reaction") not in MARKS
        or item.get("type") != "message"
        or not item.get("ts")
        or not event.get("user")
    ):
        return
    if await of_channel(uow, item.get("channel")) is None:
        return
    change = chat.mark if event["type"] == "reaction_added" else chat.unmark
    moment = _moment(event.get("event_ts"), at)
    await change(uow, item["channel"], item["ts"], source="reaction", person=event["user"], at=moment)


async def _handle_pin(uow: UnitOfWork, event: Event, at: datetime) -> None:
    item = event.get("item") or {}
    message = item.get("message") or {}
    channel = event.get("channel_id") or item.get("channel")
    if not isinstance(channel, str) or not message.get("ts") or not event.get("user"):
        return
    if await of_channel(uow, channel) is None:
        return
    if await _is_our_own(uow, message) or await _is_our_own(uow, event):
        return  # the card
    moment = _moment(event.get("event_ts"), at)
    if event["type"] == "pin_added":
        await chat.mark(uow, channel, message["ts"], source="pin", person=event["user"], at=moment)
    else:
        # Anybody may unpin what another has pinned: it takes away every pin's mark.
        await chat.unmark_all(uow, channel, message["ts"], source="pin", at=moment)


async def _handle_joined(uow: UnitOfWork, event: Event, at: datetime) -> None:  # noqa: ARG001
    incident = await of_channel(uow, event.get("channel"))
    if incident is not None and event.get("user") and not await _is_our_own(uow, event):
        await people.notice(uow, event["user"])
        await note_participant(uow, incident, event["user"])


async def _handle_left(uow: UnitOfWork, event: Event, at: datetime) -> None:
    incident = await of_channel(uow, event.get("channel"))
    if incident is None or not event.get("user"):
        return
    row = await uow.session.scalar(
        select(Participant).where(Participant.incident_id == incident.id, Participant.person == event["user"])
    )
    if row is not None:
        row.left_at = at


async def _handle_user_change(uow: UnitOfWork, event: Event, at: datetime) -> None:  # noqa: ARG001
    user = event.get("user")
    if isinstance(user, dict) and user.get("id"):
        await people.learn(uow, person_facts(user))


async def _is_our_own(uow: UnitOfWork, message: Event) -> bool:
    """The bot's own messages are told by its timeline entries."""
    workspace = await uow.session.get(Workspace, uow.team_id)
    if workspace is None:
        return False
    return message.get("user") == workspace.bot_user_id or (
        bool(message.get("bot_id")) and message.get("bot_id") == workspace.bot_id
    )


def _moment(ts: Any, otherwise: datetime) -> datetime:
    try:
        return from_ts(str(ts)).astimezone(UTC) if ts else otherwise
    except ValueError:
        return otherwise


_LISTENERS: dict[str, Callable[[UnitOfWork, Event, datetime], Awaitable[None]]] = {
    "member_joined_channel": _handle_joined,
    "member_left_channel": _handle_left,
    "message": _handle_message,
    "pin_added": _handle_pin,
    "pin_removed": _handle_pin,
    "reaction_added": _handle_reaction,
    "reaction_removed": _handle_reaction,
    "team_join": _handle_user_change,
    "user_change": _handle_user_change,
}

# What the manifest subscribes to; a test holds it against manifest.yaml.
HANDLED = frozenset(_LISTENERS)
