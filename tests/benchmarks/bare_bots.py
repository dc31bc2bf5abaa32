"""What the bot is measured against: `python -m tests.benchmarks.bare_bots bolt|sdk`, which store nothing at all."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.benchmarks.workspace import Opened
from tests.processes import ROOT, Program, for_workspace

KINDS = ("bolt", "sdk")
_CONNECTED = "connected"


@asynccontextmanager
async def bare_bot(kind: str, there: Opened) -> AsyncIterator[Program]:
    """One of KINDS in a process of its own, connected."""
    env = for_workspace(there.base_url, ROOT / "none.db")  # it has no database
    program = await Program.start(sys.executable, "-m", "tests.benchmarks.bare_bots", kind, env=env, cwd=ROOT)
    try:
        await program.line(_CONNECTED)
        yield program
    finally:
        await program.close()


async def _bolt(web_client: AsyncWebClient, app_token: str) -> object:
    """As Bolt's documentation has it, with one listener that does nothing."""
    app = AsyncApp(client=web_client)

    @app.event("message")
    async def handle_message() -> None:
        return None

    handler = AsyncSocketModeHandler(app, app_token)
    await handler.connect_async()
    return handler


async def _sdk(web_client: AsyncWebClient, app_token: str) -> object:
    """The SDK's client, which acknowledges everything at once."""
    client = SocketModeClient(app_token=app_token, web_client=web_client)

    async def handle(client: SocketModeClient, request: SocketModeRequest) -> None:
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client.socket_mode_request_listeners.append(handle)
    await client.connect()
    return client


_STARTS: dict[str, Callable[[AsyncWebClient, str], Awaitable[object]]] = {"bolt": _bolt, "sdk": _sdk}


async def _main(kind: str) -> None:
    token, app_token = os.environ["SLACK_BOT_TOKEN"], os.environ["SLACK_APP_TOKEN"]
    bot = await _STARTS[kind](AsyncWebClient(token=token, base_url=os.environ["SLACK_API_URL"]), app_token)
    print(_CONNECTED, flush=True)
    await asyncio.Event().wait()
    del bot  # held until here: asyncio itself keeps its tasks by weak references only


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
