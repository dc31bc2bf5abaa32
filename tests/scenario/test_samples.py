"""Every payload whose shape Slack publishes is acknowledged, and applied without a complaint."""

import copy
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from sqlalchemy import select

from bot.slack.inbound.events import HANDLED
from bot.store.tables import InboxItem
from tests import slack_facts
from tests.databases import in_turn
from tests.world import World

pytestmark = pytest.mark.one_database

Json = dict[str, Any]

EVENTS = slack_facts.events()
REQUESTS = slack_facts.requests()

# What the bot reads of an event; the samples of files and profiles alone have hundreds of other keys.
READ = {
    *(
        "type",
        "subtype",
        "channel",
        "channel_id",
        "user",
        "ts",
        "deleted_ts",
        "event_ts",
        "thread_ts",
        "text",
        "edited",
    ),
    *("message", "previous_message", "files", "item", "reaction", "bot_id", "bot_profile", "username"),
    *("id", "name", "real_name", "profile", "tz", "is_bot", "deleted", "mimetype", "size", "permalink"),
}
# Where the samples name a channel, a person, a moment.
CHANNEL_KEYS = {"channel", "channel_id", "new_channel_id"}
PERSON_KEYS = {"user", "user_id", "item_user", "inviter", "created_by", "actor_id", "pinned_by", "parent_user_id"}
MOMENT_KEYS = {"ts", "deleted_ts", "latest", "message_ts", "action_ts"}

_numbers = itertools.count(1)


def delivered(body: Json) -> Json:
    """As Slack delivers it: some samples leave the outer type and the id blank."""
    return {**copy.deepcopy(body), "type": "event_callback", "event_id": f"Ev{next(_numbers):010d}"}


def filled(part: Any, *, channel: str, person: str, ts: str) -> Any:
    """The sample with this channel, person and moment wherever it names one."""

    def inner(one: Any) -> Any:
        return filled(one, channel=channel, person=person, ts=ts)

    named = {
        **dict.fromkeys(CHANNEL_KEYS, channel),
        **dict.fromkeys(PERSON_KEYS, person),
        **dict.fromkeys(MOMENT_KEYS, ts),
        "event_ts": later(ts),
        "reaction": "pushpin",
        "text": f"<@{person}> said &amp; did",
    }

    def value(key: str, one: Any) -> Any:
        if isinstance(one, str):
            return named.get(key, one)
        if isinstance(one, dict) and key in ("channel", "user"):
            return {**inner(one), "id": named[key]}
        return inner(one)

    if isinstance(part, dict):
        return {key: value(key, one) for key, one in part.items()}
    return [inner(one) for one in part] if isinstance(part, list) else part


def later(ts: str) -> str:
    seconds, _, rest = ts.partition(".")
    return f"{int(seconds) + 60}.{rest}"


