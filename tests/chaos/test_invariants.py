"""The invariants themselves: silent about a bot that keeps its promises, and each says so where one is broken."""

import asyncio
import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from bot.domain.lifecycle import Status
from bot.sandbox.state.model import Channel, Message
from bot.store.base import Base
from tests.chaos.facts import Facts, by_bot, gather
from tests.chaos.invariants import INVARIANTS, check, missed_at_the_start
from tests.chaos.witness import NOTHING_CHANGED, Asked, Witness
from tests.databases import SqliteFiles
from tests.world import World, open_world

SEED = 7


async def _kept(url: str) -> Facts:
    """One incident with everything in it that an invariant looks at, through a bot with which nothing goes wrong."""
    async with open_world(url) as world:
        witness = Witness(world.server)
        await _ask(world, witness, "ana", "declare p1 Checkout returns 503", channel="general", mark="k0.1")
        found = world.workspace.latest_app_channel()
        assert found is not None
        room = found.name
        said = await world.say("ana", room, "Lag is 40 s")
        await world.workspace.edit_message(user="ana", channel=room, ts=said, text="Lag is 50 s")
        await world.say("ben", room, "I look at it", thread_ts=said)
        mistaken = await world.say("dev", room, "Wrong window")
        await world.workspace.delete_message(user="dev", channel=room, ts=mistaken)
        await world.workspace.add_reaction(user="dev", channel=room, ts=said, name="pushpin")
        await _ask(world, witness, "ben", "take commander", channel=room)
        await _ask(world, witness, "ben", "assign comms @chloe", channel=room)
        await _ask(world, witness, "ana", "note Failed over", channel=room, mark="k1.1")
        await _ask(world, witness, "chloe", "update A fix is on its way", channel=room, mark="k2.1")
        await world.pass_time(minutes=31)
        await _ask(world, witness, "dev", "take commander", channel=room)
        await _ask(world, witness, "dev", "resolve The graphs are flat", channel=room, mark="k3.1")
        return await gather(SEED, url, world.workspace, witness)


async def _ask(world: World, witness: Witness, who: str, text: str, *, channel: str, mark: str = "") -> None:
    await witness.command(who, channel, f"{text} {mark}".rstrip(), mark=mark)
    await world.settle()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    ready, own = (tmp_path_factory.mktemp(name) for name in ("ready", "own"))
    return asyncio.run(_kept(SqliteFiles(Path(ready)).fresh(Path(own))))


@pytest.fixture
def facts(kept: Facts) -> Facts:
    """A copy to be broken: what stands in the workspace may be changed, rows are replaced."""
    return replace(kept, channels=copy.deepcopy(kept.channels), asked=copy.deepcopy(kept.asked))


def test_a_bot_that_keeps_its_promises_is_not_blamed(facts: Facts) -> None:
    assert check(facts) == []


def test_the_facts_hold_something_for_every_invariant(facts: Facts) -> None:
    """Or an invariant would be silent for want of anything to look at."""
    kinds = ("incidents", "participants", "roles", "entries", "updates", "prompts", "messages", "versions", "marks")
    for name in (*kinds, "inbox", "outbox", "jobs", "asked"):
        assert getattr(facts, name), name
    assert {one.verb for one in facts.asked} >= {"declare", "note", "update", "resolve", "take", "assign"}


# --- how facts are broken


def room(facts: Facts) -> Channel:
    found = facts.channel_of(facts.incidents[0])
    assert found is not None
    return found


def board(facts: Facts) -> Channel:
    return next(one for one in facts.channels if one.id == facts.announcements)


def asked(facts: Facts, verb: str) -> Asked:
    return next(one for one in facts.asked if one.verb == verb)


def post(facts: Facts, channel: Channel, beginning: str) -> Message:
    return next(one for one in by_bot(facts, channel) if one.text.startswith(beginning))


def private(facts: Facts) -> Channel:
    return next(one for one in facts.channels if one.is_im and by_bot(facts, one))


def human(facts: Facts, text: str) -> Message:
    return next(one for one in room(facts).messages.values() if one.text == text)


def repeat(channel: Channel, message: Message) -> None:
    """The same once more."""
    ts = f"{float(message.ts) + 0.5:.6f}"
    channel.messages[ts] = replace(message, ts=ts, thread_ts=message.thread_ts if message.is_reply else None)


def forget(channel: Channel, message: Message) -> None:
    del channel.messages[message.ts]


def changed(row: Base, **fields: Any) -> Base:
    return type(row)(**{one.key: getattr(row, one.key) for one in inspect(type(row)).attrs} | fields)


