"""A little bot, real from Bolt outwards, that lets the demo be tried without the one it was written for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.play import Tokens
from bot.sandbox import SteppedClock


class LittleBot:
    """Makes a channel for `/incident declare` and repeats everything else to who said it."""

    def __init__(self, app: AsyncApp, client: AsyncWebClient) -> None:
        self.client = client
        self.busy = 0
        self.rest = asyncio.Event()
        self.rest.set()
        self.card: dict[str, str] = {}
        app.command("/incident")(self.command)
        for event in ("message", "reaction_added", "member_joined_channel", "channel_created", "file_shared"):
            app.event(event)(self.note)

    async def note(self) -> None:
        """Acknowledged, nothing more."""

    async def command(self, ack: Callable[..., Awaitable[None]], command: dict[str, str]) -> None:
        self.busy += 1
        self.rest.clear()
        try:
            verb, _, rest = command["text"].partition(" ")
            if verb == "declare":
                made = await self.client.conversations_create(name="inc-1-database-topology")
                self.card["channel"] = made["channel"]["id"]
                await self.client.conversations_setTopic(channel=self.card["channel"], topic="INC-1 · P1")
                posted = await self.client.chat_postMessage(channel=self.card["channel"], text="INC-1 · P1 · declared")
                self.card["ts"] = posted["ts"]
                await self.client.chat_postMessage(channel=command["user_id"], text="You are the *reporter* of INC-1")
            elif verb == "update":
                text = f"INC-1 · P1 · {rest[:40]}"
                await self.client.chat_update(channel=self.card["channel"], ts=self.card["ts"], text=text)
            await ack(text=f"Noted: {verb}")
        finally:
            self.busy -= 1
            if not self.busy:
                self.rest.set()

    async def idle(self) -> None:
        await self.rest.wait()

    async def next_due(self) -> datetime | None:
        return None

    async def write_results(self, out: Path) -> list[Path]:
        path = out / "INC-1" / "postmortem.md"
        await asyncio.to_thread(self._write, path)
        return [path]

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# Postmortem\n", encoding="utf-8")


@asynccontextmanager
async def start_little_bot(
    api_url: str, tokens: Tokens, _clock: SteppedClock, _database_url: str
) -> AsyncIterator[LittleBot]:
    client = AsyncWebClient(token=tokens.bot, base_url=api_url)
    app = AsyncApp(client=client, signing_secret=tokens.signing_secret)
    bot = LittleBot(app, client)
    handler = AsyncSocketModeHandler(app, tokens.app)
    handler.client.web_client = AsyncWebClient(token=tokens.app, base_url=api_url)
    await handler.connect_async()
    try:
        yield bot
    finally:
        await handler.close_async()
