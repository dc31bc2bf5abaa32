"""Receives payloads over Socket Mode, on more than one connection: the SDK drops one before it opens the next."""

import asyncio
import contextlib
import json
import logging
import time
from datetime import timedelta
from functools import partial
from typing import Any

from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.times import span
from bot.errors import SlackUnreachable
from bot.metrics import ACKNOWLEDGEMENT_SECONDS
from bot.slack.inbound.inbox import SlackInbox
from bot.slack.outbound.gateway import Gateway

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_TO_FINISH = 2.0
_SECONDS_TO_SAY_GOODBYE = 0.5
# A connection on which nothing comes for one and a half times this is given up, and replaced at the next ping.
_SECONDS_BETWEEN_PINGS = 10
_EVENT_SECONDS = ACKNOWLEDGEMENT_SECONDS.labels("event")


class _Client(SocketModeClient):
    """Plain events go to the inbox as they come, and their acknowledgements back as they are stored.

    On the SDK's way each would be a task of its own, which costs more than storing it.
    """

    def __init__(self, inbox: SlackInbox, **options: Any) -> None:
        super().__init__(**options)
        self._inbox = inbox
        self._stored: list[tuple[str, float]] = []  # envelopes to be acknowledged, and when they were received
        self._acknowledging: asyncio.Task[None] | None = None
        self.is_closing = False  # an event that comes now is Slack's to send again, to the next start

    @property
    def finishing(self) -> set[asyncio.Task[None]]:
        """Acknowledgements under way."""
        return {self._acknowledging} if self._acknowledging is not None else set()

    async def enqueue_message(self, message: str) -> None:
        if '"events_api"' in message:
            envelope = json.loads(message)
            if envelope.get("type") == "events_api" and isinstance(envelope.get("payload"), dict):
                if self.is_closing:
                    return
                tell = partial(self._told, str(envelope.get("envelope_id")), time.perf_counter())
                if self._inbox.take_up(envelope["payload"], tell):
                    return
        await super().enqueue_message(message)

    def _told(self, envelope_id: str, received_at: float, problem: Exception | None) -> None:
        if problem is not None:
            return  # no acknowledgement: Slack sends the event again
        self._stored.append((envelope_id, received_at))
        if self._acknowledging is None:
            self._acknowledging = asyncio.create_task(self._acknowledge())

    async def _acknowledge(self) -> None:
        try:
            while self._stored:
                envelope_id, received_at = self._stored.pop(0)
                await self.send_message(f'{{"envelope_id": {json.dumps(envelope_id)}}}')
                _EVENT_SECONDS.observe(time.perf_counter() - received_at)
        except Exception as problem:  # noqa: BLE001 - whatever broke the connection: Slack sends the others again
            self._stored.clear()
            log.warning("Events could not be acknowledged: %s", problem, extra={"action": "acknowledgement_lost"})
        finally:
            self._acknowledging = None


class _Connection:
    """One connection; commands, clicks and submissions are Bolt's."""

    def __init__(self, app: AsyncApp, inbox: SlackInbox, *, app_token: str, api_url: str) -> None:
        self._app = app
        self.client = _Client(
            inbox,
            app_token=app_token,
            web_client=AsyncWebClient(base_url=api_url),
            logger=logging.getLogger("slack_bolt"),
            ping_interval=_SECONDS_BETWEEN_PINGS,
        )
        self.client.socket_mode_request_listeners.append(self._handle)  # type: ignore[arg-type]
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def finishing(self) -> set[asyncio.Task[Any]]:
        """What is being handled or acknowledged."""
        return self._under_way | self.client.finishing

    async def _handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        received_at = time.perf_counter()
        response = await run_async_bolt_app(self._app, req)
        await send_async_response(client, req, response, time.time())
        if response.status == 200:  # for Bolt anything else means: not acknowledged
            kind = "event" if req.type == "events_api" else "interaction"
            ACKNOWLEDGEMENT_SECONDS.labels(kind).observe(time.perf_counter() - received_at)

    async def close(self) -> None:
        """Leaves nothing open, whatever state the connection is in: a silent one never says goodbye."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_SAY_GOODBYE):
                await self.client.close()  # type: ignore[no-untyped-call]
        tasks = [self.client.message_processor, self.client.current_session_monitor, self.client.message_receiver]
        left = [task for task in tasks if task is not None]
        for task in left:
            task.cancel()
        await asyncio.wait(left)
        if self.client.aiohttp_client_session is not None:
            await self.client.aiohttp_client_session.close()


class SocketModeReceiver:
    def __init__(
        self,
        app: AsyncApp,
        inbox: SlackInbox,
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
        await connection.client.connect()  # type: ignore[no-untyped-call]

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
        for one in self._connections:
            one.client.is_closing = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS_TO_FINISH):
                await self._inbox.all_stored()
                while under_way := {task for one in self._connections for task in one.finishing}:
                    await asyncio.wait(under_way)
        await asyncio.gather(*(one.close() for one in self._connections))
