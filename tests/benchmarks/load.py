"""What the workspace does to a bot at full speed: in the workspace's own process, so that its clock tells the times."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiohttp import web

from bot.sandbox import App, SandboxServer, Workspace
from bot.sandbox.actions import messages
from bot.sandbox.delivery.delivery import Delivery, Envelope, Link
from bot.sandbox.shapes import events
from bot.sandbox.state.apps import Acknowledgement
from bot.sandbox.state.clock import WorkspaceClock

# Longer than any answer takes that is worth a figure.
_PATIENCE = 60.0
_WHO = "ana"


class TimedDelivery(Delivery):
    """Notes how long each envelope is under way, and tells when there is room for another one."""

    def __init__(self, clock: WorkspaceClock) -> None:
        super().__init__(clock)
        self.taken: list[float] = []  # seconds from the sending to the acknowledgement, in the order of those
        self.failures: list[str] = []  # reasons of attempts that came to nothing
        self._fewer = asyncio.Event()

    async def room(self, most: int) -> None:
        """Returns when fewer than `most` envelopes are unacknowledged."""
        while self.unacknowledged >= most:
            self._fewer.clear()
            await self._fewer.wait()

    def _push(self, link: Link, envelope: Envelope, settle: Callable[[Acknowledgement | str], None]) -> None:
        sent = time.perf_counter()

        def settled(outcome: Acknowledgement | str) -> None:
            if isinstance(outcome, str):
                self.failures.append(outcome)
            else:
                self.taken.append(time.perf_counter() - sent)
            settle(outcome)
            self._fewer.set()

        super()._push(link, envelope, settled)


class Load:
    """Orders as JSON over HTTP, beside the control interface."""

    def __init__(self, server: SandboxServer) -> None:
        self._server = server
        [self._app] = server.workspace.apps
        self._delivery = self._app.delivery = TimedDelivery(server.workspace.clock)
        self._doings: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            "command": self.command,
            "messages": self.messages,
            "rooms": self.rooms,
            "unheard": self.unheard,
        }

    @property
    def _space(self) -> Workspace:
        return self._server.workspace

    async def messages(self, *, channel: str, count: int, in_flight: int) -> dict[str, Any]:
        """Tells the bot of `count` messages with at most `in_flight` unacknowledged; how long each took, and its ts."""
        said = self._said(channel, count)
        self._delivery.taken.clear()
        self._delivery.failures.clear()
        began_at, began = self._space.clock.time(), time.perf_counter()
        for payload in said:
            await self._delivery.room(in_flight)
            self._delivery.deliver(payload)
        await self._delivery.settled()
        return {
            "began": began_at,
            "seconds": time.perf_counter() - began,
            "acknowledged": list(self._delivery.taken),
            "failures": list(self._delivery.failures),
            "ts": [payload["event"]["ts"] for payload in said],
        }

    async def command(self, *, channel: str, text: str, behind: int) -> dict[str, Any]:
        """Sends `behind` messages at once and /incident TEXT after them; seconds from the command to its answer."""
        said = self._said(channel, behind)
        for payload in said:
            self._delivery.deliver(payload)
        waiting, began = self._delivery.unacknowledged, time.perf_counter()
        answer = await self._space.run_command(
            user=_WHO, channel=channel, command="/incident", text=text, wait=_PATIENCE
        )
        seconds = time.perf_counter() - began
        await self._delivery.settled()
        return {"seconds": seconds, "behind": waiting, "ok": answer.ok, "text": answer.text}

    async def unheard(self, *, channel: str, count: int) -> dict[str, Any]:
        """Messages that stand in the channel and that the bot is not told of; the payloads that would tell it."""
        return {"payloads": self._said(channel, count)}

    async def rooms(self, *, count: int) -> dict[str, Any]:
        """Incidents' channels with the bot in them, each with a card and an announcement; it hears nothing of them."""
        people = [_WHO, self._app.bot_user_id]
        announcements = self._space.channel("incidents")
        with _unheard(self._app):
            made = []
            for number in range(1, count + 1):
                room = self._space.add_channel(f"inc-{number}-checkout-returns-503", members=people)
                card = self._by_bot(room.id, f"INC-{number}")
                announcement = self._by_bot(announcements.id, f"INC-{number} is announced")
                made.append(
                    {
                        "channel_id": room.id,
                        "channel_name": room.name,
                        "card_ts": card,
                        "announcement_channel": announcements.id,
                        "announcement_ts": announcement,
                    }
                )
        return {"rooms": made}

    def _by_bot(self, channel: str, text: str) -> str:
        there = self._space.channel(channel)
        return messages.post(self._space, there, user=self._app.bot_user_id, text=text, app=self._app).ts

    def _said(self, channel: str, count: int) -> list[dict[str, Any]]:
        """Messages that stand in the channel, as the payloads that have yet to tell the bot of them."""
        there, person = self._space.channel(channel), self._space.user(_WHO)
        payloads = []
        with _unheard(self._app):
            for number in range(count):
                text = f"{number + 1} of {count}: replication lag is 41 min and falling"
                message = messages.post(self._space, there, user=person.id, text=text)
                payloads.append(self._app._wrapped(events.message_posted(self._space, message)))
        return payloads

    async def _carry_out(self, request: web.Request) -> web.Response:
        return web.json_response(await self._doings[request.match_info["doing"]](**await request.json()))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Where it takes orders: POST URL/DOING."""
        application = web.Application()
        application.router.add_post("/{doing}", self._carry_out)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@contextmanager
def _unheard(app: App) -> Iterator[None]:
    """What happens meanwhile is not told to the app."""
    subscribed, app.events = app.events, set()
    try:
        yield
    finally:
        app.events = subscribed
