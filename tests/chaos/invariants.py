"""The promises, each as a check of the facts that says what is wrong."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from bot.domain.mrkdwn import plain
from bot.sandbox.state.model import Channel, Message
from bot.store import tables
from tests.chaos.commands import ANSWERED_WITH, named, traces
from tests.chaos.facts import Facts, about, by_bot, count, gone, key_of, named_item, posted

Invariant = Callable[[Facts], Iterator[str]]

# Slack's own words for a failure before the command was sent to anybody.
_NOBODY_THERE = "dispatch_failed"
# What is due is found at the next round.
_SOON = timedelta(seconds=10)


def check(facts: Facts) -> list[str]:
    """Everything that is wrong, each with the seed; nothing where every promise was kept."""
    return [f"seed {facts.seed}: {wrong}" for invariant in INVARIANTS for wrong in invariant(facts)]


def missed_at_the_start(facts: Facts, *, before: float) -> list[str]:
    """What was said in live incidents before the last start (`before`, by Slack's clock) and is not on record.

    A start reads it; nobody has to wait for Slack to repeat it, which it does for some minutes only.
    """
    known = {(one.channel_id, one.ts): one.text for one in facts.messages}
    # A channel that is found later is not read at that start.
    made = {one.incident_id: one.finished_at for one in facts.outbox if one.step == "create_channel"}
    missed = []
    for incident in facts.incidents:
        channel, found_at = facts.channel_of(incident), made.get(incident.id)
        if channel is None or not incident.is_live or found_at is None or found_at.timestamp() >= before:
            continue
        for said in channel.messages.values():
            human = said.user != facts.bot and not said.subtype and not gone(said)
            if human and float(said.ts) < before and known.get((channel.id, said.ts)) != said.text:
                missed.append(f"seed {facts.seed}: {said.ts} ({said.text!r}) was not read at the start")
    return missed


# --- declarations


def each_declaration_is_one_incident(facts: Facts) -> Iterator[str]:
    """Where it was acknowledged; at most one where the person was shown an error, none where nobody was there."""
    by_key = Counter(one.declaration_key for one in facts.incidents)
    declarations = [one for one in facts.asked if one.verb == "declare"]
    for asked in declarations:
        found = by_key[asked.trigger] if asked.trigger else 0
        wanted = {0, 1}
        if asked.failed or not asked.trigger or asked.error == _NOBODY_THERE:
            wanted = {0}
        elif asked.acknowledged:
            wanted = {1}
        if found not in wanted:
            yield f"{named(asked)} became {found} incidents"
    triggers = {one.trigger for one in declarations if one.trigger}
    for incident in facts.incidents:
        if incident.declaration_key not in triggers:
            yield f"{incident.name} was declared by nobody"
    numbers = sorted(one.number for one in facts.incidents)
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the incidents have the numbers {numbers}"


def each_incident_is_set_up(facts: Facts) -> Iterator[str]:
    """One channel with one pinned card, one briefing, its declarer in it, and one announcement; all as of now."""
    board = by_bot(facts, next((one for one in facts.channels if one.id == facts.announcements), None))
    for incident in facts.incidents:
        channel = facts.channel_of(incident)
        if channel is None:
            yield f"{incident.name} has no channel"
            continue
        said = by_bot(facts, channel)
        cards = [one for one in said if one.blocks and one.text.startswith(f"{incident.name} · ")]
        pinned = [pin.ts for pin in channel.pins if pin.by == facts.bot]
        announced = [one for one in board if not one.is_reply and f"*{incident.name}*" in one.text]
        briefings = sum("on a message puts it on the timeline" in one.text for one in said)
        if len(cards) != 1:
            yield f"{incident.name} has {len(cards)} cards"
        elif pinned != [cards[0].ts]:
            yield f"{incident.name} has pinned {pinned}, and the card is {cards[0].ts}"
        if briefings != 1:
            yield f"{incident.name} has {briefings} briefings"
        if len(announced) != 1:
            yield f"{incident.name} was announced {len(announced)} times"
        if incident.reporter is not None and incident.reporter not in channel.members:
            yield f"{incident.name}'s declarer is not in its channel"
        yield from _shows_the_present(incident, channel, cards, announced)


def _shows_the_present(
    incident: tables.Incident, channel: Channel, cards: Sequence[Message], announced: Sequence[Message]
) -> Iterator[str]:
    priority, status = incident.priority.upper(), str(incident.status)
    for what, messages in (("card", cards), ("announcement", announced)):
        for one in messages:
            if f" {priority} " not in one.text or status not in one.text:
                yield f"{incident.name} is {priority} and {status}, and the {what} says: {one.text.splitlines()[0]}"
    if not channel.topic.value.startswith(f"{incident.name} · {priority}"):
        yield f"{incident.name} is {priority}, and its topic says: {channel.topic.value}"


def each_channel_has_its_incident(facts: Facts) -> Iterator[str]:
    """The bot makes a channel for an incident, and one only."""
    owners = Counter(one.channel_id for one in facts.incidents)
    for channel in facts.channels:
        if channel.creator == facts.bot and not channel.is_direct and owners[channel.id] != 1:
            yield f"the channel {channel.name} belongs to {owners[channel.id]} incidents"


# --- what people said


def every_message_is_on_record(facts: Facts) -> Iterator[str]:
    """Once, with its last text, all its versions in order, its thread, its deletion and its marks."""
    lost = {ts for event in facts.given_up for ts in about(event)}
    versions: dict[int, list[str]] = {}
    for version in sorted(facts.versions, key=lambda one: one.version_ts):
        versions.setdefault(version.message_id, []).append(version.text)
    for incident in facts.incidents:
        channel = facts.channel_of(incident)
        if channel is None:
            continue
        spoken = {one.ts: one for one in channel.messages.values() if one.user != facts.bot and not one.subtype}
        rows: dict[str, list[tables.Message]] = {}
        for row in facts.messages:
            if row.channel_id == channel.id:
                rows.setdefault(row.ts, []).append(row)
        for ts in sorted({*spoken, *rows}):
            known, said = rows.get(ts, []), spoken.get(ts)
            what = f"the message {ts} in {channel.name}"
            if said is None:
                yield f"{what} is on record, and nobody said it"
            elif len(known) != 1:
                if known or not (gone(said) and ts in lost):
                    yield f"{what} ({said.text!r}) is on record {len(known)} times"
            else:
                for wrong in _differences(said, known[0], versions.get(known[0].id, []), lost=ts in lost):
                    yield f"{what} {wrong}"


def _differences(said: Message, row: tables.Message, versions: Sequence[str], *, lost: bool) -> Iterator[str]:
    """`lost`: Slack has stopped repeating an event about it; its history has the last version, none once deleted."""
    if lost and gone(said) and not versions and row.deleted_at is not None:
        return
    wanted = [*(one.text for one in said.versions), said.text]
    if row.text != said.text:
        yield f"says {said.text!r}, and {row.text!r} on record"
    if row.person != said.user:
        yield f"is by {said.user}, and by {row.person} on record"
    if list(versions) != wanted and not (lost and _is_part_of(versions, wanted)):
        yield f"was {wanted}, and {list(versions)} on record"
    if (row.thread_ts != said.thread_ts) if said.is_reply else row.thread_ts not in (None, said.ts):
        yield f"is in the thread {said.thread_ts}, and in {row.thread_ts} on record"
    if (row.deleted_at is not None) != gone(said):
        yield f"is {'deleted' if gone(said) else 'there'}, and on record it is not so"


def _is_part_of(some: Sequence[str], whole: Sequence[str]) -> bool:
    """In the same order, with the last one."""
    left = iter(whole)
    return list(some[-1:]) == list(whole[-1:]) and all(one in left for one in some)


def marks_are_as_in_slack(facts: Facts) -> Iterator[str]:
    """Who has a pushpin on a message in Slack has a mark on it on record, and nobody else."""
    for incident in facts.incidents:
        channel = facts.channel_of(incident)
        for said in channel.messages.values() if channel else ():
            if said.user == facts.bot or said.subtype or gone(said):
                continue
            there = {one for name in ("pushpin", "round_pushpin") for one in said.reactions.get(name, ())}
            known = {
                one.person
                for one in facts.marks
                if (one.channel_id, one.message_ts, one.source) == (said.channel, said.ts, "reaction")
                and one.removed_at is None
            }
            if there != known:
                yield f"{said.ts} ({said.text!r}) is marked by {sorted(there)}, and by {sorted(known)} on record"


def the_export_says_the_same(facts: Facts) -> Iterator[str]:
    """`incident-bot export` has each message once, with its text and versions as a reader sees them."""
    for incident in facts.incidents:
        channel, exported = facts.channel_of(incident), facts.records.get(incident.number)
        if channel is None or exported is None:
            yield f"{incident.name} cannot be exported with its channel"
            continue
        rows = {one.ts: one for one in facts.messages if one.channel_id == channel.id}
        if (found := [one["ts"] for one in exported["messages"]]) != sorted(rows):
            yield f"{incident.name}'s export has the messages {found}, and there are {sorted(rows)}"
            continue
        for one in exported["messages"]:
            said = channel.messages.get(one["ts"])
            if said is None or not one["versions"]:  # told of by every_message_is_on_record
                continue
            marked = any(said.reactions.get(name) for name in ("pushpin", "round_pushpin")) and not gone(said)
            if one["text"] != plain(said.text, facts.handles.get) or one["versions"][-1]["text"] != one["text"]:
                yield f"{incident.name}'s export has {one['text']!r} for {said.text!r}"
            if one["key_event"] != marked or bool(one["deleted_at"]) != gone(said):
                yield f"{incident.name}'s export has {one['text']!r} with other marks, or its deletion wrong"


def members_are_on_record(facts: Facts) -> Iterator[str]:
    """Who is in an incident's channel takes part in it."""
    for incident in facts.incidents:
        channel = facts.channel_of(incident)
        there = {one for one in channel.members if one != facts.bot} if channel else set()
        known = {one.person for one in facts.participants if one.incident_id == incident.id and one.is_member}
        if there != known:
            yield f"{incident.name} has the members {sorted(there)}, and {sorted(known)} on record"


# --- what was asked


def every_command_is_answered_once(facts: Facts) -> Iterator[str]:
    """Where it was acknowledged; what was posted to a response_url cannot be looked up, and may come twice for that."""
    private = posted(facts, direct=True)  # an answer that is late, or whose URL is used up
    for asked in facts.asked:
        items = [one for one in facts.outbox if asked.trigger and one.lane == f"answer:{asked.trigger}"]
        times = len(asked.shown) + sum(private[one.id] for one in items)
        if asked.acknowledged and not times:
            yield f"{named(asked)} got no answer"
        if times > 1 and not any(one.unclear for one in items):
            yield f"{named(asked)} was answered {times} times: {asked.shown}"


def no_command_is_half_done(facts: Facts) -> Iterator[str]:
    """Everything that a command does is there once, or nothing is; what it was answered with is what happened."""
    for asked in facts.asked:
        found = traces(facts, asked)
        if found is None:
            continue
        counts = set(found.values())
        if len(counts) > 1 or not counts <= {0, 1}:
            yield f"{named(asked)} is half done: {found}"
        happened, answered = max(counts), any(re.search(ANSWERED_WITH[asked.verb], text) for text in asked.shown)
        if asked.error == _NOBODY_THERE and happened:
            yield f"{named(asked)} reached nobody and was done: {found}"
        if asked.shown and answered != bool(happened):
            yield f"{named(asked)} left {found} and was answered with {asked.shown}"


def roles_are_as_they_were_asked_for(facts: Facts) -> Iterator[str]:
    """Each change of a role is told once; one holder follows the other in a role that has one."""
    verbs = ("take", "assign", "drop")
    done = sum(
        any(re.search(ANSWERED_WITH[one.verb], text) for text in one.shown) for one in facts.asked if one.verb in verbs
    )
    unknown = sum(not one.shown for one in facts.asked if one.verb in verbs)
    changes = [one for one in facts.entries if one.kind == "role"]
    if not done <= len(changes) <= done + unknown:
        yield f"{done} changes of roles were confirmed, {unknown} have no answer, and {len(changes)} are on record"
    assigned = sum(one.data.get("change") == "assigned" for one in changes)
    if assigned != len(facts.roles):
        yield f"{assigned} assignments are on the timeline, and {len(facts.roles)} on record"
    for incident in facts.incidents:
        told = count(facts, facts.channel_of(incident), ":bust_in_silhouette:")
        if told != (wanted := sum(one.incident_id == incident.id for one in changes)):
            yield f"{incident.name} had {wanted} changes of roles, and {told} were told"
    in_turn: dict[tuple[int, str], list[tables.RoleAssignment]] = {}
    for one in sorted(facts.roles, key=lambda one: one.id):
        in_turn.setdefault((one.incident_id, one.role), []).append(one)
    for (_, role), holders in in_turn.items():
        if role in facts.several:
            continue
        for before, after in pairwise(holders):
            if before.ended_at is None or before.ended_at > after.started_at:
                ended, began = before.ended_at, after.started_at
                yield f"{role} was held by {before.person} until {ended}, and by {after.person} from {began}"


# --- what the bot tells


def _nobody_owes_it(facts: Facts, item: tables.OutboxItem) -> bool:
    """Whether it asks for an update that came, or was asked for again, before it could be sent."""
    if item.state != "needless" or item.payload.get("message") != "prompt":
        return False
    return any(one.id == item.payload["prompt_id"] and one.outcome != "open" for one in facts.prompts)


def every_post_came_once(facts: Facts) -> Iterator[str]:
    """What was promised to a channel or a person stands there once, and nothing else does."""
    in_rooms, in_private = posted(facts, direct=False), posted(facts, direct=True)
    known = {one.id for one in facts.outbox}
    for channel in facts.channels:
        for message in by_bot(facts, channel):
            if key_of(message) not in known and not message.files:
                yield f"nothing on record has posted {message.text!r} in {channel.name or channel.id}"
    for item in facts.outbox:
        came = in_rooms[item.id]
        if came > 1:
            yield f"{named_item(item)} came {came} times"
        if item.step in ("post", "post_to_stakeholders") and came == 0 and not _nobody_owes_it(facts, item):
            yield f"{named_item(item)} is {item.state} and never came"
        if item.step == "tell_person" and item.state == "done":
            came = in_private[item.id]
            if came != 1:
                yield f"{named_item(item)} came {came} times"
    for incident in facts.incidents:
        drafts = sum(one.step == "upload_postmortem" and one.incident_id == incident.id for one in facts.outbox)
        came = sum(bool(one.files) for one in by_bot(facts, facts.channel_of(incident)))
        if came != drafts:
            yield f"{incident.name}'s postmortem came {came} times, and was promised {drafts} times"


def every_prompt_is_asked_once(facts: Facts) -> Iterator[str]:
    """A slot happens once, and what happened is told once."""
    for what, times in (
        *Counter(f"the slot {one.key}" for one in facts.jobs).items(),
        *Counter(
            f"the prompt of {one.due_at}, level {one.level}, INC-{one.incident_id}" for one in facts.prompts
        ).items(),
    ):
        if times > 1:
            yield f"{what} is there {times} times"
    promised = [one for one in facts.outbox if one.payload.get("message") == "prompt"]
    asked = Counter(int(one.payload["prompt_id"]) for one in promised)
    elsewhere = {
        int(one.payload["prompt_id"]) for one in promised if one.step == "tell_person" or _nobody_owes_it(facts, one)
    }
    for prompt in facts.prompts:
        if asked[prompt.id] != 1:
            yield f"the prompt of {prompt.due_at} was promised {asked[prompt.id]} times"
    for incident in facts.incidents:
        told = count(facts, facts.channel_of(incident), ":alarm_clock:")
        in_channel = [one for one in facts.prompts if one.incident_id == incident.id and one.id not in elsewhere]
        if told != (wanted := len(in_channel)):
            yield f"{incident.name} has {wanted} prompts on record, and {told} in its channel"


def nothing_is_left(facts: Facts) -> Iterator[str]:
    """No event set aside, nothing that waits, nothing refused: the workspace has refused nothing for good."""
    for item in facts.inbox:
        if item.state != "applied":
            yield f"the event {item.key} in {item.lane} is {item.state}: {item.error}"
    for one in facts.outbox:
        if one.state not in ("done", "needless"):
            yield f"{named_item(one)} is {one.state}: {one.error}"
    for job in facts.jobs:
        if job.state == "failed" or (job.state == "waiting" and job.due_at < facts.now - _SOON):
            yield f"the job {job.key} is {job.state}: {job.error}"


INVARIANTS: tuple[Invariant, ...] = (
    each_declaration_is_one_incident,
    each_incident_is_set_up,
    each_channel_has_its_incident,
    every_message_is_on_record,
    marks_are_as_in_slack,
    the_export_says_the_same,
    members_are_on_record,
    every_command_is_answered_once,
    no_command_is_half_done,
    roles_are_as_they_were_asked_for,
    every_post_came_once,
    every_prompt_is_asked_once,
    nothing_is_left,
)