def places(part: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every key that the bot reads, and to every entry of a list."""
    keys = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in keys:
        if key in READ or isinstance(key, int):
            yield (*way, key)
            yield from places(value, (*way, key))


def changed(event: Json, way: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Json:
    copied = copy.deepcopy(event)
    parent: Any = copied
    for key in way[:-1]:
        parent = parent[key]
    change(parent, way[-1])
    return copied


def _set(value: Any) -> Callable[[Any, Any], None]:
    def change(parent: Any, key: Any) -> None:
        parent[key] = copy.deepcopy(value)

    return change


def _drop(parent: Any, key: Any) -> None:
    del parent[key]


def _other_kind(parent: Any, key: Any) -> None:
    parent[key] = "a word" if isinstance(parent[key], dict | list) else {"not": "a text"}


SPOILINGS: Mapping[str, Callable[[Any, Any], None]] = {
    "missing": _drop,
    "null": _set(None),
    "blank": _set(""),
    "of another kind": _other_kind,
}


class Watch:
    """Sends payloads and keeps what went wrong, by the name of the payload."""

    def __init__(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        self.world = world
        self.wrong: dict[str, list[str]] = {}
        self._log = caplog

    async def send(self, name: str, body: Json) -> None:
        self._log.clear()
        reply = await dispatch(self.world, body)
        await self.world.settle()
        wrong = [] if reply.status == 200 else [f"answered with {reply.status}"]
        wrong += [
            f"{one.getMessage()} {one.exc_text or ''}" for one in self._log.records if one.levelno >= logging.ERROR
        ]
        async with self.world.bot.desk.look() as uow:
            left = await uow.session.scalars(select(InboxItem).where(InboxItem.state != "applied"))
            wrong += [f"{one.state}: {one.error}" for one in left if one.body.get("event") == body.get("event")]
        if wrong:
            self.wrong[name] = wrong


async def dispatch(world: World, body: Json) -> BoltResponse:
    return await world.bot.slack_app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))


@pytest.fixture
def watch(world: World, caplog: pytest.LogCaptureFixture) -> Watch:
    caplog.set_level(logging.INFO)
    return Watch(world, caplog)


async def test_there_are_samples() -> None:
    assert len(EVENTS) > 60
    assert len(REQUESTS) == 9


async def test_every_sample_is_acknowledged_as_it_stands(watch: Watch) -> None:
    for name, sample in {**EVENTS, **REQUESTS}.items():
        await watch.send(name, copy.deepcopy(sample))
    assert watch.wrong == {}


async def test_every_event_is_stored_and_applied(watch: Watch) -> None:
    for name, sample in EVENTS.items():
        await watch.send(name, delivered(sample))
    assert watch.wrong == {}
    async with watch.world.bot.desk.look() as uow:
        stored = (await uow.session.scalars(select(InboxItem).where(InboxItem.key.like("Ev0%")))).all()
    assert len(stored) == len(EVENTS)


async def test_every_request_of_a_live_incident_is_acknowledged(watch: Watch) -> None:
    """Buttons, forms and shortcuts that are not ours, by somebody in an incident's channel."""
    channel = watch.world.workspace.channel(await watch.world.declare())
    ana = watch.world.workspace.user("ana").id
    for name, sample in REQUESTS.items():
        body = filled(sample, channel=channel.id, person=ana, ts=watch.world.card(channel.name).ts)
        trigger = f"{next(_numbers)}.1.abc"
        await watch.send(name, body | ({"trigger_id": trigger} if "trigger_id" in body else {}))
    assert watch.wrong == {}


class TestLive:
    """The same events in the channel of an incident: the listeners really work on them."""

    @pytest.fixture
    async def channel(self, world: World) -> str:
        return world.workspace.channel(await world.declare()).id

    def event(self, world: World, channel: str, name: str, *, who: str = "ben") -> Json:
        ts = f"{int(world.clock.time())}.{next(_numbers):06d}"
        body = delivered(EVENTS[name])
        event = filled(body["event"], channel=channel, person=world.workspace.user(who).id, ts=ts)
        if event.get("subtype") == "message_changed":
            event["message"]["edited"]["ts"] = later(ts)
            event["message"]["text"] = "Said otherwise"
            event["previous_message"].pop("edited")
        for file in event.get("files", []):
            file |= {"id": "F0123ABCD", "name": "graph.png"}
        return {**body, "event": event}

    async def test_every_event_is_applied(self, watch: Watch, channel: str) -> None:
        for name in EVENTS:
            await watch.send(name, self.event(watch.world, channel, name))
        assert watch.wrong == {}
        assert (await watch.world.record())["incident"]["number"] == 1

    @in_turn(
        "name,person",
        [
            ("Message", "ben"),
            ("MessageMe", "ben"),
            ("MessageFileShare", "ben"),
            ("MessageThreadBroadcast", "ben"),
            ("MessageBot", None),
        ],
    )
    async def test_speech_is_on_record(self, watch: Watch, channel: str, name: str, person: str | None) -> None:
        body = self.event(watch.world, channel, name)
        await watch.send(name, body)
        assert watch.wrong == {}
        [message] = (await watch.world.record())["messages"]
        assert (message["ts"], message["person"]) == (body["event"]["ts"], person)
        assert [file["name"] for file in message["files"]] == (["graph.png"] if name == "MessageFileShare" else [])

    async def test_an_edit_keeps_both_versions(self, watch: Watch, channel: str) -> None:
        await watch.send("edit", self.event(watch.world, channel, "MessageChanged"))
        assert watch.wrong == {}
        [message] = (await watch.world.record())["messages"]
        assert [one["text"] for one in message["versions"]] == ["@ben said & did", "Said otherwise"]

    async def test_a_deletion_leaves_what_was_said(self, watch: Watch, channel: str) -> None:
        await watch.send("deletion", self.event(watch.world, channel, "MessageDeleted"))
        assert watch.wrong == {}
        [message] = (await watch.world.record())["messages"]
        assert message["deleted_at"]
        assert message["text"].endswith(" said & did")

    @in_turn("name", ["ReactionAdded", "PinAdded"])
    async def test_a_mark_makes_a_key_event(self, watch: Watch, channel: str, name: str) -> None:
        said = self.event(watch.world, channel, "Message")
        mark = self.event(watch.world, channel, name)
        item = mark["event"]["item"]
        item.get("message", item)["ts"] = said["event"]["ts"]
        await watch.send("message", said)
        await watch.send(name, mark)
        assert watch.wrong == {}
        [message] = (await watch.world.record())["messages"]
        assert message["key_event"] is True

    @in_turn("spoiling", SPOILINGS)
    async def test_what_is_missing_or_of_another_kind_harms_nothing(
        self, watch: Watch, channel: str, spoiling: str
    ) -> None:
        """Each key of each event that the bot reads, spoilt in turn; the record can be read afterwards."""
        for name in EVENTS:
            whole = self.event(watch.world, channel, name)
            if whole["event"]["type"] not in HANDLED:
                continue
            for way in places(whole["event"]):
                body = delivered(whole | {"event": changed(whole["event"], way, SPOILINGS[spoiling])})
                await dispatch_all(watch, f"{name}: {'.'.join(map(str, way))} is {spoiling}", body)
        await watch.world.settle()
        async with watch.world.bot.desk.look() as uow:
            left = await uow.session.scalars(select(InboxItem).where(InboxItem.state != "applied"))
            assert {str(one.error) for one in left} == set()
        assert watch.wrong == {}
        assert (await watch.world.record())["incident"]["number"] == 1


async def dispatch_all(watch: Watch, name: str, body: Json) -> None:
    """Without waiting for each to be applied: there are hundreds."""
    reply = await dispatch(watch.world, body)
    if reply.status != 200:
        watch.wrong[name] = [f"answered with {reply.status}"]
