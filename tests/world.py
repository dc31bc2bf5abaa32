"""A workspace with the real bot in it, on a clock that only the test moves; from Slack's protocol on, all is real."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from bot.application import Application
from bot.bootstrap import SharedClock, running_bot, settings_and_runbooks, words_of
from bot.config import Environment, Settings
from bot.domain.report import IncidentReport
from bot.domain.runbook import Runbook
from bot.report.record import record
from bot.resources import packaged
from bot.sandbox import SandboxServer, SteppedClock, Workspace, default_workspace
from bot.sandbox.actions import channels
from bot.sandbox.interactions.audience import Audience
from bot.sandbox.scenario.pacing import SteppedPacing
from bot.sandbox.state.activity import Answer
from bot.sandbox.state.apps import Acknowledgement
from bot.sandbox.state.model import Message
from bot.service.incidents import every_incident
from bot.service.report import report
from bot.web.server import Server

# Seconds in which a busy machine acknowledges; Slack's own three are looked at where they matter (tests/sandbox).
PATIENCE = 60.0
START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)  # a Monday, 09:30 in New York, 14:30 in London


class World:
    """What a test sees and does."""

    def __init__(self, workspace: Workspace, server: SandboxServer, bot: Application, clock: SteppedClock) -> None:
        self.workspace = workspace
        self.server = server
        self.bot = bot
        self.clock = clock
        self._pacing = SteppedPacing(workspace, clock, start=clock.time(), idle=bot.idle)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), UTC)

    async def settle(self) -> None:
        """Everything that was caused so far is done."""
        await self._pacing.settle()

    async def pass_time(self, **duration: float) -> None:
        """The clock moves on, stopping at everything that falls due."""
        goal = self._pacing.now() + timedelta(**duration)
        await self._pacing.reach(goal, seconds=0)

    async def command(self, who: str, text: str, *, channel: str = "general", settle: bool = True) -> Answer:
        """`/incident TEXT`, typed in a channel; what this person was shown, at once or when all is settled."""
        typed = {"user": who, "channel": channel, "command": "/incident", "text": text}
        if not settle:
            return await self.workspace.run_command(**typed, wait=0.05)
        with Audience(self.workspace, self.workspace.user(who).id) as audience:
            at_once = await self.workspace.run_command(**typed, wait=0)
            await self.settle()  # what isn't shown by then is not on its way
            return await audience.answer(Acknowledgement(), wait=0) if at_once.ok else at_once

    async def declare(self, text: str = "p1 Checkout returns 503", *, who: str = "ana") -> str:
        """Declares an incident; the name of its channel."""
        answer = await self.command(who, f"declare {text}")
        assert answer.ok, answer
        channel = self.workspace.latest_app_channel()
        assert channel is not None, answer.text
        return channel.name

    async def submit(self, who: str, **values: str) -> Answer:
        """Sends the form that this person has open; {input: value}, each in a block of its own name."""
        answer = await self.workspace.submit(
            user=who, values={name: {name: value} for name, value in values.items()}, wait=0.05
        )
        await self.settle()
        return answer

    def buttons(self, who: str) -> list[str]:
        """What stands on the buttons of the newest answer that this person alone sees."""
        return [str(one["text"]["text"]) for one in self._choices(who)[2]]

    async def press(self, who: str, label: str) -> Answer:
        """Presses one of them, named by how it begins; what this person is shown then."""
        channel, ts, buttons = self._choices(who)
        action = next(one["action_id"] for one in buttons if one["text"]["text"].startswith(label))
        answer = await self.workspace.click(user=who, channel=channel, ts=ts, action_id=action)
        await self.settle()
        return answer

    def _choices(self, who: str) -> tuple[str, str, list[dict[str, Any]]]:
        """Channel, ts and buttons of that answer."""
        user = self.workspace.user(who)
        whispers = [one for one in self.workspace.ephemerals if one.detail.get("to") == user.id]
        directs = [one for one in self.workspace.channels.values() if one.is_im and user.id in one.members]
        seen = [(str(one.channel), str(one.ts), list(one.blocks)) for one in whispers]
        seen += [(channel.id, one.ts, one.blocks) for channel in directs for one in channel.messages.values()]
        for channel, ts, blocks in sorted(seen, key=lambda one: float(one[1]), reverse=True):
            found = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
            if found:
                return channel, ts, found
        raise AssertionError(f"{who} sees no buttons")

    async def say(self, who: str, channel: str, text: str, *, thread_ts: str | None = None) -> str:
        """A message as it is typed; its ts."""
        ts = await self.workspace.post_message(
            user=who, channel=channel, text=self.workspace.mention(text, labelled=False), thread_ts=thread_ts
        )
        await self.settle()
        return ts

    def put_out(self, who: str, channel: str, *, by: str = "ana") -> None:
        """Removes somebody from a channel, as its members may."""
        channels.leave(
            self.workspace,
            self.workspace.channel(channel),
            self.workspace.user(who).id,
            kicked_by=self.workspace.user(by).id,
        )

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What is done meanwhile Slack does not tell the bot, as when it has given up repeating an event."""
        [app] = self.workspace.apps
        deliver = app.delivery.deliver
        app.delivery.deliver = lambda _: None  # type: ignore[method-assign]
        try:
            yield
        finally:
            app.delivery.deliver = deliver  # type: ignore[method-assign]

    def messages(self, channel: str) -> list[Message]:
        """What stands in the channel, without what the workspace itself says."""
        kept = self.workspace.channel(channel).messages.values()
        return [message for message in kept if not message.subtype and not message.deleted]

    def by_bot(self, channel: str) -> list[Message]:
        bots = {app.bot_user_id for app in self.workspace.apps}
        return [message for message in self.messages(channel) if message.user in bots]

    def to_person(self, who: str) -> list[str]:
        """What the bot told this person privately."""
        user = self.workspace.user(who)
        direct = [one for one in self.workspace.channels.values() if one.is_im and user.id in one.members]
        return [message.text for channel in direct for message in channel.messages.values()]

    def card(self, channel: str) -> Message:
        """The pinned card."""
        found = self.workspace.channel(channel)
        pinned = [message for message in found.messages.values() if message.ts in {pin.ts for pin in found.pins}]
        assert len(pinned) == 1, "there is one pinned message: the card"
        return pinned[0]

    def view(self, who: str) -> dict[str, Any]:
        """The form that this person has open."""
        top = self.workspace.interactions.views.top(self.workspace.user(who).id)
        assert top is not None, f"{who} has no form open"
        return top.body

    def calls(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a Web API method so far."""
        return [dict(call.args) for call in self.server.calls if call.method == method]

    async def report(self, number: int = 1) -> IncidentReport:
        """The incident's report, as it is now."""
        async with self.bot.desk.look() as uow:
            incidents = {incident.number: incident for incident in await every_incident(uow)}
            return await report(uow, incidents[number])

    async def record(self, number: int = 1) -> dict[str, Any]:
        """The incident's whole record, as it is exported."""
        return record(await self.report(number))

    def write_draft(self, found: IncidentReport) -> str:
        """The postmortem draft with the bot's templates."""
        return words_of(self.bot.desk.settings).postmortem(found)


def shown(message: Message) -> str:
    """All that a reader sees of a message with blocks."""

    def texts(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["text"]] if isinstance(part.get("text"), str) else []
            return own + [text for value in part.values() if not isinstance(value, str) for text in texts(value)]
        if isinstance(part, list):
            return [text for one in part for text in texts(one)]
        return []

    return "\n".join(texts(message.blocks)) or message.text


@asynccontextmanager
async def open_world(
    database_url: str,
    *,
    clock: SteppedClock | None = None,
    config: Path | None = None,
    workspace: Workspace | None = None,
    variables: Mapping[str, str] | None = None,
    listen: Server | None = None,
) -> AsyncIterator[World]:
    """A fresh workspace with six people and the bot on this database; `listen` is what monitors write to."""
    clock = clock or SteppedClock(START.timestamp())
    workspace = workspace or default_workspace(clock)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(SandboxServer(workspace, ack_within=PATIENCE))
        environment = replace(
            Environment.read({}),
            bot_token="xoxb-test-token",
            app_token="xapp-test-token",
            signing_secret="test-signing-secret",
            api_url=server.base_url,
            database_url=database_url,
            config_path=config or packaged("config.yaml"),
            variables=variables or {},
        )
        if config is None:
            stack.enter_context(mock.patch("bot.bootstrap.settings_and_runbooks", return_value=_as_packaged()))
        bot = await stack.enter_async_context(running_bot(environment, clock=SharedClock(clock), listen=listen))
        world = World(workspace, server, bot, clock)
        await world.settle()
        yield world


@cache
def _as_packaged() -> tuple[Settings, tuple[Runbook, ...]]:
    """Read once: reading YAML takes longer than a declaration."""
    return settings_and_runbooks(replace(Environment.read({}), config_path=packaged("config.yaml")))
