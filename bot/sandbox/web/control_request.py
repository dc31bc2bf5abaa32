"""What the control interface is asked: the JSON body of a POST, read key by key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.sandbox.actions import channels
from bot.sandbox.state import mentions
from bot.sandbox.state.model import Channel, Json, User, WorkspaceError
from bot.sandbox.workspace import Workspace

Found = TypeVar("Found")


class RefusalError(Exception):
    """The request cannot be carried out."""

    def __init__(self, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


class ControlRequest:
    """The JSON body of a POST; what is missing or unknown is refused with a sentence."""

    def __init__(self, workspace: Workspace, body: Json) -> None:
        self._workspace = workspace
        self.body = body

    def text(self, key: str, default: str | None = None) -> str:
        value = self.body.get(key, default)
        if value is None:
            raise RefusalError(f"{key!r} is missing")
        if not isinstance(value, str):
            raise RefusalError(f"{key!r} is a string, not {value!r}")
        return value

    def number(self, key: str, default: float | None = None) -> float:
        value = self.body.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RefusalError(f"{key!r} is missing" if value is None else f"{key!r} is a number, not {value!r}")
        return value

    def flag(self, key: str) -> bool:
        value = self.body.get(key, False)
        if not isinstance(value, bool):
            raise RefusalError(f"{key!r} is true or false, not {value!r}")
        return value

    def optional(self, key: str) -> str | None:
        return self.text(key) if self.body.get(key) is not None else None

    def typed(self, key: str = "text") -> str:
        """Text as somebody typed it: mentions by name (or already encoded) and & < > become what Slack stores."""
        text = self.text(key)
        return text if self.body.get("raw") is True else mentions.stored(self._workspace, text)

    def user(self, key: str = "user") -> User:
        return known(self._workspace.user, self.text(key))

    def channel(self, key: str = "channel") -> Channel:
        """By id or name; `@name` is this user's direct message with that one."""
        which = self.text(key)
        if which.startswith("@"):
            other = known(self._workspace.user, which)
            return channels.open_direct(self._workspace, [other.id, self.user().id])
        return known(self._workspace.channel, which)

    def message(self, key: str = "ts") -> tuple[str, str]:
        """Channel id and ts of a message that stands."""
        channel, ts = self.channel(), self.text(key)
        shown = any(one.ts == ts and one.channel == channel.id for one in self._workspace.ephemerals)
        if not shown:
            known(lambda _: self._workspace.message(channel.id, ts), ts)
        return channel.id, ts


def known(look_up: Callable[[str], Found], what: str) -> Found:
    """What is called so; a refusal where nothing is."""
    try:
        return look_up(what)
    except WorkspaceError as error:
        raise RefusalError(str(error), status=404) from error
