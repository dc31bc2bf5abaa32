"""What the workspace's owner can see of commands and calls while a run goes on."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox import SandboxServer
from bot.sandbox.interactions.response_urls import Reply
from bot.sandbox.state.apps import Acknowledgement

# The bot's words where it could not do what it was asked, and did nothing of it.
NOTHING_CHANGED = "Something went wrong on my side, and nothing was changed."


@dataclass(kw_only=True)
class Asked:
    """One command, as it was sent once."""

    who: str  # a handle
    person: str  # the id
    text: str  # what follows /incident
    mark: str  # a word in `text` that no other command has; empty where the command takes no text
    trigger: str = ""
    error: str | None = "never sent"  # what the person was shown instead of an acknowledgement; None: acknowledged
    shown: list[str] = field(default_factory=list)  # the answers that came for it, but for private messages

    @property
    def acknowledged(self) -> bool:
        return self.error is None

    @property
    def verb(self) -> str:
        return self.text.split()[0]

    @property
    def failed(self) -> bool:
        """The bot said that it could not do it and that nothing has changed."""
        return any(NOTHING_CHANGED in text for text in self.shown)


class Witness:
    """Listens to what passes between people, the workspace and the bot."""

    def __init__(self, server: SandboxServer) -> None:
        self._server = server
        self._space = server.workspace
        self.asked: list[Asked] = []
        self.calls = 0
        self.on_call: list[Callable[[int], None]] = []  # told the number of calls so far, before the caller hears
        self._now_asking: ContextVar[tuple[Asked, int] | None] = ContextVar("now_asking", default=None)
        self._by_url: dict[str, Asked] = {}
        self._news = asyncio.Event()
        [app] = self._space.apps
        self._ask, app.delivery.ask = app.delivery.ask, self._overhear_command  # type: ignore[method-assign]
        urls = self._space.interactions.response_urls
        self._answer, urls.answer = urls.answer, self._overhear_answer  # type: ignore[method-assign]
        self._add, server.calls.add = server.calls.add, self._overhear_call  # type: ignore[method-assign]

    async def command(self, who: str, channel: str, text: str, *, mark: str, deliveries: int = 1) -> Asked:
        """`/incident TEXT`, until it is acknowledged or the person is shown an error."""
        asked = Asked(who=who, person=self._space.user(who).id, text=text, mark=mark)
        self.asked.append(asked)
        token = self._now_asking.set((asked, deliveries))
        try:
            await self._space.run_command(user=who, channel=channel, command="/incident", text=text, wait=0)
        finally:
            self._now_asking.reset(token)
        return asked

    async def answered(self, asked: Asked, *, within: float) -> bool:
        """Whether something is shown for it in that many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not asked.shown:
                    self._news.clear()
                    await self._news.wait()
        return bool(asked.shown)

    async def _overhear_command(self, kind: str, payload: Mapping[str, Any]) -> Acknowledgement:
        now = self._now_asking.get()
        if now is None or kind != "slash_commands":
            return await self._ask(kind, payload)
        asked, deliveries = now
        asked.trigger = payload["trigger_id"]
        self._by_url[payload["response_url"].split("/", 3)[3]] = asked
        first, *_ = await asyncio.gather(*(self._ask(kind, payload) for _ in range(deliveries)))
        asked.error = first.error
        if text := first.payload.get("text"):
            self._show(asked, text)
        return first

    def _overhear_answer(self, path: str, body: Mapping[str, Any]) -> Reply:
        reply = self._answer(path, body)
        if reply.status == 200 and path in self._by_url:
            self._show(self._by_url[path], str(body.get("text")))
        return reply

    def _overhear_call(self, call: Any) -> None:
        self._add(call)
        self.calls += 1
        for told in list(self.on_call):
            told(self.calls)

    def _show(self, asked: Asked, text: str) -> None:
        asked.shown.append(text)
        self._news.set()


async def until(look: Callable[[], Awaitable[bool]], *, within: float, every: float = 0.05) -> bool:
    """Whether it comes true in that many seconds: other processes set no event of ours."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while not await look():
        if loop.time() > end:
            return False
        await asyncio.sleep(every)
    return True
