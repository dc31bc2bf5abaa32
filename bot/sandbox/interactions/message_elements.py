"""Elements in messages: finding what somebody uses, and remembering what they chose there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.sandbox import shapes
from bot.sandbox.block_kit import inputs
from bot.sandbox.interactions import payloads
from bot.sandbox.interactions.responder import ResponseTarget
from bot.sandbox.state.activity import Happening
from bot.sandbox.state.apps import InstalledApp
from bot.sandbox.state.model import Channel, Json, User, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState


@dataclass(frozen=True, kw_only=True)
class Use:
    """One element of a message or view in one person's hand."""

    app: InstalledApp
    person: User
    blocks: list[Json]  # all of the message or view
    block: Json
    element: Json
    where: Json  # what the payload says about the place: container, and channel and message, or view


class MessageElements:
    """The interactive side of messages, ephemeral ones included."""

    def __init__(self, workspace: WorkspaceState) -> None:
        self._workspace = workspace
        self._chosen: dict[tuple[str, str, str], dict[str, dict[str, Json]]] = {}

    def shown(self, channel: Channel, ts: str) -> Json:
        """A message as payloads carry it: every block has its block_id."""
        message = shapes.message_json(self._workspace, self._workspace.message(channel.id, ts))
        if message.get("blocks"):
            message["blocks"] = inputs.named(message["blocks"], prefix=_prefix(ts))
        return message

    def use(self, person: User, channel: Channel, ts: str, *, action_id: str, value: Any, block_id: str | None) -> Use:
        """The element with this action_id; of several buttons that share one, that with this value."""
        whispered = next((one for one in self._workspace.ephemerals if one.ts == ts), None)
        if whispered is not None:
            app, blocks, where = self._in_ephemeral(person, channel, whispered)
        else:
            app, blocks, where = self._in_message(channel, ts)
        block, element = _pick(blocks, action_id=action_id, value=value, block_id=block_id)
        return Use(app=app, person=person, blocks=blocks, block=block, element=element, where=where)

    def target(self, use: Use, ts: str) -> ResponseTarget:
        """Answers go to this message."""
        container = use.where["container"]
        return ResponseTarget(
            app=use.app,
            user=use.person.id,
            channel=container["channel_id"],
            message_ts=ts,
            ephemeral=container["is_ephemeral"],
            thread_ts=container.get("thread_ts"),
        )

    def keep(self, use: Use, ts: str, state: Json | None) -> None:
        """Remember what was chosen: later payloads of this message tell it."""
        if state is not None:
            chosen = self._chosen.setdefault(_holder(use, ts), {})
            chosen.setdefault(use.block["block_id"], {})[use.element["action_id"]] = state

    def state(self, use: Use, ts: str) -> Json:
        """All that this person chose in the message."""
        return inputs.state_of(use.blocks, self._chosen.get(_holder(use, ts), {}))

    def _in_message(self, channel: Channel, ts: str) -> tuple[InstalledApp, list[Json], Json]:
        message = self._workspace.message(channel.id, ts)
        app = self._workspace.app_of(message)
        if app is None:
            raise WorkspaceError(f"message {ts} is not an app's: it has no elements")
        shown = self.shown(channel, ts)
        container: Json = {"type": "message", "message_ts": ts, "channel_id": channel.id, "is_ephemeral": False}
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        where = {"container": container, "channel": payloads.channel_of(channel), "message": shown}
        return app, shown.get("blocks", []), where

    def _in_ephemeral(
        self, person: User, channel: Channel, whispered: Happening
    ) -> tuple[InstalledApp, list[Json], Json]:
        app = next((app for app in self._workspace.apps if app.bot_user_id == whispered.user), None)
        if app is None or whispered.detail.get("to") != person.id or whispered.channel != channel.id:
            raise WorkspaceError(f"{person.name} does not see a message {whispered.ts} with elements there")
        blocks = inputs.named(whispered.blocks, prefix=_prefix(str(whispered.ts)))
        container: Json = {
            "type": "message",
            "message_ts": whispered.ts,
            "channel_id": channel.id,
            "is_ephemeral": True,
        }
        if whispered.thread_ts:
            container["thread_ts"] = whispered.thread_ts
        return app, blocks, {"container": container, "channel": payloads.channel_of(channel)}


def _holder(use: Use, ts: str) -> tuple[str, str, str]:
    """Whose choices in which message."""
    return use.where["container"]["channel_id"], ts, use.person.id


def _prefix(ts: str) -> str:
    return f"b{ts[-6:]}"


def _pick(blocks: list[Json], *, action_id: str, value: Any, block_id: str | None) -> tuple[Json, Json]:
    there = list(inputs.elements(blocks))
    named = [(b, e) for b, e in there if e["action_id"] == action_id and block_id in (None, b["block_id"])]
    buttons = [(b, e) for b, e in named if e["type"] == "button"]
    if value is not None and buttons:
        named = [(b, e) for b, e in named if e.get("value") == value]
    if named:
        return named[0]
    names = ", ".join(dict.fromkeys(_name(b, e) for b, e in there)) or "none"
    wanted = action_id + (f" with the value {value!r}" if buttons else "")
    raise WorkspaceError(f"the message has no element {wanted}; there are: {names}")


def _name(block: Json, element: Json) -> str:
    value = f" (value {element['value']!r})" if "value" in element else ""
    return f"{element['action_id']} in {block['block_id']}{value}"
