"""A Slack-compatible server of another make: the methods of a declaration, and no field more than they must have."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

TEAM, BOT, ANA = "T1", "U0BOT", "U0ANA"


class LittleSlack:
    """Remembers what it was asked, and types one command as Ana."""

    def __init__(self) -> None:
        self.origin = ""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.members: dict[str, list[str]] = {}
        self.answers: list[str] = []
        self.acknowledged: list[str] = []
        self._topics: dict[str, str] = {}
        self._posted = 0
        self._socket: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/api/{method}", self._api)
        application.router.add_get("/socket", self._serve_socket)
        application.router.add_post("/answer", self._answer)
        return application

    def called(self, method: str) -> list[dict[str, Any]]:
        return [args for name, args in self.calls if name == method]

    def type_command(self, text: str) -> None:
        """As Slack sends it; optional fields are left out."""
        payload = {
            "command": "/incident",
            "text": text,
            "user_id": ANA,
            "channel_id": "C0GENERAL",
            "team_id": TEAM,
            "trigger_id": "1.2.abc",
            "response_url": f"{self.origin}/answer",
        }
        self._socket.put_nowait({"envelope_id": "e-1", "type": "slash_commands", "payload": payload})

    # --- the Web API

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        args: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json":
            args |= json.loads(await request.text() or "{}")
        elif request.method == "POST":
            args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        self.calls.append((method, args))
        handler = getattr(self, "_" + method.replace(".", "_"), None)
        answer = {"ok": False, "error": "unknown_method"} if handler is None else {"ok": True} | handler(args)
        return web.json_response(answer)

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"team_id": TEAM, "user_id": BOT}

    def _apps_connections_open(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.origin.replace("http", "ws") + "/socket"}

    def _users_info(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"user": {"id": args["user"]}}

    def _conversations_create(self, args: dict[str, Any]) -> dict[str, Any]:
        channel = f"C0NEW{len(self.members)}"
        self.members[channel] = [BOT]
        return {"channel": {"id": channel, "name": args["name"]}}

    def _conversations_invite(self, args: dict[str, Any]) -> dict[str, Any]:
        self.members[args["channel"]] += args["users"].split(",")
        return {"channel": {"id": args["channel"]}}

    def _conversations_setTopic(self, args: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        self._topics[args["channel"]] = args["topic"]
        return {}

    def _chat_postMessage(self, args: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - Slack's name
        self._posted += 1
        where = args["channel"] if args["channel"].startswith("C") else "C0STAKE"
        return {"channel": where, "ts": f"1700000000.{self._posted:06d}"}

    def _chat_update(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"channel": args["channel"], "ts": args["ts"]}

    def _pins_add(self, _: dict[str, Any]) -> dict[str, Any]:
        return {}

    # --- what else there is

    async def _answer(self, request: web.Request) -> web.Response:
        self.answers.append((await request.json())["text"])
        return web.Response(text="ok")

    async def _serve_socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello"})

        async def write() -> None:
            while True:
                await socket.send_json(await self._socket.get())

        writer = asyncio.create_task(write())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.acknowledged.append(json.loads(message.data).get("envelope_id", ""))
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    def by_channel(self) -> dict[str, list[str]]:
        """The texts that were posted, by where they were posted to."""
        found: dict[str, list[str]] = defaultdict(list)
        for args in self.called("chat.postMessage"):
            found[args["channel"]].append(args["text"])
        return found


@asynccontextmanager
async def little_slack() -> AsyncIterator[LittleSlack]:
    little = LittleSlack()
    runner = web.AppRunner(little.application(), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        little.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield little
    finally:
        await runner.cleanup()
