"""Plain events: applied by bot.intake.applier, some in one transaction, in any order that Slack sends them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from bot.domain.speech import NOT_SPEECH
from bot.errors import TooEarly
from bot.service import channels, chat, people
from bot.service.chat import MARKS, Spoken, Version
from bot.service.desk import UnitOfWork
from bot.service.files import file_facts
from bot.service.incidents import of_channel
from bot.service.participants import come_in, go_out
from bot.service.roles import free_absent, save_profile
from bot.slack.inbound.slack_event import SlackEvent
from bot.slack.outbound.payload import moment_at, part_at, text_at, ts_at
from bot.slack.outbound.person import person_facts
from bot.store import outbox
from bot.store.tables import Incident, Workspace

Event = Mapping[str, Any]

# A deleted thread parent that has replies arrives as a change to this.
TOMBSTONE = "tombstone"


async def apply(uow: UnitOfWork, happened: Sequence[SlackEvent]) -> None:
    """Applies events of one lane in their order; one that the bot has no use for is simply done with."""
    # Most events are messages, and those that follow each other share their statements.
    for speech, together in groupby(happened, key=lambda one: _is_speech(one.event)):
        if speech:
            await _hear(uow, [one.event for one in together])
        else:
            for one in together:
                listener = _LISTENERS.get(text_at(one.event, "type") or "")
                if listener is not None:
                    await listener(uow, one.event, one.at)


def _is_speech(event: Event) -> bool:
    """A message as it was written, by anybody."""
    subtype = text_at(event, "subtype")
    return (
        event.get("type") == "message"
        and subtype not in NOT_SPEECH
        and subtype not in ("message_changed", "message_deleted")
        and text_at(event, "channel") is not None
        and ts_at(event, "ts") is not None
    )


async def _hear(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Messages of one channel."""
    channel = events[0]["channel"]
    if await _incident_of(uow, channel) is not None:  # only incidents' channels are recorded
        await chat.hear(uow, *(spoken(channel, event) for event in events))


async def _handle_message(uow: UnitOfWork, event: Event, at: datetime) -> None:
    """What happens to messages after they were written."""
    channel = text_at(event, "channel")
    incident = await _incident_of(uow, channel)
    if channel is None or incident is None:
        return
    await follow_channel(uow, incident, event, at=at)
    match text_at(event, "subtype"):
        case "message_changed":
            await _handle_change(uow, channel, event, at)
        case "message_deleted":
            ts, before = ts_at(event, "deleted_ts"), part_at(event, "previous_message")
            if ts is not None:
                moment = moment_at(event, "ts", at)
                await chat.hear_deletion(uow, channel, ts, at=moment, before=_last_said(channel, ts, before))


async def follow_channel(uow: UnitOfWork, incident: Incident, message: Event, *, at: datetime) -> None:
    """Follows what Slack's message says that somebody did with the channel; nothing for any other message."""
    change, ts = channels.CHANGES.get(text_at(message, "subtype") or ""), ts_at(message, "ts")
    if change is not None and ts is not None:
        moment, by, name = moment_at(message, "ts", at), text_at(message, "user"), text_at(message, "name")
        await channels.follow(uow, incident, change, ts=ts, at=moment, by=by, name=name)


async def _handle_change(uow: UnitOfWork, channel: str, event: Event, at: datetime) -> None:
    message, before = part_at(event, "message"), part_at(event, "previous_message")
    ts = ts_at(message, "ts")
    if ts is None:
        return
    if text_at(message, "subtype") == TOMBSTONE:
        moment = moment_at(event, "ts", at)
        await chat.hear_deletion(uow, channel, ts, at=moment, before=_last_said(channel, ts, before))
        return
    said = spoken(channel, message)
    if said.edited_ts == ts_at(part_at(before, "edited"), "ts") and before:
        return  # an unfurl or the like: nobody edited anything
    edited_at = moment_at(part_at(message, "edited"), "ts", at) if said.edited_ts else None
    await chat.hear_edit(uow, said, before=_version(ts, before), edited_at=edited_at)


def _last_said(channel: str, ts: str, message: Event) -> chat.Spoken | None:
    """A message as it was before its deletion; Slack leaves it out now and then."""
    return spoken(channel, {**message, "ts": ts}) if isinstance(message.get("text"), str) else None


def _version(ts: str, message: Event) -> Version | None:
    """What a message said before an event about it; Slack leaves it out now and then."""
    text = text_at(message, "text")
    return None if text is None else Version(ts=ts_at(part_at(message, "edited"), "ts") or ts, text=text)


def spoken(channel: str, message: Event) -> Spoken:
    """`message` has a ts."""
    told = message.get("files")
    files = [
        file_facts(one)
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, Mapping) and text_at(one, "id")
    ]
    return Spoken(
        channel_id=channel,
        ts=message["ts"],
        text=text_at(message, "text") or "",
        person=text_at(message, "user"),
        author_name=text_at(part_at(message, "bot_profile"), "name") or text_at(message, "username"),
        thread_ts=ts_at(message, "thread_ts"),
        subtype=text_at(message, "subtype"),
        edited_ts=ts_at(part_at(message, "edited"), "ts"),
        files=files,
    )


