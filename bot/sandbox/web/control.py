"""The control interface: what people do, faults and a look inside, as JSON over HTTP for callers on this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.actions import channels
from bot.sandbox.delivery.faults import FaultError, Faults
from bot.sandbox.delivery.http_mode import RequestUrlError
from bot.sandbox.interactions.interactions import Interactions
from bot.sandbox.state.activity import Answer
from bot.sandbox.state.clock import SteppedClock
from bot.sandbox.state.model import Json, WorkspaceError
from bot.sandbox.web import snapshot
from bot.sandbox.web.call_log import CallLog
from bot.sandbox.web.control_request import ControlRequest, RefusalError, known
from bot.sandbox.web.local_only import local_only
from bot.sandbox.workspace import Workspace

Action = Callable[[ControlRequest], Awaitable[Json]]


class ControlledServer(Protocol):
    """What the control interface needs of the server."""

    workspace: Workspace
    faults: Faults
    calls: CallLog

    async def reset(self) -> None: ...

    def refresh(self, reason: str, count: int | None) -> int: ...

    def silence(self, count: int | None) -> int: ...


class Control:
    """Serves `/_control` for one server."""

    def __init__(self, server: ControlledServer) -> None:
        self._server = server
        self._actions: dict[str, Action] = {
            name.removeprefix("_do_"): getattr(self, name) for name in dir(self) if name.startswith("_do_")
        }

    def application(self) -> web.Application:
        """The part of the server below /_control."""
        application = web.Application(middlewares=[local_only, _in_sentences])
        application.router.add_get("/state", self._state)
        application.router.add_get("/messages/{channel}", self._messages)
        application.router.add_get("/calls", self._calls)
        application.router.add_post("/{action}", self._post)
        return application

    @property
    def _space(self) -> Workspace:
        return self._server.workspace

    @property
    def _talk(self) -> Interactions:
        return self._space.interactions

    # --- looking

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response(snapshot.state(self._space) | {"faults": self._server.faults.in_force()})

    async def _messages(self, request: web.Request) -> web.Response:
        """`@name` is that person's direct message with the app."""
        which = request.match_info["channel"]
        if which.startswith("@") and self._space.apps:
            person, bot = known(self._space.user, which), self._space.apps[0].bot_user_id
            channel = channels.open_direct(self._space, [bot, person.id])
        else:
            channel = known(self._space.channel, which)
        return web.json_response(snapshot.messages(self._space, channel))

    async def _calls(self, request: web.Request) -> web.Response:
        method = request.query.get("method")
        calls = [call.to_json() for call in self._server.calls if method in (None, call.method)]
        return web.json_response(calls)

    async def _post(self, request: web.Request) -> web.Response:
        name = request.match_info["action"]
        action = self._actions.get(name)
        if action is None:
            raise RefusalError(f"nothing is called {name!r}; there are: {', '.join(sorted(self._actions))}", status=404)
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            raise RefusalError("the body is not JSON") from None
        if not isinstance(body, dict):
            raise RefusalError("the body is not a JSON object")
        return web.json_response(await action(ControlRequest(self._space, body)))

    # --- what people do

    async def _do_person(self, request: ControlRequest) -> Json:
        """Somebody new: a colleague, a guest, or with a `team_id` somebody from another workspace."""
        name = request.text("name")
        person = self._space.add_user(
            name,
            real_name=request.text("real_name", name.capitalize()),
            tz=request.text("tz", "UTC"),
            is_restricted=request.flag("is_restricted"),
            is_ultra_restricted=request.flag("is_ultra_restricted"),
            team_id=request.optional("team_id"),
        )
        return {"ok": True, "id": person.id}

    async def _do_message(self, request: ControlRequest) -> Json:
        ts = await self._space.post_message(
            user=request.user().id,
            channel=request.channel().id,
            text=request.typed(),
            thread_ts=request.optional("thread_ts"),
        )
        return {"ok": True, "ts": ts}

    async def _do_edit(self, request: ControlRequest) -> Json:
        channel, ts = request.message()
        await self._space.edit_message(user=request.user().id, channel=channel, ts=ts, text=request.typed())
        return {"ok": True}

    async def _do_delete(self, request: ControlRequest) -> Json:
        channel, ts = request.message()
        await self._space.delete_message(user=request.user().id, channel=channel, ts=ts)
        return {"ok": True}

    async def _do_reaction(self, request: ControlRequest) -> Json:
        channel, ts = request.message()
        change = self._space.remove_reaction if request.body.get("remove") else self._space.add_reaction
        await change(user=request.user().id, channel=channel, ts=ts, name=request.text("name"))
        return {"ok": True}

    async def _do_upload(self, request: ControlRequest) -> Json:
        ts = await self._space.upload_file(
            user=request.user().id,
            channel=request.channel().id,
            name=request.text("name"),
            text=request.text("text"),
            thread_ts=request.optional("thread_ts"),
        )
        return {"ok": True, "ts": ts}

    async def _do_pin(self, request: ControlRequest) -> Json:
        channel, ts = request.message()
        change = self._space.unpin_message if request.body.get("remove") else self._space.pin_message
        await change(user=request.user().id, channel=channel, ts=ts)
        return {"ok": True}

    async def _do_join(self, request: ControlRequest) -> Json:
        await self._space.join_channel(user=request.user().id, channel=request.channel().id)
        return {"ok": True}

    async def _do_leave(self, request: ControlRequest) -> Json:
        await self._space.leave_channel(user=request.user().id, channel=request.channel().id)
        return {"ok": True}

    async def _do_rename(self, request: ControlRequest) -> Json:
        await self._space.rename_channel(
            user=request.user().id, channel=request.channel().id, name=request.text("name")
        )
        return {"ok": True}

    async def _do_private(self, request: ControlRequest) -> Json:
        await self._space.make_private(user=request.user().id, channel=request.channel().id)
        return {"ok": True}

    async def _do_archive(self, request: ControlRequest) -> Json:
        change = self._space.unarchive_channel if request.body.get("remove") else self._space.archive_channel
        await change(user=request.user().id, channel=request.channel().id)
        return {"ok": True}

    async def _do_deactivate(self, request: ControlRequest) -> Json:
        await self._space.deactivate_user(user=request.user().id)
        return {"ok": True}

    # --- commands, buttons and modals

    async def _do_command(self, request: ControlRequest) -> Json:
        return _answer(
            await self._talk.run_command(
                user=request.user().id,
                channel=request.channel().id,
                command=request.text("command"),
                text=request.text("text", ""),
                wait=request.number("wait", 3.0),
            )
        )

    async def _do_click(self, request: ControlRequest) -> Json:
        """In a message; without `ts` in the view that this person has open."""
        if "ts" not in request.body:
            return await self._do_input(request)
        channel, ts = request.message()
        return _answer(
            await self._talk.click(
                user=request.user().id,
                channel=channel,
                ts=ts,
                action_id=request.text("action_id"),
                value=request.body.get("value"),
                block_id=request.optional("block_id"),
                wait=request.number("wait", 3.0),
            )
        )

    async def _do_input(self, request: ControlRequest) -> Json:
        return _answer(
            await self._talk.change_input(
                user=request.user().id,
                block_id=request.optional("block_id"),
                action_id=request.text("action_id"),
                value=request.body.get("value"),
                wait=request.number("wait", 3.0),
            )
        )

    async def _do_submit(self, request: ControlRequest) -> Json:
        values = request.body.get("values", {})
        if not isinstance(values, dict):
            raise RefusalError("'values' is an object: {block_id: {action_id: value}}")
        return _answer(await self._talk.submit(user=request.user().id, values=values, wait=request.number("wait", 3.0)))

    async def _do_close(self, request: ControlRequest) -> Json:
        await self._talk.close_view(user=request.user().id)
        return {"ok": True}

    async def _do_shortcut(self, request: ControlRequest) -> Json:
        channel, ts = request.message() if "ts" in request.body else (None, None)
        return _answer(
            await self._talk.run_shortcut(
                user=request.user().id,
                callback_id=request.text("callback_id"),
                channel=channel,
                ts=ts,
                wait=request.number("wait", 3.0),
            )
        )

    async def _do_home(self, request: ControlRequest) -> Json:
        return _answer(await self._talk.open_home(user=request.user().id, wait=request.number("wait", 3.0)))

    # --- the workspace itself

    async def _do_faults(self, request: ControlRequest) -> Json:
        for fault in self._server.faults.set(request.body):
            if fault.name == "refresh":
                self._server.refresh(fault.reason, fault.left)
            elif fault.name == "silence":
                self._server.silence(fault.left)
        return {"ok": True, "faults": self._server.faults.in_force()}

    async def _do_reset(self, _request: ControlRequest) -> Json:
        await self._server.reset()
        return {"ok": True}

    async def _do_app(self, request: ControlRequest) -> Json:
        """Set an app's request URL; null brings it back to Socket Mode."""
        name = request.text("app", self._space.apps[0].name if self._space.apps else None)
        app = next((app for app in self._space.apps if name in (app.name, app.id)), None)
        if app is None:
            raise RefusalError(
                f"unknown app {name!r}; there are: {', '.join(a.name for a in self._space.apps)}", status=404
            )
        if "request_url" not in request.body:
            raise RefusalError("'request_url' is missing")
        await app.use_request_url(request.optional("request_url"))
        return {"ok": True, "app": app.id, "request_url": app.request_url}

    async def _do_idle(self, request: ControlRequest) -> Json:
        """Wait until apps have acknowledged everything, at most `within` machine seconds."""
        try:
            async with asyncio.timeout(request.number("within", 5.0)):
                for app in self._space.apps:
                    await app.delivery.settled()
        except TimeoutError:
            return {"ok": True, "idle": False, "unacknowledged": self._space.unacknowledged()}
        return {"ok": True, "idle": True, "unacknowledged": 0}

    async def _do_clock(self, request: ControlRequest) -> Json:
        """Move a clock that stands still: `advance` in seconds."""
        clock = self._space.clock
        if not isinstance(clock, SteppedClock):
            raise RefusalError("this workspace's clock is the machine's: nobody can move it")
        advance = request.number("advance")
        if advance < 0:
            raise RefusalError("'advance' is not negative: the clock never goes backwards")
        clock.jump(clock.time() + advance)
        return {"ok": True, "time": clock.time()}


@web.middleware
async def _in_sentences(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refusals as JSON with a sentence."""
    try:
        return await handler(request)
    except RefusalError as refused:
        return web.json_response({"ok": False, "error": str(refused)}, status=refused.status)
    except (WorkspaceError, FaultError, RequestUrlError) as refused:
        return web.json_response({"ok": False, "error": str(refused)}, status=400)
    except web.HTTPException as refused:
        return web.json_response({"ok": False, "error": refused.reason}, status=refused.status)


def _answer(answer: Answer) -> dict[str, Any]:
    return asdict(answer)
