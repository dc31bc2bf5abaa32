"""A monitor tells of alerts: what follows from them is the organisation's to say, and never the end of an incident."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import log
from bot.errors import UserError
from bot.intake.generic.source import GenericSource
from bot.sandbox import SteppedClock, default_workspace
from bot.service import alerts, erasure
from bot.service.incidents import by_number
from bot.service.report import report
from bot.store import inbox
from bot.store.tables import Alert, InboxItem
from bot.webhooks.body import body as webhook_body
from tests.databases import Databases, in_turn
from tests.monitor import KEY, Monitoring, watched
from tests.scenario.test_webhooks import SCHEMA
from tests.world import START, World, shown

pytestmark = pytest.mark.one_database

Watched = tuple[World, Monitoring]

CHECKOUT = {"key": "lb/checkout", "title": "Checkout returns 503", "severity": "critical", "service": "checkout"}


@pytest.fixture
async def both(database_url: str, tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(database_url, tmp_path) as found:
        yield found


async def kept(world: World) -> list[tuple[str, str, bool]]:
    """Status, what became of it, and whether it belongs to an incident: of each alert, in order."""
    async with world.bot.desk.look() as uow:
        rows = await uow.session.scalars(select(Alert).order_by(Alert.id))
        return [(one.status, one.state, one.incident_id is not None) for one in rows]


async def timeline(world: World, number: int = 1) -> list[str]:
    return [one["text"] for one in (await world.record(number))["timeline"] if one["kind"] == "alert"]


async def room(world: World) -> str:
    found = world.workspace.latest_app_channel()
    assert found is not None
    return found.name


async def told(world: World) -> None:
    """Slack is told everything: it takes about one message a second for each channel."""
    await world.settle()
    await world.pass_time(seconds=10)


async def test_a_rule_declares_and_says_who_has_reported_it(both: Watched) -> None:
    world, monitor = both
    status, answer = await monitor.tell(
        **CHECKOUT, description="No backend is up", url="https://lb.example.org/7", id="one"
    )
    assert (status, answer) == (202, {"received": "one", "incident": None})
    await world.settle()
    record = await world.record()
    assert record["incident"]["title"] == "Checkout returns 503"
    assert (record["incident"]["reporter"], record["incident"]["reporter_kind"]) == ("monitoring", "integration")
    assert (record["incident"]["priority"], record["incident"]["priority_because"]) == ("p1", "a rule for monitoring")
    assert [one["person"] for one in record["timeline"] if one["kind"] in ("declared", "alert")] == ["monitoring"] * 2
    assert record["participants"] == []
    said = "\n".join(one.text for one in world.by_bot(await room(world)))
    assert ":bell: *monitoring* reports for INC-1: *Checkout returns 503* (critical, checkout)" in said
    assert "&gt; No backend is up" in said
    assert "<https://lb.example.org/7|" in said
    [announced] = world.by_bot("incidents")
    assert "service checkout · reported by monitoring" in announced.text
    await world.command("ana", "resolve Traffic is back", channel=await room(world))
    async with world.bot.desk.look() as uow:
        incident = await by_number(uow, 1)
        written = world.write_draft(await report(uow, incident))
        event = await webhook_body(uow, incident, kind="incident.declared", at=uow.now)
    jsonschema.validate(event, SCHEMA)
    assert event["data"]["incident"]["reporter"] == "monitoring"
    assert "| Reported by | monitoring (integration) |" in written
    assert "| monitoring (integration) | Alert (critical, checkout): Checkout returns 503 |" in written


async def test_what_no_rule_is_for_is_kept_and_nobody_is_told(both: Watched) -> None:
    world, monitor = both
    status, answer = await monitor.tell(title="Disk 91 % full", severity="warning", rack="7", labels={"dc": "eu-1"})
    assert (status, answer["incident"]) == (202, None)
    await world.settle()
    assert await kept(world) == [("open", "recorded", False)]
    async with world.bot.desk.look() as uow:
        [alert] = await uow.session.scalars(select(Alert))
        assert await uow.session.scalar(select(Alert.body)) == {
            "title": "Disk 91 % full",
            "severity": "warning",
            "rack": "7",
            "labels": {"dc": "eu-1"},
        }, "what is unknown is kept too"
        assert alert.labels == {"dc": "eu-1"}
        [item] = await uow.session.scalars(select(InboxItem))
    assert (item.source, item.state, item.body) == ("generic", "applied", {})
    assert not world.by_bot("incidents")
    assert world.workspace.latest_app_channel() is None


async def test_a_rule_attaches_to_the_one_live_incident_of_the_service(both: Watched) -> None:
    world, monitor = both
    channel = await world.declare("p2 Search is slow service:Search")
    assert (await monitor.tell(title="Latency is high", key="search/p99", service="search", severity="warning"))[
        0
    ] == 202
    await world.settle()
    assert await kept(world) == [("open", "attached", True)]
    assert await timeline(world) == ["Alert (warning, search): Latency is high"]
    assert any("*monitoring* reports for INC-1" in one.text for one in world.by_bot(channel))
    _, answer = await monitor.tell(title="Latency is higher", key="search/p99", status="update")
    assert answer["incident"] == "INC-1", "whose it is is known now"
    before = len(world.by_bot(channel))
    await world.settle()
    assert (await timeline(world))[1:] == ["Alert updated: Latency is higher"]
    assert len(world.by_bot(channel)) == before, "news are on the timeline, and nobody is disturbed"


@in_turn(
    "declared",
    [[], ["p2 Hidden service:search private:yes"]],
    ids=lambda declared: str(len(declared)),
)
async def test_where_it_is_not_clear_which_incident_is_meant_nothing_becomes_public(
    database_url: str, tmp_path: Path, declared: Sequence[str]
) -> None:
    async with watched(database_url, tmp_path) as (world, monitor):
        for one in declared:
            await world.declare(one)
        posted = len(world.calls("chat.postMessage"))
        await monitor.tell(title="Latency is high", service="search")
        await world.settle()
        assert await kept(world) == [("open", "recorded", False)]
        assert len(world.calls("chat.postMessage")) == posted


async def test_of_several_incidents_of_a_service_the_newest_is_meant(both: Watched) -> None:
    world, monitor = both
    await world.declare("p2 One service:search")
    await world.declare("p2 Two service:SEARCH")
    await monitor.tell(title="Latency is high", service="search")
    await world.settle()
    assert await timeline(world, 2) == ["Alert (search): Latency is high"]
    assert await timeline(world, 1) == []


async def test_a_storm_that_comes_at_once_is_one_incident(postgresql: Databases, tmp_path: Path) -> None:
    rules = [{"when": {"service": ["search"]}, "do": "attach"}, {"when": {"status": ["firing"]}, "do": "declare"}]
    url = postgresql.fresh(tmp_path)
    async with watched(url, tmp_path, rules=rules) as (world, monitor):
        keys = [f"search/{number}" for number in range(8)]
        alerts = [monitor.tell(title=f"{key} fails", key=key, service="search", status="alerting") for key in keys]
        assert {status for status, _ in await asyncio.gather(*alerts)} == {202}
        await world.settle()
        states = sorted(state for _, state, _ in await kept(world))
        assert states == ["attached"] * 7 + ["declared"]
    postgresql.drop(url)


async def test_a_word_of_the_monitors_opens_nothing_again(both: Watched) -> None:
    world, monitor = both
    await monitor.tell(**CHECKOUT)
    await told(world)
    await monitor.tell(**{**CHECKOUT, "status": "resolved"})
    await told(world)
    channel = await room(world)
    posted = len(world.by_bot(channel))
    await monitor.tell(**{**CHECKOUT, "status": "acknowledged"})
    await told(world)
    assert len(world.by_bot(channel)) == posted, "it is still over"
    await monitor.tell(**CHECKOUT)
    await told(world)
    assert len(world.by_bot(channel)) == posted + 1


async def test_what_follows_in_a_lane_waits_for_what_failed(both: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    world, monitor = both
    do, tries = alerts.declare, itertools.count()

    async def once(*args: Any) -> Any:
        if next(tries) < 2:
            raise RuntimeError("not now")
        return await do(*args)

    monkeypatch.setattr(alerts, "declare", once)
    await monitor.tell(**CHECKOUT)
    await monitor.tell(**{**CHECKOUT, "status": "resolved"})
    async with asyncio.timeout(30):
        while len(await kept(world)) < 2:  # noqa: ASYNC110 - it rests between two tries by the machine's time
            await asyncio.sleep(0.05)
    assert [state for _, state, _ in await kept(world)] == ["declared", "added"]


async def test_an_attaching_rule_that_finds_nothing_leaves_it_to_the_next(database_url: str, tmp_path: Path) -> None:
    rules = [{"when": {"service": ["search"]}, "do": "attach"}, {"do": "declare"}]
    async with watched(database_url, tmp_path, rules=rules) as (world, monitor):
        for key in ("one", "two", "three"):
            await monitor.tell(title=f"Search fails: {key}", key=key, service="search")
            await world.settle()
        assert [state for _, state, _ in await kept(world)] == ["declared", "attached", "attached"], (
            "one storm, one incident"
        )


async def test_without_one_in_the_rule_the_severity_gives_the_priority(database_url: str, tmp_path: Path) -> None:
    cases = [("critical", "p1"), ("p3", "p3"), ("SEV2", "p2"), ("p5", "p2"), ("", "p2")]  # without a clear one: p2
    async with watched(database_url, tmp_path, rules=[{"do": "declare"}]) as (world, monitor):
        for number, (severity, priority) in enumerate(cases, start=1):
            await monitor.tell(title=f"Number {number}", severity=severity)
            await world.settle()
            assert (await world.record(number))["incident"]["priority"] == priority, severity


async def test_a_second_opening_is_no_second_incident(both: Watched) -> None:
    world, monitor = both
    for number in range(3):
        await monitor.tell(**CHECKOUT, id=f"flush-{number}")
        await world.settle()
    assert [state for _, state, _ in await kept(world)] == ["declared", "added", "added"]
    assert len(await timeline(world)) == 3
    assert len(world.by_bot("incidents")) == 1


async def test_resolved_asks_and_closes_nothing(both: Watched) -> None:
    world, monitor = both
    await monitor.tell(**CHECKOUT)
    await told(world)
    channel = await room(world)
    await world.command("ben", "take commander", channel=channel)
    _, answer = await monitor.tell(key="lb/checkout", title="Checkout answers again", status="resolved")
    assert answer["incident"] == "INC-1"
    await told(world)
    assert (await world.record())["incident"]["status"] == "investigating"
    assert (await timeline(world))[-1] == "Alert resolved: Checkout answers again"
    asked = world.by_bot(channel)[-1]
    ben = world.workspace.user("ben").id
    assert "monitoring says that “Checkout answers again” is resolved" in shown(asked)
    assert f"<@{ben}>, is INC-1 over?" in shown(asked)
    await monitor.tell(key="lb/checkout", title="Checkout answers again", status="resolved")
    await told(world)
    assert world.by_bot(channel)[-1].ts == asked.ts, "asked once"

    [actions] = [one for one in asked.blocks if one["type"] == "actions"]
    resolve = next(one for one in actions["elements"] if one["text"]["text"] == "Resolve")
    await world.workspace.click(user="ben", channel=channel, ts=asked.ts, action_id=resolve["action_id"])
    await told(world)
    await world.submit("ben", verified="Watched it for ten minutes")
    assert (await world.record())["incident"]["status"] == "resolved"


async def test_it_asks_whoever_is_there_where_nobody_commands_and_says_what_is_open_still(both: Watched) -> None:
    world, monitor = both
    await world.declare("p2 Search is slow service:search")
    channel = await room(world)
    for key in ("search/p99", "search/errors"):
        await monitor.tell(title=f"Bad {key}", key=key, service="search")
    await told(world)
    await monitor.tell(title="Good", key="search/p99", status="ok")
    await told(world)
    said = shown(world.by_bot(channel)[-1])
    assert "1 other alert of INC-1 is still open." in said
    assert "<@" not in said
    await monitor.tell(title="Good too", key="search/errors", status="RECOVERED")
    await told(world)
    assert "it has no commander: can somebody here say so?" in shown(world.by_bot(channel)[-1])
    await monitor.tell(title="Bad again", key="search/errors")
    await told(world)
    assert "*Bad again*" in world.by_bot(channel)[-1].text, "that is news"


async def test_a_resolution_that_belongs_to_nothing_is_kept(both: Watched) -> None:
    world, monitor = both
    assert (await monitor.tell(title="Fine", severity="critical", status="resolved"))[0] == 202
    await world.settle()  # what is about two things is applied side by side
    assert (await monitor.tell(title="Hm", severity="critical", status="acknowledged"))[0] == 202
    await world.settle()
    assert await kept(world) == [("resolved", "recorded", False), ("acknowledged", "recorded", False)]


async def test_what_happened_before_what_is_known_changes_nothing(both: Watched) -> None:
    """Order is not promised: a resolution of an earlier time comes after the opening of a later one."""
    world, monitor = both
    await monitor.tell(**CHECKOUT, occurred_at="2026-03-02T14:29:00Z")
    await world.settle()
    channel, before = await room(world), len(world.by_bot(await room(world)))
    await monitor.tell(key="lb/checkout", title="Fine", status="resolved", occurred_at="2026-03-02T15:28:00+01:00")
    await world.settle()
    assert await kept(world) == [("open", "declared", True), ("resolved", "late", True)]
    assert len(await timeline(world)) == 1
    assert len(world.by_bot(channel)) == before
    await monitor.tell(key="lb/checkout", title="Fine", status="resolved", occurred_at="2026-03-02T14:29:30Z")
    await world.settle()
    assert (await timeline(world))[-1] == "Alert resolved: Fine"
    record = await world.record()
    assert record["incident"]["impact_started_at"] == "2026-03-02T14:29:00Z"
    assert [one["at"] for one in record["timeline"] if one["kind"] == "alert"] == [
        "2026-03-02T14:29:00Z",
        "2026-03-02T14:29:30Z",
    ]


async def test_a_monitor_whose_clock_is_wrong_is_believed_no_time(both: Watched) -> None:
    world, monitor = both
    await monitor.tell(**CHECKOUT, occurred_at="1970-01-01T00:00:00Z")
    await monitor.tell(**{**CHECKOUT, "key": "other", "title": "Ahead"}, occurred_at="2031-01-01T00:00:00Z")
    await world.settle()
    for number in (1, 2):
        assert (await world.record(number))["incident"]["impact_started_at"] == "2026-03-02T14:30:00Z"


async def test_an_opening_after_the_end_is_another_incident(both: Watched) -> None:
    world, monitor = both
    await monitor.tell(**CHECKOUT)
    await world.settle()
    channel = await room(world)
    await world.command("ana", "resolve Traffic is back", channel=channel)
    before = len(world.by_bot(channel))
    await monitor.tell(**{**CHECKOUT, "status": "resolved"})
    await world.settle()
    assert (await timeline(world))[-1].startswith("Alert resolved"), "it is on record with what is over"
    assert len(world.by_bot(channel)) == before, "and nobody is asked"
    _, answer = await monitor.tell(**CHECKOUT)
    assert answer["incident"] is None
    await world.settle()
    assert (await world.record(2))["incident"]["title"] == "Checkout returns 503"
    assert (await monitor.tell(**CHECKOUT))[1]["incident"] == "INC-2"


async def test_what_has_no_key_is_known_by_its_title(both: Watched) -> None:
    world, monitor = both
    for _ in range(2):
        await monitor.tell(title="Checkout returns 503", severity="critical")
        await world.settle()
    assert [state for _, state, _ in await kept(world)] == ["declared", "added"]


# the same again


async def test_a_repetition_changes_nothing_and_gets_the_same_answer(both: Watched) -> None:
    world, monitor = both
    answers = [await monitor.tell(**CHECKOUT, id="one") for _ in range(2)]
    body = json.dumps(CHECKOUT).encode()
    answers += [await monitor.send(body, headers={"Idempotency-Key": "one"})]
    answers += await asyncio.gather(*(monitor.send(body, headers={"Idempotency-Key": "two"}) for _ in range(5)))
    await world.settle()
    assert {status for status, _ in answers} == {202}
    assert [answer["received"] for _, answer in answers] == ["one"] * 3 + ["two"] * 5
    assert [state for _, state, _ in await kept(world)] == ["declared", "added"]
    assert (await monitor.tell(**CHECKOUT, id="one")) == (202, {"received": "one", "incident": "INC-1"})
    await world.settle()
    assert len(await kept(world)) == 2


async def test_what_was_answered_is_applied_after_a_restart(database_url: str, tmp_path: Path) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)

    async def die(*_: object, **__: object) -> Any:
        raise RuntimeError("killed between the answer and what follows")

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("bot.intake.applier._FIRST_REST", 60.0)
        broken.setattr(alerts, "take_in", die)
        async with watched(database_url, tmp_path, clock=clock, workspace=workspace) as (world, monitor):
            assert (await monitor.tell(**CHECKOUT))[0] == 202
    async with watched(database_url, tmp_path, clock=clock, workspace=workspace) as (world, _):
        await world.settle()
        assert await kept(world) == [("open", "declared", True)]


# who may, and what may come


async def test_who_has_no_key_hears_nothing(both: Watched) -> None:
    world, monitor = both
    body = json.dumps(CHECKOUT).encode()
    refused = [
        await monitor.send(body, key="another-key"),
        await monitor.send(body, key=KEY + "x"),
        await monitor.send(body, key="", headers={"Authorization": f"Basic {KEY}"}),
        await monitor.send(body, key=""),
        await monitor.send(body, key="é", in_path=True),
        await monitor.send(body, name="grafana"),
        await monitor.send(body, name="grafana", in_path=True),
        await monitor.send(b"not even JSON", key="wrong"),
    ]
    assert {json.dumps(one) for one in refused} == {'[401, {"error": "unauthorized"}]'}
    assert (await monitor.send(body, in_path=True))[0] == 202
    await world.settle()
    assert len(await kept(world)) == 1


async def test_a_key_in_the_address_is_in_no_log(
    both: Watched, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, monitor = both
    log.configure(level="DEBUG")
    body = json.dumps(CHECKOUT).encode()
    await monitor.send(body, in_path=True)
    await monitor.send(b"{", in_path=True)
    await monitor.send(b"{}", in_path=True, name="nobody")

    async def fail(*_: object, **__: object) -> None:
        raise KeyError("a fault of ours")

    def stumble(*_: object) -> None:
        raise KeyError("another fault of ours")

    with monkeypatch.context() as fault:
        fault.setattr(inbox, "store", fail)
        assert (await monitor.send(body, in_path=True))[0] == 503
    with monkeypatch.context() as fault:
        fault.setattr(GenericSource, "read", stumble)
        assert (await monitor.send(body, in_path=True))[0] == 500
    await world.settle()
    logged = capsys.readouterr().err
    assert "'a fault of ours'" in logged
    assert "'another fault of ours'" in logged
    assert KEY not in logged


async def test_everything_that_is_wrong_is_shown_to_peopleat_once(both: Watched) -> None:
    world, monitor = both
    status, answer = await monitor.tell(
        key="k" * 256,
        id=7,
        title="\u200b",
        status=["open"],
        severity={},
        service=1.5,
        description=[],
        url="javascript:alert(1)",
        occurred_at="yesterday",
        labels={"dc": 1},
    )
    assert status == 400
    assert set(answer["errors"]) == {
        *("key", "id", "title", "status", "severity", "service", "description", "url", "occurred_at", "labels")
    }
    assert all(isinstance(one, str) for one in answer["errors"].values())
    await world.settle()
    assert not await kept(world)


async def test_more_than_a_mebibyte_is_too_much(both: Watched) -> None:
    world, monitor = both
    for size in (1024 * 1024 + 1, 3 * 1024 * 1024):
        assert (await monitor.send(b" " * size))[0] == 413
    assert (await monitor.send(json.dumps({"title": "x", "more": "y" * 1_000_000}).encode()))[0] == 202
    await world.settle()
    assert len(await kept(world)) == 1


async def test_without_the_database_it_asks_to_come_again(both: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    world, monitor = both

    async def away(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    with monkeypatch.context() as outage:
        outage.setattr(inbox, "store", away)
        assert (await monitor.tell(**CHECKOUT, id="one"))[0] == 503
        assert int(monitor.headers["Retry-After"]) > 0
    assert (await monitor.tell(**CHECKOUT, id="one"))[0] == 202
    await world.settle()
    assert len(await kept(world)) == 1


async def test_a_stop_takes_nothing_more(both: Watched) -> None:
    world, monitor = both
    world.bot.health.stopping = True
    assert (await monitor.tell(**CHECKOUT))[0] == 503


NASTY = (
    "<!channel> <@U1> *bold* `code` =HYPERLINK(1) {{7*7}} & | \u202e\x07\u0000 \ud800 \\u0000 <https://x|y> "
    + "A" * 4000
)


def markup_in(part: Any) -> list[str]:
    """What Slack reads as markup in blocks; plain text is shown as it is."""
    if isinstance(part, dict):
        own = [part["text"]] if part.get("type") == "mrkdwn" else []
        return own + [text for one in part.values() for text in markup_in(one)]
    return [text for one in part for text in markup_in(one)] if isinstance(part, list) else []


async def test_hostile_text_in_every_field_stays_text(both: Watched) -> None:
    world, monitor = both
    status, _ = await monitor.tell(
        key=NASTY[:80],
        id=NASTY[:80] + "1",
        title=NASTY,
        description=NASTY,
        severity="critical",
        service=NASTY,
        url="https://x.example/<!channel>|y",
        labels={NASTY: NASTY},
        **{NASTY: [NASTY, None]},
    )
    assert status == 202
    await world.settle()
    await monitor.tell(key=NASTY[:80], title=NASTY, status="resolved", description=None, url=None)
    await world.settle()
    assert [state for _, state, _ in await kept(world)] == ["declared", "added"]
    shown_to_people = [one for channel in ("incidents", await room(world)) for one in world.messages(channel)]
    for message in shown_to_people:
        for text in (message.text, *markup_in(message.blocks)):
            for live in ("<!channel", "<@U1>", "<https://x|y>", "\u202e", "\x07"):
                assert live not in text, live
    title = (await world.record())["incident"]["title"]
    assert len(title) <= 150
    assert "<!channel>" in title
    assert "{{7*7}}" in title


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe{}", 400),
        (b'{"title": "\xff"}', 400),
        (b"[1]", 400),
        (b"null", 400),
        (b"{", 400),
        (b'{"title": null}', 400),
        (b"[" * 100_000, 400),
        (b'{"title": "x", "deep": ' + b"[" * 65 + b"]" * 65 + b"}", 400),
        (b'\xef\xbb\xbf{"title": "x"}', 202),
        (b'{"title": "x", "n": [NaN, Infinity, 1e999, -1e999, 1' + b"0" * 5000 + b"]}", 202),
        (b'{"title": "x", "title": "y", "\\ud800": "\\u0000\\udfff"}', 202),
        (b'{"title": "x", "status": null, "key": null, "labels": null, "occurred_at": null, "url": ""}', 202),
        (b'{"title": "x", "occurred_at": "0001-01-01T00:00:00+14:00"}', 400),
        (b'{"title": "x", "occurred_at": "2026-03-02T14:30:00.123456789Z"}', 202),
        (b'{"title": "x", "occurred_at": "2026-03-02 14:30"}', 202),
    ],
)
async def test_what_is_no_alert_is_refused_and_what_is_one_is_applied(
    database_url: str, tmp_path: Path, body: bytes, status: int
) -> None:
    async with watched(database_url, tmp_path, rules=[{"do": "declare"}]) as (world, monitor):
        assert (await monitor.send(body))[0] == status
        await world.settle()
        assert len(await kept(world)) == (status == 202)
        async with world.bot.desk.look() as uow:
            assert not await inbox.failed(uow.session, uow.team_id)


async def test_a_body_of_another_program_needs_no_code(database_url: str, tmp_path: Path) -> None:
    mapping = {
        "title": "/alert/name",
        "key": "/alert/0~1id",
        "status": "/state",
        "severity": "/alert/level",
        "occurred_at": "/at",
        "labels": "/tags",
        "url": "/links/0",
    }
    rules = [{"when": {"severity": ["5"], "labels.env": ["PROD"]}, "do": "declare", "priority": "p3"}]
    foreign = {
        "alert": {"name": "Queue grows", "0/id": 42, "level": 5},
        "state": "FIRING",
        "at": START.timestamp() * 1000 - 60_000,
        "tags": {"env": "prod", "size": 3, "more": [1]},
        "links": ["no address"],
        "status": "not ours",
        "id": 7,  # of a rule, and the same each time
        "description": ["not ours either"],
        "service": "queue",
    }
    async with watched(database_url, tmp_path, rules=rules, mapping=mapping) as (world, monitor):
        assert (await monitor.tell(**foreign))[0] == 202
        assert (await monitor.tell(state="ok", id=7, alert={"name": "Queue shrinks", "0/id": 42}, at=None))[0] == 202
        assert await monitor.tell(alert={}) == (
            400,
            {"errors": {"title": "is missing; say in a few words what is wrong"}},
        )
        await world.settle()
        record = await world.record()
        assert (record["incident"]["priority"], record["incident"]["service"]) == ("p3", "queue")
        assert record["incident"]["impact_started_at"] == "2026-03-02T14:29:00Z"
        assert [one["labels"] for one in record["alerts"]] == [{"env": "prod", "size": "3"}, {}]
        assert await kept(world) == [("open", "declared", True), ("resolved", "added", True)]


# nobody waits for it


async def test_slacks_events_go_on_while_alerts_cannot_be_applied(
    both: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, monitor = both
    channel = await world.declare("p2 Search is slow")

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as trouble:
        trouble.setattr(alerts, "take_in", fail)
        await monitor.tell(**CHECKOUT)
        ts = await world.say("ben", channel, "The index is being rebuilt")
        assert [one["ts"] for one in (await world.record())["messages"]] == [ts]
        async with world.bot.desk.work() as uow:
            [item] = await inbox.failed(uow.session, uow.team_id)
            assert (item.source, item.error) == ("generic", "RuntimeError: a fault of ours")
            inbox.try_again([item])
    await world.settle()
    assert await kept(world) == [("open", "declared", True)]


async def test_slacks_events_go_on_while_an_alert_hangs(
    postgresql: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in SQLite, which has one writer: what hangs in a transaction there holds up everybody."""
    url, hanging = postgresql.fresh(tmp_path), asyncio.Event()
    async with watched(url, tmp_path) as (world, monitor):
        channel = await world.declare("p2 Search is slow")

        async def hang(*_: object, **__: object) -> None:
            hanging.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(alerts, "take_in", hang)
        for number in range(10):
            await monitor.tell(title=f"Alert {number}")
        await hanging.wait()
        ts = await world.workspace.post_message(user="ben", channel=channel, text="The index is being rebuilt")
        async with asyncio.timeout(60):
            while [one["ts"] for one in (await world.record())["messages"]] != [ts]:  # noqa: ASYNC110 - a row sets no event
                await asyncio.sleep(0.01)
    postgresql.drop(url)


