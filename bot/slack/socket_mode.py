"""Receives payloads over Socket Mode, on more than one connection: the SDK drops one before it opens the next."""

import asyncio
import logging
import time
from datetime import timedelta
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.times import span
from bot.errors import SlackUnreachable
from bot.metrics import ACKNOWLEDGEMENT_SECONDS
from bot.slack.gateway import Gateway
from bot.slack.inbox import Inbox

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_TO_FINISH = 2.0


class _Connection(AsyncSocketModeHandler):
    """One connection. Plain events go to the inbox without passing through Bolt; the rest is Bolt's."""

    def __init__(self, app: AsyncApp, inbox: Inbox, *, app_token: str, api_url: str) -> None:
        super().__init__(
            app,
            app_token=app_token,
            web_client=AsyncWebClient(base_url=api_url),
            logger=logging.getLogger("slack_bolt"),
        )
        self._inbox = inbox
        self.under_way: set[asyncio.Task[Any]] = set()

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        task = asyncio.current_task()
        if task is not None:
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
        received_at = time.perf_counter()
        # An exception means no acknowledgement, and Slack sends the event again.
        if req.type == "events_api" and await self._inbox.take(req.payload):
            await client.send_socket_mode_response(SocketModeResponse(envelope_id=req.envelope_id))
        else:
            response = await run_async_bolt_app(self.app, req)
            await send_async_response(client, req, response, time.time())
            if response.status != 200:
                return  # for Bolt that means: not acknowledged
        kind = "event" if req.type == "events_api" else "interaction"
        ACKNOWLEDGEMENT_SECONDS.labels(kind).observe(time.perf_counter() - received_at)


class SocketModeReceiver:
    def __init__(
        self,
        app: AsyncApp,
        inbox: Inbox,
        *,
        app_token: str,
        api_url: str,
        connections: int,
        give_up_after: timedelta,
    ) -> None:
        self._app = app
        self._inbox = inbox
        self._app_token = app_token
        self._api_url = api_url
        self._wanted = connections
        self._give_up_after = give_up_after
        self._connections: list[_Connection] = []

    @property
    def state(self) -> str:
        return "connected"

    async def open(self) -> None:
        """Connects; raises SlackRefused for a token that is no good, which the SDK would retry for ever."""
        await asyncio.gather(*(self._connect() for _ in range(self._wanted)))
        log.info("Connected to Slack over Socket Mode.", extra={"action": "connected", "connections": self._wanted})

    async def _connect(self) -> None:
        gateway = Gateway(token=self._app_token, api_url=self._api_url)
        answer = await gateway.call("apps.connections.open", {"app_token": self._app_token})
        connection = _Connection(self._app, self._inbox, app_token=self._app_token, api_url=self._api_url)
        self._connections.append(connection)
        connection.client.wss_uri = answer["url"]
        await connection.connect_async()  # type: ignore[no-untyped-call]

    async def receiving(self) -> bool:
        return any([await one.client.is_connected() for one in self._connections])

    async def watch(self) -> None:
        """Raises SlackUnreachable after the configured time without a live connection; the SDK reconnects till then."""
        clock = asyncio.get_running_loop().time
        alive_at = clock()
        while True:
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
            if await self.receiving():
                alive_at = clock()
            elif clock() - alive_at >= self._give_up_after.total_seconds():
                raise SlackUnreachable(
                    f"Slack could not be reached for {span(self._give_up_after)}, so I stop. Nothing is lost: start me "
                    "again when the network is back. (socket_mode.give_up_after in config.yaml)"
                )

    async def close(self) -> None:
        """No new payloads; those under way are finished and acknowledged first."""
        under_way = {task for one in self._connections for task in one.under_way}
        if under_way:
            await asyncio.wait(under_way, timeout=_SECONDS_TO_FINISH)
        for one in self._connections:
            await one.close_async()  # type: ignore[no-untyped-call]
