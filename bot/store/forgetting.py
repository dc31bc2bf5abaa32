"""Words that are erased are taken out of what waits, what failed and what was told."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.speech import NOT_SPEECH
from bot.domain.times import is_ts
from bot.store.outbox import UNFINISHED
from bot.store.tables import InboxItem, Incident, OutboxItem

# A part of an event that has one of these is a message, or one that another quotes.
_WORDS = frozenset({"text", "blocks", "attachments", "files", "message_blocks"})
# What stays of it: that it was there, whose it is and where. `name` is what a channel is called from now on.
_STAYS = frozenset(
    {"bot_id", "channel", "channel_id", "deleted_ts", "event_ts", "name", "subtype", "thread_ts", "ts", "type", "user"}
)
_STEPS = ("answer", "post_rest", "post", "post_to_stakeholders", "tell_person")
_NAMED = re.compile(r"\bINC-(\d+)", re.IGNORECASE)


async def in_inbox(
    session: AsyncSession, incident: Incident, *, stamps: Collection[str], person: str | None
) -> tuple[set[str], int]:
    """Takes these messages' words, or this person's, out of what waits or failed in the incident's channel.

    What is just being applied finds its message erased. Returns the ts of the person's messages that were there, and
    how many events held words.
    """
    theirs, events = set[str](), 0
    rows = await session.scalars(
        select(InboxItem)
        .where(
            InboxItem.team_id == incident.team_id,
            InboxItem.source == "slack",
            InboxItem.lane == (incident.channel_id or ""),
            InboxItem.state.in_(("waiting", "failed")),
        )
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        event: dict[str, Any] = row.body.get("event") or {}
        erased = {
            id(part): part
            for part in _messages(event)
            if _ts(event, part) in stamps
            or (person is not None and person in (part.get("user"), part.get("author_id")))
        }
        if not erased:
            continue
        events += 1
        theirs |= {
            ts
            for part in erased.values()
            if _at(part, "user") == person and _at(part, "subtype") not in NOT_SPEECH and (ts := _ts(event, part))
        }
        # What others said with it, and what happened to it, is still to be applied. The error may repeat the words.
        row.body = {**row.body, "event": _without(event, erased)}
        row.error = None if row.error is None else "words in it were erased"
        if id(event) in erased and _at(event, "subtype") not in NOT_SPEECH:
            row.state, row.body, row.error = "applied", {}, None
    return theirs, events


async def in_hooks(
    session: AsyncSession, team_id: str, integration: str, keys: Collection[str], *, instead: str
) -> None:
    """Takes the words out of what an integration has sent about these things, where it waits or couldn't be applied.

    That it was sent stays, and is applied: it may be about something new.
    """
    rows = await session.scalars(
        select(InboxItem)
        .where(InboxItem.team_id == team_id, InboxItem.source != "slack", InboxItem.state.in_(("waiting", "failed")))
        .with_for_update(skip_locked=True)
    )
    for row in rows:
        alert = row.body.get("alert", {})
        if row.body.get("integration") == integration and alert.get("key") in keys:
            words = {"title": instead, "severity": "", "description": "", "url": "", "labels": {}}
            row.body, row.error = {**row.body, "alert": {**alert, **words}, "body": {}}, None


def _at(part: Mapping[str, Any], key: str) -> str:
    """The text at `key`; an empty one where there is none."""
    found = part.get(key)
    return found if isinstance(found, str) else ""


def _messages(part: Any) -> Iterator[dict[str, Any]]:
    """The event itself where it is a message, and all that it brings along: before an edit, pinned, quoted …"""
    if isinstance(part, dict):
        if not _WORDS.isdisjoint(part):
            yield part
        for one in part.values():
            yield from _messages(one)
    elif isinstance(part, list):
        for one in part:
            yield from _messages(one)


def _ts(event: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    """The ts of one of its messages, as far as Slack tells it: it may be left out of one that was deleted."""
    ts = _at(part, "ts") or (_at(event, "deleted_ts") if part is event.get("previous_message") else "")
    return ts if is_ts(ts) else ""


def _without(part: Any, erased: Collection[int]) -> Any:
    """The event without what those parts of it say."""
    if isinstance(part, list):
        return [_without(one, erased) for one in part]
    if not isinstance(part, dict):
        return part
    if id(part) in erased:
        return {key: one for key, one in part.items() if key in _STAYS and isinstance(one, str)}
    return {key: _without(one, erased) for key, one in part.items()}


async def in_outbox(
    session: AsyncSession, incident: Incident, *, person: str | None, theirs: Mapping[str, Collection[int]]
) -> list[OutboxItem]:
    """Takes words out of what was told or is to be told; nothing else in the queue holds any.

    Answers quote the record: those that were given need their text no more, and one that waits and may be about this
    incident is not given, whoever asked asks again. Of what this person said in the incident, the rest of long messages
    is not carried on; of what they were asked about, the reasons that they gave and the hints to what they typed,
    nothing is kept. `theirs`: what they have put on record, by what messages call it ({"update_id": …}).

    Returns what is not sent any more.
    """
    found = await session.scalars(
        select(OutboxItem)
        .where(OutboxItem.team_id == incident.team_id, OutboxItem.step.in_(_STEPS))
        .order_by(OutboxItem.id)
        .with_for_update(skip_locked=True)
    )
    rows = {row.id: row for row in found}
    answers = [row for row in rows.values() if row.step == "answer"]
    about = {row.id for row in answers if _may_quote(row, incident, person)}
    # Of one that was emptied before, nobody knows what its rest is about.
    lanes = {
        lane
        for row in answers
        if row.id in about or row.payload.get("text") == ""
        for lane in (row.lane, f"rest:{row.id}")
    }
    dropped = []
    for row in rows.values():
        payload = dict(row.payload)
        if row.step == "answer" or (row.step == "post_rest" and row.incident_id is None):
            goes = row.lane in lanes
        else:
            goes = (
                row.step == "post_rest"
                and row.incident_id == incident.id
                and person is not None
                and _may_be_theirs(rows.get(payload.get("of", 0)), person, theirs)
            )
        if "text" in payload and row.state not in UNFINISHED:
            payload["text"] = ""
        elif "text" in payload and goes:
            payload["text"] = "…"  # for one that is just being sent and has to be sent again
            if row.state == "waiting":
                row.state = "needless"
                payload["text"] = ""
                dropped.append(row)
        if person is not None and payload.get("person") == person and row.id in about:
            payload.pop("buttons", None)
            if "references" in payload:
                payload["references"] = {**payload["references"], "hints": []}
        if person is not None and payload.get("by") == person and row.incident_id == incident.id:
            payload |= {key: "…" for key in ("reason", "because") if key in payload}
        if payload != row.payload:
            row.payload = payload
    return dropped


def _may_quote(answer: OutboxItem, incident: Incident, person: str | None) -> bool:
    """Whether it may hold words of the incident's record, or words that this person has typed for it."""
    payload = answer.payload
    if "references" in payload:
        return bool(payload["references"].get("incident_id") == incident.id)
    said = [payload["text"], *(str(one.get(key)) for one in payload.get("buttons", ()) for key in ("label", "command"))]
    named = {int(number) for text in said for number in _NAMED.findall(text)}
    if incident.number in named:
        return True
    if person is None or payload.get("person") != person:
        return False
    # What they typed is repeated to them in questions and refusals.
    if payload.get("channel_id"):
        led_to_it = person == incident.reporter and answer.created_at <= incident.declared_at
        return led_to_it or bool(payload["channel_id"] == incident.channel_id)
    return not named


def _may_be_theirs(told: OutboxItem | None, person: str, theirs: Mapping[str, Collection[int]]) -> bool:
    """Whether a message may hold this person's words; True where it is no longer known which message it was."""
    if told is None:
        return True
    for key, ids in theirs.items():
        if key in told.payload:
            return told.payload[key] in ids
    return told.payload.get("by") in (None, person)
