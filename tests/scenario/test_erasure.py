"""A secret that somebody posted can be taken out of the record for good; that it was, stays."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.errors import UserError
from bot.service import erasure, people
from bot.service.incidents import by_number
from bot.slack.inbound.backfill import Backfill
from bot.slack.outbound.gateway import Gateway
from bot.store import inbox
from bot.store.tables import Base, InboxItem, OutboxItem, Person, Workspace
from tests.databases import in_turn
from tests.world import World, shown

pytestmark = pytest.mark.one_database

SECRET = "hunter2"
ERASED = "(erased by Ana Torres on 2026-03-02)"


async def everything(world: World) -> str:
    """Every row of every table, as text."""
    async with world.bot.desk.look() as uow:
        found = []
        for table in Base.metadata.sorted_tables:
            rows = await uow.session.execute(select(table))
            found += [json.dumps(dict(row), default=str, ensure_ascii=False) for row in rows.mappings()]
    return "\n".join(found)


async def erase(world: World, *stamps: str, person: str | None = None, by: str = "ana") -> None:
    actor = world.workspace.user(by).id
    async with world.bot.desk.work(actor=actor) as uow:
        incident = await by_number(uow, 1)
        if person is None:
            await erasure.erase_messages(uow, incident, stamps, reason="It was a password", write=world.write_draft)
        else:
            await erasure.erase_person(
                uow, incident, world.workspace.user(person).id, reason="They asked for it", write=world.write_draft
            )
    await world.settle()


async def set_aside(world: World, channel: str, **events: dict[str, Any]) -> None:
    """Events of the channel that could not be applied, by their keys."""
    there = world.workspace.channel(channel).id
    async with world.bot.desk.work() as uow:
        for key, event in events.items():
            row = {"key": key, "lane": there, "body": {"event": event}, "state": "failed", "received_at": uow.now}
            uow.session.add(InboxItem(team_id=uow.team_id, error=f"KeyError: {SECRET}", **row))


async def retry(world: World) -> None:
    """What `incident-bot inbox --retry` does."""
    async with world.bot.desk.work() as uow:
        inbox.try_again(await inbox.failed(uow.session, uow.team_id))
    await world.settle()


async def read_again(world: World) -> None:
    """All that Slack still has of the channel is read once more."""
    [app] = world.workspace.apps
    slack = Gateway(token=app.bot_token, api_url=world.server.base_url)
    there = Workspace(team_id=world.bot.desk.team_id, bot_user_id=app.bot_user_id)
    async with world.bot.desk.look(actor=None) as uow:
        incident = await by_number(uow, 1)
    await Backfill(world.bot.desk, slack, there).read(incident.id, everything=True)


@pytest.fixture
async def channel(world: World) -> str:
    return await world.declare()


async def message(world: World, ts: str) -> dict[str, Any]:
    return next(one for one in (await world.record())["messages"] if one["ts"] == ts)


async def test_nothing_is_left_of_an_erased_message_but_that_it_was_erased(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    await world.workspace.edit_message(user="ben", channel=channel, ts=ts, text=f"It was {SECRET}, I mean hunter3")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    shared = await world.workspace.upload_file(user="ben", channel=channel, name=f"{SECRET}.txt", text="x")
    await world.settle()
    assert SECRET in (await world.command("ana", "timeline", channel=channel)).text
    await world.command("ana", "resolve Passwords rotated", channel=channel)
    assert SECRET in await everything(world)

    await erase(world, ts, shared)
    assert SECRET not in await everything(world)
    found = await message(world, ts)
    assert found["text"] == ERASED
    assert (found["erased_by"], found["erased_at"]) == ("ana", "2026-03-02T14:30:00Z")
    assert (found["versions"], found["person"], found["key_event"]) == ([], "ben", True)
    assert (await message(world, shared))["files"] == []
    timeline = (await world.command("chloe", "timeline INC-1")).text
    assert ERASED in timeline
    assert "Erased 2 messages: It was a password" in timeline
    text = world.write_draft(await world.report())
    assert ERASED.strip("()") in text
    assert "It was a password" in text


async def test_nothing_brings_it_back(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    reply = await world.say("ben", channel, f"{SECRET}, I said", thread_ts=ts)
    await erase(world, ts, reply)
    await read_again(world)  # Slack has it still
    await world.workspace.edit_message(user="ben", channel=channel, ts=ts, text=f"{SECRET} it is")
    await world.settle()
    await read_again(world)
    await world.workspace.delete_message(user="ben", channel=channel, ts=reply)
    await world.workspace.delete_message(user="ben", channel=channel, ts=ts)
    await world.settle()
    await read_again(world)
    assert SECRET not in await everything(world)
    assert (await message(world, ts))["deleted_at"], "what happened to it is on record all the same"


async def test_what_waits_or_was_set_aside_with_it_goes_too(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    there = world.workspace.channel(channel).id
    edit = {"type": "message", "subtype": "message_changed", "channel": there, "message": {"ts": ts, "text": SECRET}}
    other = {"type": "message", "channel": there, "ts": "1772461999.000100", "text": "harmless", "user": "U1"}
    async with world.bot.desk.work() as uow:
        for key, event in (("Ev1", edit), ("Ev2", other)):
            row = {"key": key, "lane": there, "body": {"event": event}, "state": "failed", "received_at": uow.now}
            uow.session.add(InboxItem(team_id=uow.team_id, error=f"KeyError: {SECRET}" if key == "Ev1" else "x", **row))
    await erase(world, ts)
    kept = await everything(world)
    assert SECRET not in kept
    assert "harmless" in kept


async def test_what_waited_with_somebodys_words_is_not_brought_in_by_reading_the_channel(
    world: World, channel: str
) -> None:
    with world.unheard():
        ts = await world.say("ben", channel, f"The password is {SECRET}")
    ben, there = world.workspace.user("ben").id, world.workspace.channel(channel).id
    event = {"type": "message", "channel": there, "user": ben, "ts": ts, "text": f"The password is {SECRET}"}
    async with world.bot.desk.work() as uow:
        row = {"key": "Ev1", "lane": there, "body": {"event": event}, "state": "failed", "received_at": uow.now}
        uow.session.add(InboxItem(team_id=uow.team_id, error="KeyError: x", **row))
    await erase(world, person=ben)
    await read_again(world)
    assert SECRET not in await everything(world)
    assert (await message(world, ts))["text"] == ERASED


async def test_an_answer_that_still_waits_with_it_is_not_given(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is <{SECRET}>")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.settle()
    world.server.faults.set({"error": {"method": "response_url", "status": 503}})
    await world.command("chloe", "timeline INC-1", settle=False)
    await world.pass_time(seconds=1)
    assert SECRET in await everything(world)
    await erase(world, ts)
    assert SECRET not in await everything(world)
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    assert not any(SECRET in text for text in world.to_person("chloe"))


async def test_one_persons_words_are_erased_and_nobody_elses(world: World, channel: str) -> None:
    mine = await world.say("ben", channel, f"I typed {SECRET}")
    yours = await world.say("chloe", channel, "Rotating")
    await world.command("ben", f"note {SECRET} was in the ticket", channel=channel)
    await world.command("ben", f"update next:20m We rotate {SECRET}", channel=channel)
    await world.command("ben", f"priority p2 Only {SECRET} leaked", channel=channel)
    await world.command("ben", f"action Delete {SECRET} owner:@chloe", channel=channel)
    await world.command("ben", f"resolve {SECRET} is refused", channel=channel)
    await world.command("ben", f"reopen {SECRET} works again", channel=channel)
    await world.command("ana", "note Told the auditors", channel=channel)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    record = await world.record()
    assert (await message(world, mine))["text"] == ERASED
    assert (await message(world, yours))["text"] == "Rotating"
    told = [one["text"] for one in record["timeline"]]
    assert f"Update sent: {ERASED}" in told
    assert f"Priority: P1 → P2, because: {ERASED}" in told
    assert f"Reopened: {ERASED}" in told
    assert "Told the auditors" in told
    assert told[-1] == "Erased 1 message, 6 timeline entries and 1 action item by Ben Okafor: They asked for it"
    assert record["updates"][0]["text"] == ERASED
    assert record["action_items"] == [{"text": ERASED, "owner": "chloe", "due_on": None}]
    assert record["incident"]["title"] == "Checkout returns 503"
    [announcement] = [one.text for one in world.by_bot("incidents") if one.thread_ts in (None, one.ts)]
    assert SECRET not in announcement


async def test_the_rest_of_a_long_update_is_erased_with_it(world: World, channel: str) -> None:
    await world.command("ben", f"update {'a & b ' * 800} {SECRET}", channel=channel)
    await world.pass_time(seconds=10)
    assert any(SECRET in one.text for one in world.by_bot("incidents") if one.is_reply)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)


async def test_a_draft_is_written_anew_and_earlier_ones_are_emptied(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    await world.workspace.add_reaction(user="ana", channel=channel, ts=ts, name="pushpin")
    await world.command("ana", "resolve Passwords rotated", channel=channel)
    await world.command("ana", "postmortem", channel=channel)
    await erase(world, ts)
    async with world.bot.desk.look() as uow:
        table = Base.metadata.tables["postmortems"]
        first, second = (await uow.session.scalars(select(table.c.markdown).order_by(table.c.id))).all()
    assert first.strip() == ERASED
    assert "Checkout returns 503" in second
    assert SECRET not in first + second


@in_turn("case", ["unknown", "twice", "nothing", "no reason", "not a member"])
async def test_what_cannot_be_erased_is_refused(world: World, case: str) -> None:
    channel = await world.declare("p1 Payroll leaked private:yes")
    ts = await world.say("ana", channel, f"The password is {SECRET}")
    actor = world.workspace.user("finn" if case == "not a member" else "ana").id
    if case == "twice":
        await erase(world, ts)
    words = {
        "unknown": "has no message 1772461999.000100",
        "twice": f"has no message {ts}",
        "nothing": "nothing to erase",
        "no reason": "Why is it erased?",
        "not a member": "INC-1",
    }
    stamps, reason = ["1772461999.000100"] if case == "unknown" else [ts], " " if case == "no reason" else "A password"

    async def refused() -> None:
        async with world.bot.desk.work(actor=actor) as uow:
            incident = await by_number(uow, 1)
            if case == "nothing":
                await erasure.erase_person(
                    uow, incident, world.workspace.user("dev").id, reason=reason, write=world.write_draft
                )
            else:
                await erasure.erase_messages(uow, incident, stamps, reason=reason, write=world.write_draft)

    with pytest.raises(UserError, match=words[case]):
        await refused()
    assert (SECRET in await everything(world)) is (case != "twice")


@in_turn("named", ["U", "@U", "<@U>", "<@U|ben>", "@ben", "ben", "@Ben"])
async def test_who_has_left_is_found_by_handle_and_by_id(world: World, channel: str, named: str) -> None:
    await world.say("ben", channel, f"I typed {SECRET}")
    ben = world.workspace.user("ben").id
    await world.workspace.deactivate_user(user="ben")
    await world.settle()
    named = named.replace("U", ben)
    async with world.bot.desk.look() as uow:
        found = await people.whose(uow, named)
        assert found == ben
        with pytest.raises(UserError, match="Ben Okafor has left the workspace"):
            await people.acting(uow, named)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)


async def test_a_handle_that_two_people_have_had_is_not_guessed_at(world: World, channel: str) -> None:
    await world.say("ben", channel, f"I typed {SECRET}")
    ben = world.workspace.user("ben").id
    async with world.bot.desk.work() as uow:
        before = Person(team_id=uow.team_id, user_id="U0BEFORE", handle="ben", name="Benedict Roe", tz="UTC")
        before.deleted = True
        uow.session.add(before)
    async with world.bot.desk.work() as uow:
        assert await people.acting(uow, "@ben") == ben, "only one of them can act"
        assert await people.whose(uow, "U0BEFORE") == "U0BEFORE"
        with pytest.raises(UserError, match=r"2 people.*@ben.*U0BEFORE \(Benedict Roe, who has left\)"):
            await people.whose(uow, "@ben")
        (await people.known(uow, "U0BEFORE")).deleted = False
        await uow.session.flush()
        with pytest.raises(UserError, match=f"{ben} \\(Ben Okafor\\)"):
            await people.acting(uow, "@ben")
        with pytest.raises(UserError, match=r"2 people go by @ben.*pick the person from the list"):
            await people.named(uow, "tech @ben")


async def test_who_was_never_met_is_erased_by_id_and_acts_for_nobody(world: World) -> None:
    async with world.bot.desk.look() as uow:
        assert await people.whose(uow, "<@U0STRANGER>") == "U0STRANGER"
        for named in ("@nobody", "", "@"):
            with pytest.raises(UserError, match="not met"):
                await people.whose(uow, named)
        with pytest.raises(UserError, match="not met"):
            await people.acting(uow, "U0STRANGER")


@in_turn("by", ["message", "person"])
async def test_a_pin_that_was_set_aside_with_the_words_keeps_its_mark_alone(
    world: World, channel: str, by: str
) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    there, ana, ben = (world.workspace.channel(channel).id, *(world.workspace.user(one).id for one in ("ana", "ben")))
    said = {"type": "message", "ts": ts, "user": ben, "text": SECRET, "blocks": [{"text": SECRET}]}
    item = {"type": "message", "channel": there, "created_by": ana, "message": said}
    pin = {"type": "pin_added", "user": ana, "channel_id": there, "item": item, "event_ts": "1772461999.000100"}
    await set_aside(world, channel, Ev1=pin)
    if by == "message":
        await erase(world, ts)
    else:
        await erase(world, person="ben")
    assert SECRET not in await everything(world)
    await retry(world)
    assert (await message(world, ts))["key_event"]


async def test_what_others_said_stays_where_it_was_set_aside_with_the_words(world: World, channel: str) -> None:
    """A reply that is sent to the channel too brings its thread's first message along; a shared one is attached."""
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    there, ben, chloe = (
        world.workspace.channel(channel).id,
        *(world.workspace.user(one).id for one in ("ben", "chloe")),
    )
    root = {"type": "message", "ts": ts, "user": ben, "text": SECRET}
    quoted = {"is_msg_unfurl": True, "author_id": ben, "ts": ts, "text": SECRET, "message_blocks": [{"ts": ts}]}
    said = {"type": "message", "channel": there, "user": chloe, "thread_ts": ts}
    reply = said | {"subtype": "thread_broadcast", "ts": "1772461999.000100", "text": "On it", "root": root}
    share = said | {"ts": "1772461999.000200", "text": "Look", "attachments": [quoted]}
    await set_aside(world, channel, Ev1=reply, Ev2=share)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    await retry(world)
    told = [one["text"] for one in (await world.record())["messages"]]
    assert told == [ERASED, "On it", "Look"]