def with_row(facts: Facts, table: str, index: int, **fields: Any) -> Facts:
    rows: Sequence[Base] = getattr(facts, table)
    number = index % len(rows)
    return replace(facts, **{table: [changed(row, **fields) if at == number else row for at, row in enumerate(rows)]})


def without(facts: Facts, table: str, index: int) -> Facts:
    rows = list(getattr(facts, table))
    del rows[index]
    return replace(facts, **{table: rows})


def twice(facts: Facts, table: str, index: int) -> Facts:
    rows = getattr(facts, table)
    return replace(facts, **{table: [*rows, changed(rows[index], id=rows[-1].id + 1)]})


def done(facts: Facts, *_: Any) -> Facts:
    """After what was changed in the workspace in place."""
    return facts


def asked_as(facts: Facts, verb: str, **how: Any) -> Facts:
    one = asked(facts, verb)
    for name, value in how.items():
        setattr(one, name, value)
    return facts


def index_of(facts: Facts, table: str, **fields: Any) -> int:
    return next(
        at
        for at, row in enumerate(getattr(facts, table))
        if all(getattr(row, name) == value for name, value in fields.items())
    )


def exported_with(facts: Facts, **fields: Any) -> Facts:
    """The first message of the export is another."""
    [(number, exported)] = facts.records.items()
    first, *rest = exported["messages"]
    return replace(facts, records={number: {**exported, "messages": [{**first, **fields}, *rest]}})