async def _handle_reaction(uow: UnitOfWork, event: Event, at: datetime) -> None:
    item, person = part_at(event, "item"), text_at(event, "user")
    channel, ts = text_at(item, "channel"), ts_at(item, "ts")
    if text_at(event, "reaction") not in MARKS or text_at(item, "type") != "message":
        return
    if channel is None or ts is None or person is None or await _incident_of(uow, channel) is None:
        return
    change = chat.mark if event["type"] == "reaction_added" else chat.unmark
    await change(uow, channel, ts, source="reaction", person=person, at=moment_at(event, "event_ts", at))


async def _handle_pin(uow: UnitOfWork, event: Event, at: datetime) -> None:
    item, person = part_at(event, "item"), text_at(event, "user")
    message = part_at(item, "message")
    channel, ts = text_at(event, "channel_id") or text_at(item, "channel"), ts_at(message, "ts")
    if channel is None or ts is None or person is None or await _incident_of(uow, channel) is None:
        return
    if await _is_our_own(uow, message) or await _is_our_own(uow, event):
        return  # the card
    moment = moment_at(event, "event_ts", at)
    if event["type"] == "pin_added":
        await chat.mark(uow, channel, ts, source="pin", person=person, at=moment)
    else:
        # Anybody may unpin what another has pinned: it takes away every pin's mark, also one that is yet to be told.
        if (pinned_by := text_at(item, "created_by")) is not None:
            await chat.unmark(uow, channel, ts, source="pin", person=pinned_by, at=moment)
        await chat.unmark_all(uow, channel, ts, source="pin", at=moment)


async def _handle_joined(uow: UnitOfWork, event: Event, at: datetime) -> None:
    incident, person = await _incident_of(uow, text_at(event, "channel")), text_at(event, "user")
    if incident is None or person is None:
        return
    moment = moment_at(event, "event_ts", at)
    if not await _is_our_own(uow, event):
        await people.notice(uow, person)
        await come_in(uow, incident, person, at=moment)
    else:
        channels.come_back(incident, at=moment)


async def _handle_left(uow: UnitOfWork, event: Event, at: datetime) -> None:
    incident, person = await _incident_of(uow, text_at(event, "channel")), text_at(event, "user")
    if incident is None or person is None:
        return
    moment = moment_at(event, "event_ts", at)
    if await _is_our_own(uow, event):
        await channels.leave(uow, incident, at=moment, by=text_at(event, "actor_id"))
    else:
        await go_out(uow, incident, person, at=moment)
        await free_absent(uow, incident)


async def _handle_removed(uow: UnitOfWork, event: Event, at: datetime) -> None:
    """The bot itself was put out."""
    incident = await _incident_of(uow, text_at(event, "channel"))
    if incident is not None:
        await channels.leave(uow, incident, at=moment_at(event, "event_ts", at), by=text_at(event, "actor_id"))


async def _handle_user_change(uow: UnitOfWork, event: Event, at: datetime) -> None:  # noqa: ARG001
    user = part_at(event, "user")
    if text_at(user, "id") is not None:
        facts = person_facts(user)
        if await people.is_known(uow, facts.user_id):  # nobody's profile is kept who has never met the bot
            await save_profile(uow, facts)


async def _incident_of(uow: UnitOfWork, channel: str | None) -> Incident | None:
    """The incident whose channel this is; TooEarly while Slack's answer may be on its way that says which it is."""
    found = await of_channel(uow, channel)
    if found is not None:
        return found
    if await outbox.making_a_channel(uow.session, uow.team_id):
        raise TooEarly(f"a channel is being made; {channel} may be it")
    return await of_channel(uow, channel)  # it may have become known between the two questions


async def _is_our_own(uow: UnitOfWork, message: Event) -> bool:
    """The bot's own messages are told by its timeline entries."""
    workspace = await uow.session.get(Workspace, uow.team_id)
    if workspace is None:
        return False
    return message.get("user") == workspace.bot_user_id or (
        bool(message.get("bot_id")) and message.get("bot_id") == workspace.bot_id
    )


# An event that lacks something or has another kind of thing in its place is read as far as it goes: failing on it
# would keep it in the inbox for ever, and what is stored has to be readable when the postmortem is written.


_LISTENERS: dict[str, Callable[[UnitOfWork, Event, datetime], Awaitable[None]]] = {
    "channel_left": _handle_removed,
    "group_left": _handle_removed,
    "member_joined_channel": _handle_joined,
    "member_left_channel": _handle_left,
    "message": _handle_message,
    "pin_added": _handle_pin,
    "pin_removed": _handle_pin,
    "reaction_added": _handle_reaction,
    "reaction_removed": _handle_reaction,
    "user_change": _handle_user_change,
}

# What the manifest subscribes to; a test holds it against manifest.yaml.
HANDLED = frozenset(_LISTENERS)