async def test_a_deletion_that_was_set_aside_is_still_a_deletion(world: World, channel: str) -> None:
    """Slack leaves out what it likes of the message before."""
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    there, ben = world.workspace.channel(channel).id, world.workspace.user("ben").id
    event = {"type": "message", "subtype": "message_deleted", "channel": there, "ts": "1772461999.000100"}
    before = {"user": ben, "text": SECRET}
    await set_aside(
        world,
        channel,
        Ev1=event | {"deleted_ts": ts, "previous_message": before},
        Ev2=event | {"deleted_ts": "1772461888.000100", "previous_message": before},
        Ev3=event | {"previous_message": before},
    )
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    await retry(world)
    record = await world.record()
    assert [(one["text"], bool(one["deleted_at"])) for one in record["messages"]] == [(ERASED, True)] * 2


async def test_an_event_that_makes_no_sense_does_not_keep_anything_from_being_erased(
    world: World, channel: str
) -> None:
    ts = await world.say("ben", channel, f"The password is {SECRET}")
    there, ben = world.workspace.channel(channel).id, world.workspace.user("ben").id
    event = {"type": "message", "channel": there, "user": ben, "text": SECRET}
    await set_aside(
        world, channel, **{f"Ev{n}": event | {"ts": odd} for n, odd in enumerate((["x"], {}, None, 7, "x"))}
    )
    await set_aside(world, channel, Ev5={"type": ["x"], "message": "x", "item": [1, {"ts": {}, "text": ["x"]}]})
    await erase(world, ts)
    await erase(world, person="ben")
    left = await everything(world)
    assert left.count(SECRET) == left.count(f"KeyError: {SECRET}") == 1, "of Ev5, of which nobody knows whose it is"
    assert len((await world.record())["messages"]) == 1


