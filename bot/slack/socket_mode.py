"""Receives payloads over Socket Mode."""

import logging

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.gateway import Gateway

log = logging.getLogger(__name__)


class SocketModeReceiver:
    def __init__(self, app: AsyncApp, *, app_token: str, api_url: str) -> None:
        self._app = app
        self._app_token = app_token
        self._api_url = api_url
        self._handler: AsyncSocketModeHandler | None = None

    @property
    def state(self) -> str:
        return "connected"

    async def open(self) -> None:
        """Connects; raises SlackRefused for a token that is no good, which the SDK would retry for ever."""
        gateway = Gateway(token=self._app_token, api_url=self._api_url)
        answer = await gateway.call("apps.connections.open", {"app_token": self._app_token})
        self._handler = AsyncSocketModeHandler(
            self._app,
            app_token=self._app_token,
            web_client=AsyncWebClient(base_url=self._api_url),
            logger=logging.getLogger("slack_bolt"),
        )
        self._handler.client.wss_uri = answer["url"]
        await self._handler.connect_async()  # type: ignore[no-untyped-call]
        log.info("Connected to Slack over Socket Mode.", extra={"action": "connected"})

    async def close(self) -> None:
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]