async def test_a_payload_that_cannot_be_stored_does_not_keep_out_what_came_with_it(
    both: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, monitor = both
    store = inbox.store

    async def stumble(connection: Any, team: str, payloads: Sequence[inbox.Payload], **more: Any) -> None:
        if any("poison" in str(one.body) for one in payloads):
            raise ValueError("no database takes this")
        await store(connection, team, payloads, **more)

    monkeypatch.setattr(inbox, "store", stumble)
    answers = await asyncio.gather(*(monitor.tell(title=title) for title in ("one", "poison", "two", "three")))
    assert sorted(status for status, _ in answers) == [202, 202, 202, 503]
    await world.settle()
    assert len(await kept(world)) == 3


# who is in charge


async def test_what_goes_wrong_is_shown_to_peopleto_somebody_though_nobody_reported_it(
    database_url: str, tmp_path: Path
) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    chloe = workspace.user("chloe").id
    refuse = {"error": {"method": "pins.add", "error": "not_pinnable"}}
    async with watched(database_url, tmp_path, clock=clock, workspace=workspace) as (world, monitor):
        world.server.faults.set(refuse)
        await monitor.tell(**CHECKOUT)
        await told(world)
        assert any("I couldn't pin" in one.text for one in world.by_bot(await room(world))), "whoever reads along"
    async with watched(database_url, tmp_path, clock=clock, workspace=workspace, administrators=[chloe]) as (
        world,
        monitor,
    ):
        world.server.faults.set(refuse)
        await monitor.tell(**{**CHECKOUT, "key": "another"})
        await told(world)
        assert any("I couldn't pin" in one for one in world.to_person("chloe"))
        await world.command("ben", "take INC-2 commander")
        await world.workspace.join_channel(user="ana", channel=await room(world))
        await world.workspace.rename_channel(user="ana", channel=await room(world), name="inc-renamed")
        await told(world)
        assert any("inc-renamed" in one for one in world.to_person("ben"))


async def test_what_people_do_with_the_channel_is_told_where_people_still_read(both: Watched) -> None:
    world, monitor = both
    await monitor.tell(**CHECKOUT)
    await told(world)
    channel = await room(world)
    await world.workspace.join_channel(user="ana", channel=channel)
    await world.workspace.rename_channel(user="ana", channel=channel, name="inc-1-load-balancer")
    await told(world)
    assert any("is called #inc-1-load-balancer now" in one.text for one in world.by_bot("inc-1-load-balancer"))
    await world.workspace.archive_channel(user="ana", channel="inc-1-load-balancer")
    await told(world)
    thread = [one.text for one in world.by_bot("incidents") if one.thread_ts]
    assert any("channel was archived" in one for one in thread)


async def test_without_a_channel_the_stakeholders_read_why(both: Watched) -> None:
    world, monitor = both
    world.server.faults.set({"error": {"method": "conversations.create", "error": "restricted_action"}})
    await monitor.tell(**CHECKOUT)
    await told(world)
    thread = [one for one in world.by_bot("incidents") if one.thread_ts]
    assert any("I couldn't make the channel" in one.text for one in thread)
    world.server.faults.set({})
    assert (await world.command("ben", "take INC-1 commander")).ok
    await monitor.tell(**{**CHECKOUT, "status": "resolved"})
    await told(world)
    assert any("is INC-1 over?" in one for one in world.to_person("ben"))


async def test_what_an_integration_told_can_be_taken_out_for_good(both: Watched) -> None:
    world, monitor = both
    secret = "hunter2"
    await monitor.tell(
        **{**CHECKOUT, "title": f"Login as root:{secret} fails"},
        description=f"password={secret}",
        url=f"https://x.example/{secret}",
        labels={"password": secret},
    )
    await told(world)
    await world.say("ben", await room(world), "Who put that there?")
    await world.command("ben", "resolve Changed it", channel=await room(world))
    await told(world)
    async with world.bot.desk.work(actor=world.workspace.user("ben").id) as uow:
        incident = await by_number(uow, 1)
        erased = await erasure.erase_integration(
            uow, incident, "monitoring", reason="A password", write=world.write_draft
        )
        assert str(erased) == "1 timeline entry and 1 alert"
    record = await world.record()
    title = record["incident"].pop("title")
    assert secret in title, "everybody knows the incident by its title"
    del record["incident"]["channel"]  # which is called after it
    left = json.dumps(record).replace(title, "")
    assert secret not in left
    assert [one["text"] for one in record["messages"]] == ["Who put that there?"]
    with pytest.raises(UserError, match="nothing to erase"):
        async with world.bot.desk.work(actor=world.workspace.user("ben").id) as uow:
            await erasure.erase_integration(
                uow, await by_number(uow, 1), "monitoring", reason="Again", write=world.write_draft
            )
    await monitor.tell(**{**CHECKOUT, "status": "resolved"})
    await told(world)
    assert (await kept(world))[-1] == ("resolved", "added", True), "it is still known by its key"