async def test_who_came_in_said_nothing(world: World, channel: str) -> None:
    there, ben = world.workspace.channel(channel).id, world.workspace.user("ben").id
    joined = {"type": "message", "subtype": "channel_join", "channel": there, "user": ben}
    await set_aside(
        world, channel, Ev1=joined | {"ts": "1772461999.000100", "text": f"<@{ben}> has joined the channel"}
    )
    await world.say("ben", channel, "hello")
    await erase(world, person="ben")
    assert [one["ts"] for one in (await world.record())["messages"] if one["ts"] == "1772461999.000100"] == []


@in_turn("status", ["resolved", "investigating"])
async def test_the_reasons_that_people_gave_go_and_what_changed_stays(world: World, channel: str, status: str) -> None:
    await world.command("ben", "status identified", channel=channel)
    await world.command("ben", f"priority p2 Only {SECRET} & co leaked", channel=channel)
    await world.command("ben", f"cancel {SECRET} <was> nothing", channel=channel)
    await world.command("ben", f"reopen {SECRET} works: again", channel=channel)
    await world.command("ben", f"resolve {SECRET} & co: gone", channel=channel)
    if status == "investigating":
        await world.command("ana", "reopen It is back", channel=channel)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    record = await world.record()
    told = [one["text"] for one in record["timeline"]]
    assert "Status: investigating → identified" in told
    for start in ("Priority: P1 → P2, because", "Cancelled", "Reopened", "Resolved. Verified"):
        assert f"{start}: {ERASED}" in told
    assert record["incident"]["resolution"] == (ERASED if status == "resolved" else None)
    assert record["incident"]["priority_because"] == ERASED


