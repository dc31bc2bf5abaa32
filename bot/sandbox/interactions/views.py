"""Modals that people have open, three deep at most, and their home tabs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.block_kit import inputs
from bot.sandbox.state.activity import Happening
from bot.sandbox.state.apps import InstalledApp
from bot.sandbox.state.model import Json
from bot.sandbox.state.workspace_state import WorkspaceState

DEEPEST = 3


class ViewError(Exception):
    """The view cannot be shown; the text is Slack's error name."""


@dataclass(kw_only=True)
class View:
    """One modal or home tab as one person sees it."""

    id: str
    team_id: str
    app: InstalledApp
    user: str
    type: str  # "modal" | "home"
    root_id: str
    previous_id: str | None
    channel: str | None = None  # where the person was when it opened
    body: Json = field(default_factory=dict)
    hash: str = ""
    typed: dict[str, dict[str, Json]] = field(default_factory=dict)  # block_id -> action_id -> state of the element

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.body["blocks"]
        return blocks

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id") or "")

    @property
    def external_id(self) -> str:
        return str(self.body.get("external_id") or "")

    def state(self) -> Json:
        """What its inputs hold."""
        return inputs.state_of(self.blocks, self.typed)

    def element(self, block_id: str, action_id: str) -> tuple[Json, Json] | None:
        """The block and the element with these ids."""
        for block, element in inputs.elements(self.blocks):
            if (block["block_id"], element["action_id"]) == (block_id, action_id):
                return block, element
        return None

    def enter(self, block_id: str, action_id: str, state: Json) -> None:
        """The person typed or chose something."""
        self.typed.setdefault(block_id, {})[action_id] = state

    def refill(self, body: Mapping[str, Any], *, now: int) -> None:
        """Show other contents; what was typed stays where block_id and action_id stay."""
        self.body = {**body, "blocks": inputs.named(body.get("blocks") or [], prefix=self.id[-4:])}
        self.hash = f"{now}.{secrets.token_hex(4)}"
        there = {(block["block_id"], element["action_id"]) for block, element in inputs.elements(self.blocks)}
        self.typed = {
            block_id: {action_id: state for action_id, state in actions.items() if (block_id, action_id) in there}
            for block_id, actions in self.typed.items()
        }

    def shown(self) -> Json:
        """The view object of Slack's answers and payloads."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "type": self.type,
            "blocks": self.blocks,
            "private_metadata": self.body.get("private_metadata") or "",
            "callback_id": self.callback_id,
            "state": self.state(),
            "hash": self.hash,
            "title": self.body.get("title"),
            "clear_on_close": bool(self.body.get("clear_on_close")),
            "notify_on_close": bool(self.body.get("notify_on_close")),
            "close": self.body.get("close"),
            "submit": self.body.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": self.app.id,
            "external_id": self.external_id,
            "app_installed_team_id": self.team_id,
            "bot_id": self.app.bot_id,
        }


class Views:
    """Every open view of a workspace; the last of a person's stack is the one on the screen."""

    def __init__(self, workspace: WorkspaceState) -> None:
        self._workspace = workspace
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[tuple[str, str], View] = {}

    def top(self, user: str) -> View | None:
        """The modal on this person's screen."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def stack(self, user: str) -> list[View]:
        """All modals this person has open, the lowest first."""
        return list(self._stacks.get(user, ()))

    def home(self, app_id: str, user: str) -> View | None:
        """What the app published on this person's home tab."""
        return self._homes.get((app_id, user))

    def open(self, app: InstalledApp, user: str, body: Mapping[str, Any], *, channel: str | None) -> View:
        """Show a modal; one that was open before makes way."""
        self._free(app, body, except_for=None)
        view = self._new(app, user, "modal", channel=channel)
        self._stacks[user] = [view]
        return self._fill(view, body, "opened")

    def push(self, app: InstalledApp, user: str, body: Mapping[str, Any], *, on: str | None) -> View:
        """Put a modal on top of the one with the id `on`."""
        below = self.top(user)
        if below is None or on not in {view.id for view in self.stack(user)}:
            raise ViewError("not_found")
        if len(self._stacks[user]) >= DEEPEST:
            raise ViewError("push_limit_reached")
        self._free(app, body, except_for=None)
        view = self._new(app, user, "modal", channel=below.channel)
        view.root_id, view.previous_id = below.root_id, below.id
        self._stacks[user].append(view)
        return self._fill(view, body, "pushed")

    def find(self, app: InstalledApp, *, view_id: str = "", external_id: str = "") -> View:
        """An open view of this app."""
        for view in self._all():
            wanted = view.id == view_id if view_id else bool(external_id) and view.external_id == external_id
            if wanted and view.app is app:
                return view
        raise ViewError("not_found")

    def update(self, view: View, body: Mapping[str, Any], *, expected_hash: str = "") -> View:
        """Show other contents in a view."""
        if expected_hash and expected_hash != view.hash:
            raise ViewError("hash_conflict")
        self._free(view.app, body, except_for=view)
        return self._fill(view, body, "updated")

    def publish(self, app: InstalledApp, user: str, body: Mapping[str, Any], *, expected_hash: str = "") -> View:
        """Set a person's home tab."""
        view = self._homes.get((app.id, user))
        if view is None:
            self._free(app, body, except_for=None)
            view = self._homes[app.id, user] = self._new(app, user, "home", channel=None)
        elif expected_hash and expected_hash != view.hash:
            raise ViewError("hash_conflict")
        self._free(app, body, except_for=view)
        view.refill(body, now=self._workspace.now())
        return view

    def close(self, view: View) -> None:
        """Take one modal off the screen; the one below shows again."""
        stack = self._stacks.get(view.user, [])
        if view in stack:
            stack.remove(view)

    def clear(self, user: str) -> list[View]:
        """Close all of a person's modals; returns them, the topmost first."""
        return list(reversed(self._stacks.pop(user, [])))

    def _all(self) -> list[View]:
        return [*(view for stack in self._stacks.values() for view in stack), *self._homes.values()]

    def _free(self, app: InstalledApp, body: Mapping[str, Any], *, except_for: View | None) -> None:
        wanted = body.get("external_id")
        if wanted and any(v.external_id == wanted and v.app is app and v is not except_for for v in self._all()):
            raise ViewError("duplicate_external_id")

    def _new(self, app: InstalledApp, user: str, kind: str, *, channel: str | None) -> View:
        view_id, team = self._workspace.new_id("V"), self._workspace.team_id
        return View(
            id=view_id, team_id=team, app=app, user=user, type=kind, root_id=view_id, previous_id=None, channel=channel
        )

    def _fill(self, view: View, body: Mapping[str, Any], how: str) -> View:
        view.refill(body, now=self._workspace.now())
        shown = view.shown()
        if view.type == "modal":
            title = body.get("title")
            self._workspace.tell(
                Happening(
                    at=self._workspace.clock.time(),
                    kind="modal",
                    user=view.app.bot_user_id,
                    channel=view.channel,
                    text=str(title.get("text", "")) if isinstance(title, Mapping) else "",
                    blocks=tuple(view.blocks),
                    detail={"to": view.user, "how": how, "view_id": view.id, "callback_id": view.callback_id},
                )
            )
            self._workspace.show(view.user, {"text": "", "blocks": [], "response_type": "ephemeral", "view": shown})
        return view