Break = Callable[[Facts], Facts]
BROKEN: dict[str, tuple[Break, str]] = {
    # declarations
    "an acknowledged declaration without an incident": (
        lambda facts: asked_as(facts, "declare", trigger="another"),
        "became 0 incidents",
    ),
    "a declaration twice": (
        lambda facts: with_row(twice(facts, "incidents", 0), "incidents", -1, number=2),
        "became 2 incidents",
    ),
    "an incident that nobody declared": (
        lambda facts: with_row(facts, "incidents", 0, declaration_key="nobody's"),
        "INC-1 was declared by nobody",
    ),
    "an incident of a declaration that reached nobody": (
        lambda facts: asked_as(facts, "declare", error="dispatch_failed"),
        "(dispatch_failed) became 1 incidents",
    ),
    "an incident of which its declarer was told that there is none": (
        lambda facts: asked_as(facts, "declare", shown=[NOTHING_CHANGED]),
        "became 1 incidents",
    ),
    "a number left out": (lambda facts: with_row(facts, "incidents", 0, number=2), "have the numbers [2]"),
    # what is set up
    "no channel": (lambda facts: with_row(facts, "incidents", 0, postings=[]), "INC-1 has no channel"),
    "two channels": (
        lambda facts: replace(facts, channels=[*facts.channels, replace(room(facts), id="C2", name="inc-1-again")]),
        "the channel inc-1-again belongs to 0 incidents",
    ),
    "no card": (lambda facts: done(facts, forget(room(facts), post(facts, room(facts), "INC-1 · "))), "has 0 cards"),
    "two cards": (lambda facts: done(facts, repeat(room(facts), post(facts, room(facts), "INC-1 · "))), "has 2 cards"),
    "a card that is not pinned": (lambda facts: done(facts, room(facts).pins.clear()), "has pinned []"),
    "two briefings": (
        lambda facts: done(facts, repeat(room(facts), post(facts, room(facts), ":book:"))),
        "has 2 briefings",
    ),
    "two announcements": (
        lambda facts: done(facts, repeat(board(facts), post(facts, board(facts), ":"))),
        "was announced 2 times",
    ),
    "a declarer left out": (
        lambda facts: done(facts, room(facts).members.remove(facts.incidents[0].reporter)),
        "declarer is not in its channel",
    ),
    "a card that shows the past": (
        lambda facts: done(facts, setattr(post(facts, room(facts), "INC-1 · "), "text", "INC-1 · P1 Critical · open")),
        "is P1 and resolved, and the card says: INC-1 · P1 Critical · open",
    ),
    "an announcement that shows the past": (
        lambda facts: done(facts, setattr(post(facts, board(facts), ":"), "text", ": *INC-1* · P3 Moderate")),
        "the announcement says",
    ),
    "a topic that shows the past": (
        lambda facts: done(facts, setattr(room(facts).topic, "value", "INC-1 · P4")),
        "and its topic says: INC-1 · P4",
    ),
    # what people said
    "a message that is missing": (lambda facts: without(facts, "messages", 0), "is on record 0 times"),
    "a message twice": (lambda facts: twice(facts, "messages", 0), "is on record 2 times"),
    "a message that nobody said": (
        lambda facts: done(facts, forget(room(facts), human(facts, "I look at it"))),
        "is on record, and nobody said it",
    ),
    "a message with its former text": (
        lambda facts: with_row(facts, "messages", 0, text="Lag is 40 s"),
        "says 'Lag is 50 s', and 'Lag is 40 s' on record",
    ),
    "a message by another": (lambda facts: with_row(facts, "messages", 0, person="U1"), "and by U1 on record"),
    "a version that is missing": (
        lambda facts: without(facts, "versions", 0),
        "was ['Lag is 40 s', 'Lag is 50 s'], and ['Lag is 50 s'] on record",
    ),
    "a reply outside its thread": (
        lambda facts: with_row(facts, "messages", 1, thread_ts=None),
        "and in None on record",
    ),
    "a deletion that is not on record": (
        lambda facts: with_row(facts, "messages", 2, deleted_at=None),
        "is deleted, and on record it is not so",
    ),
    "a mark that is missing": (lambda facts: without(facts, "marks", 0), "and by [] on record"),
    "a mark that was taken away": (
        lambda facts: done(facts, human(facts, "Lag is 50 s").reactions.clear()),
        "is marked by [], and by ['U",
    ),
    "an export without a message": (
        lambda facts: replace(facts, records={1: {**facts.records[1], "messages": []}}),
        "INC-1's export has the messages []",
    ),
    "an export with another text": (lambda facts: exported_with(facts, text="?"), "export has '?' for 'Lag is 50 s'"),
    "an export without the mark": (lambda facts: exported_with(facts, key_event=False), "with other marks"),
    "a member who is not on record": (lambda facts: without(facts, "participants", 0), "INC-1 has the members"),
    # what was asked
    "a command without an answer": (
        lambda facts: asked_as(facts, "note", shown=[]),
        "ana's “note Failed over k1.1” got no answer",
    ),
    "a command with two answers": (
        lambda facts: asked_as(facts, "note", shown=["Noted on the timeline"] * 2),
        "was answered 2 times",
    ),
    "a note that is not told": (
        lambda facts: done(facts, forget(room(facts), post(facts, room(facts), ":memo:"))),
        "is half done: {'on the timeline': 1, 'in the channel': 0}",
    ),
    "an update that stakeholders do not hear of": (
        lambda facts: done(facts, forget(board(facts), post(facts, board(facts), ":loudspeaker:"))),
        "'to stakeholders': 0",
    ),
    "an update that is not on record": (lambda facts: without(facts, "updates", 0), "'as an update': 0"),
    "a confirmation of nothing": (
        lambda facts: asked_as(facts, "note", mark="k9.9"),
        "left {'on the timeline': 0, 'in the channel': 0} and was answered with ['Noted",
    ),
    "a refusal of what was done": (
        lambda facts: asked_as(facts, "resolve", shown=["INC-1 is resolved already."]),
        "and was answered with ['INC-1 is resolved already.']",
    ),
    "a command that was done and reached nobody": (
        lambda facts: asked_as(facts, "resolve", error="dispatch_failed"),
        "reached nobody and was done",
    ),
    "a role that was confirmed and is not held": (
        lambda facts: without(facts, "entries", index_of(facts, "entries", kind="role")),
        "3 changes of roles were confirmed, 0 have no answer, and 2 are on record",
    ),
    "an assignment that is not on record": (
        lambda facts: without(facts, "roles", 0),
        "3 assignments are on the timeline",
    ),
    "a role that is told twice": (
        lambda facts: done(facts, repeat(room(facts), post(facts, room(facts), ":bust_in_silhouette:"))),
        "had 3 changes of roles, and 4 were told",
    ),
    "two commanders at once": (
        lambda facts: with_row(
            facts,
            "roles",
            index_of(facts, "roles", role="incident_commander"),
            ended_at=facts.now + timedelta(hours=1),
        ),
        "incident_commander was held by",
    ),
    "a commander who never ended": (
        lambda facts: with_row(facts, "roles", index_of(facts, "roles", role="incident_commander"), ended_at=None),
        "until None, and by",
    ),
    # what the bot tells
    "a post twice": (
        lambda facts: done(facts, repeat(room(facts), post(facts, room(facts), ":white_check_mark:"))),
        "(post resolved) came 2 times",
    ),
    "a post that never came": (
        lambda facts: done(facts, forget(room(facts), post(facts, room(facts), ":white_check_mark:"))),
        "(post resolved) is done and never came",
    ),
    "a post that nothing has promised": (
        lambda facts: done(facts, setattr(post(facts, room(facts), ":book:"), "metadata", None)),
        "nothing on record has posted ':book:",
    ),
    "a private message that never came": (
        lambda facts: done(facts, forget(private(facts), by_bot(facts, private(facts))[0])),
        "(tell_person role_brief) came 0 times",
    ),
    "a private message twice": (
        lambda facts: done(facts, repeat(private(facts), by_bot(facts, private(facts))[0])),
        "(tell_person role_brief) came 2 times",
    ),
    "a postmortem twice": (
        lambda facts: done(facts, repeat(room(facts), next(one for one in by_bot(facts, room(facts)) if one.files))),
        "INC-1's postmortem came 2 times, and was promised 1 times",
    ),
    "a slot twice": (lambda facts: twice(facts, "jobs", 0), "the slot update_due:1:"),
    "a prompt twice on record": (lambda facts: twice(facts, "prompts", 0), "level 0, INC-1 is there 2 times"),
    "a prompt that is not told": (
        lambda facts: done(facts, forget(room(facts), post(facts, room(facts), ":alarm_clock:"))),
        "INC-1 has 1 prompts on record, and 0 in its channel",
    ),
    "a prompt that was promised twice": (
        lambda facts: twice(
            facts, "outbox", next(at for at, one in enumerate(facts.outbox) if one.payload.get("message") == "prompt")
        ),
        "was promised 2 times",
    ),
    # what is left
    "an event set aside": (
        lambda facts: with_row(facts, "inbox", 0, state="failed", error="ValueError: no"),
        "is failed: ValueError: no",
    ),
    "an event that waits": (lambda facts: with_row(facts, "inbox", -1, state="waiting"), "is waiting: None"),
    "a step that was refused": (
        lambda facts: with_row(
            facts, "outbox", index_of(facts, "outbox", step="create_channel"), state="refused", error="Slack refused it"
        ),
        "(create_channel) is refused: Slack refused it",
    ),
    "a step whose process died": (lambda facts: with_row(facts, "outbox", 0, state="sending"), "is sending"),
    "a job that failed": (lambda facts: with_row(facts, "jobs", 0, state="failed", error="no"), "is failed: no"),
    "a job that is overdue": (
        lambda facts: with_row(facts, "jobs", 0, state="waiting", due_at=facts.now - timedelta(minutes=1)),
        "is waiting: None",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_named_with_its_seed(facts: Facts, name: str) -> None:
    broken, sentence = BROKEN[name]

    found = check(broken(facts))

    assert any(sentence in one for one in found), found
    assert all(one.startswith(f"seed {SEED}: ") for one in found)


def test_every_invariant_can_fail(kept: Facts) -> None:
    failed = set()
    for broken, _ in BROKEN.values():
        facts = broken(replace(kept, channels=copy.deepcopy(kept.channels), asked=copy.deepcopy(kept.asked)))
        failed |= {invariant for invariant in INVARIANTS if any(invariant(facts))}

    assert failed == set(INVARIANTS)


def test_an_answer_that_could_not_be_looked_up_may_come_twice(facts: Facts) -> None:
    note = asked(facts, "note")
    note.shown *= 2
    at = index_of(facts, "outbox", lane=f"answer:{note.trigger}")

    assert check(with_row(facts, "outbox", at, unclear=True)) == []


def test_what_slack_has_stopped_repeating_may_be_missing_but_not_wrong(facts: Facts) -> None:
    said = human(facts, "Lag is 50 s")
    lost = replace(facts, given_up=[{"event": {"type": "message", "message": {"ts": said.ts}}}])

    assert check(without(lost, "versions", 0)) == []
    assert check(without(lost, "versions", 1)) != []


def test_what_was_deleted_before_anybody_could_hear_it_is_known_as_deleted(facts: Facts) -> None:
    gone = human(facts, "Wrong window")
    at = index_of(facts, "messages", ts=gone.ts)
    version = index_of(facts, "versions", message_id=facts.messages[at].id)
    bare = with_row(without(facts, "versions", version), "messages", at, text="", person=None)
    lost = [{"event": {"type": "message", "ts": gone.ts}}]

    assert check(bare) != []
    found = [one for one in check(replace(bare, given_up=lost)) if "export" not in one]
    assert found == []


def test_what_was_said_before_a_start_has_to_be_read_at_it(facts: Facts) -> None:
    live = with_row(facts, "incidents", 0, status=Status.INVESTIGATING)
    start = facts.now.timestamp()

    assert missed_at_the_start(live, before=start) == []
    [missed] = missed_at_the_start(without(live, "messages", 0), before=start)
    assert missed.endswith("('Lag is 50 s') was not read at the start")
    assert missed_at_the_start(without(live, "messages", 0), before=0) == [], "said after it"
    assert missed_at_the_start(without(facts, "messages", 0), before=start) == [], "resolved: not read any more"