async def test_the_hints_to_the_declaration_are_erased_with_the_reporters_words(world: World) -> None:
    await world.declare(f"p1 Checkout returns 503 category:{SECRET} servic:{SECRET}!", who="ben")
    await world.declare("p1 Logins fail category:lemons", who="ben")
    await world.command("ben", "note That was me", channel="inc-1-checkout-returns-503-servic-hunter2")
    await erase(world, person="ben")
    async with world.bot.desk.look() as uow:
        answers = await uow.session.scalars(
            select(OutboxItem).where(OutboxItem.step == "answer").order_by(OutboxItem.id)
        )
        hints = [one.payload["references"]["hints"] for one in answers if "references" in one.payload]
    assert hints[0] == []
    assert "lemons" in hints[1][0]


async def test_what_the_same_person_said_in_another_incident_stays(world: World, channel: str) -> None:
    other = await world.declare("p2 Logins are slow")
    world.server.faults.set({"error": {"method": "chat.postMessage", "status": 503}})
    await world.command("ben", f"priority p2 Only {SECRET} leaked", channel=channel)
    await world.command("ben", "priority p1 Everybody is locked out", channel=other)
    await world.command("ben", "close", channel=other)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    world.server.faults.set({})
    await world.pass_time(minutes=3)
    assert any("Everybody is locked out" in one.text for one in world.by_bot(other))
    assert not any("…" in one.text for one in world.by_bot(other))


@in_turn("kept", ["as now", "before a rest told what it continues"])
async def test_the_rest_of_what_somebody_else_said_is_carried_on(world: World, channel: str, kept: str) -> None:
    await world.command("chloe", f"update {'a & b ' * 800} the end", channel=channel)
    await world.pass_time(seconds=10)
    await world.command("ben", f"update {'a & b ' * 800} {SECRET}", channel=channel)
    await world.command("ben", f"note {'c & d ' * 800} {SECRET}", channel=channel)
    await world.pass_time(seconds=15)
    before = len([one for one in world.by_bot(channel) if one.is_reply])
    world.server.faults.set({"error": {"method": "chat.postMessage", "status": 503}})
    async with world.bot.desk.work() as uow:
        uow.wakes.add("slack")
        for rest in await uow.session.scalars(select(OutboxItem).where(OutboxItem.step == "post_rest")):
            rest.state, rest.created_at = "waiting", uow.now  # its key changes with it: it isn't found as posted
            if kept != "as now":
                rest.payload = {key: value for key, value in rest.payload.items() if key != "of"}
    await world.settle()
    await world.pass_time(minutes=2)
    assert "Not in Slack yet" in shown(world.card(channel))
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    assert ("Not in Slack yet" in shown(world.card(channel))) is (kept == "as now")
    world.server.faults.set({})
    await world.pass_time(minutes=5)
    again = [one.text for one in world.by_bot(channel) if one.is_reply][before:]
    assert any("the end" in text for text in again) is (kept == "as now")
    assert "Not in Slack yet" not in shown(world.card(channel))


async def test_answers_about_something_else_are_given(world: World, channel: str) -> None:
    other = await world.declare("p2 Logins are slow")
    asked = len(world.workspace.ephemerals)
    world.server.faults.set({"error": {"method": "response_url", "status": 503}})
    await world.command("ben", f"note {SECRET} again", channel=channel)
    await world.command("ben", f"nte {SECRET} again", channel=channel)
    await world.command("chloe", "timeline INC-1")
    await world.command("emi", "resolve They are fast again", channel=other)
    await world.command("ben", "action done", channel=other)
    await world.command("ben", "help note")
    await world.pass_time(seconds=1)
    await erase(world, person="ben")
    assert SECRET not in await everything(world)
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    given = [one.text for one in world.workspace.ephemerals[asked:]]
    assert len(given) == 3
    for start in ("INC-2 is resolved", "Is “done” the text", "`/incident note"):
        assert any(text.startswith(start) for text in given), given
    await world.press("ben", "action with the text")
    assert (await world.record(2))["action_items"][0]["text"] == "done"


async def test_what_is_just_being_answered_goes_too_and_so_does_the_rest_of_an_answer(
    world: World, channel: str
) -> None:
    ts, another = [await world.say("ben", channel, f"The password is {SECRET}") for _ in range(2)]
    chloe = world.workspace.user("chloe").id

    def item(step: str, lane: str, text: str, state: str) -> OutboxItem:
        payload = {"person": chloe, "channel": chloe, "thread_ts": ts, "text": text}
        return OutboxItem(team_id=uow.team_id, lane=lane, step=step, payload=payload, state=state, created_at=uow.now)

    async with world.bot.desk.work() as uow:
        begun = {name: item("answer", name, f"*Timeline of {name}*", "done") for name in ("INC-1", "INC-2")}
        uow.session.add_all(begun.values())
        await uow.session.flush()
        sent = item("answer", "sent", f"INC-1: {SECRET}", "sending")
        sent.destination = "elsewhere"  # or the bot would never be idle
        goes, stays = (
            [item("answer", name, text, "waiting"), item("post_rest", f"rest:{begun[name].id}", text, "waiting")]
            for name, text in (("INC-1", SECRET), ("INC-2", "harmless"))
        )
        for one in (*goes, *stays):
            one.not_before = uow.now + timedelta(minutes=1)
        uow.session.add_all([sent, *goes, *stays])
    await erase(world, ts)
    async with world.bot.desk.look() as uow:
        found = {one.id: one for one in await uow.session.scalars(select(OutboxItem))}
        assert (found[sent.id].state, found[sent.id].payload["text"]) == ("sending", "…")
        assert {found[one.id].state for one in goes} == {"needless"}
        assert {found[one.id].state for one in stays} == {"waiting"}
    await erase(world, another)
    async with world.bot.desk.look() as uow:
        found = {one.id: one for one in await uow.session.scalars(select(OutboxItem))}
        assert {found[one.id].state for one in stays} == {"needless"}, "of what was emptied, nobody knows what it was"
    assert SECRET not in await everything(world)


async def test_what_is_erased_already_is_not_erased_again(world: World, channel: str) -> None:
    ts = await world.say("ben", channel, f"I typed {SECRET}")
    await world.command("ben", f"note {SECRET} was in the ticket", channel=channel)
    await world.command("ben", f"update next:20m We rotate {SECRET}", channel=channel)
    await world.command("ben", f"action Delete {SECRET} owner:@chloe", channel=channel)
    await world.command("ben", f"resolve {SECRET} is refused", channel=channel)
    await world.command("ben", "postmortem", channel=channel)
    await erase(world, person="ben")
    before = await world.record()
    await world.pass_time(days=1)
    with pytest.raises(UserError, match="nothing to erase"):
        await erase(world, person="ben", by="chloe")
    assert await world.record() == before

    said = {"ts": ts, "text": SECRET}
    edit = {"type": "message", "subtype": "message_changed", "ts": "1772461999.000100", "message": said}
    await set_aside(world, channel, Ev1=edit | {"channel": world.workspace.channel(channel).id})
    await world.command("ben", f"note {SECRET} is new", channel=channel)
    await erase(world, person="ben", by="chloe")
    assert SECRET not in await everything(world)
    after = await world.record()
    told = [one["text"] for one in after["timeline"]]
    assert told[: len(before["timeline"])] == [one["text"] for one in before["timeline"]]
    assert told[len(before["timeline"]) :] == [
        "(erased by Chloe Martin on 2026-03-03)",
        "Erased 1 timeline entry and 1 waiting event by Ben Okafor: They asked for it",
    ]
    for part in ("messages", "updates", "action_items", "incident"):
        assert after[part] == before[part]
