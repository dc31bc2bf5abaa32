"""The Web API as a table of methods: what each needs, and the function that carries it out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.delivery.app import App
from bot.sandbox.state.model import Channel, Json, Message, User
from bot.sandbox.workspace import Workspace

_TS = re.compile(r"\d{1,10}\.\d{6}")
_TRUE = {"true", "1"}
_FALSE = {"false", "0", ""}


# Any one of the scopes is enough; by kind of conversation where the method works on several; none: every token may.
Scopes = tuple[str, ...] | Mapping[str, tuple[str, ...]]


class ApiError(Exception):
    """A refusal: Slack's error name and what else the answer carries."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer: Json = {"ok": False, "error": error, **more}


def invalid_arguments(*messages: str) -> ApiError:
    """The refusal of arguments of the wrong kind, with a sentence about each."""
    return ApiError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in messages]})


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: who calls, and the arguments, which may all have come as strings."""

    workspace: Workspace
    app: App
    args: Mapping[str, Any] = field(default_factory=dict)
    scopes: Scopes = ()

    @property
    def bot(self) -> User:
        return self.workspace.users[self.app.bot_user_id]

    # --- arguments

    def given(self, name: str) -> bool:
        return self.args.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        value = self.args.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        raise invalid_arguments(f"must be a string [json-pointer:/{name}]")

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.text(name).lower()
        if not self.given(name):
            return default
        if value in _TRUE or value in _FALSE:
            return value in _TRUE
        raise invalid_arguments(f"must be a boolean [json-pointer:/{name}]")

    def number(self, name: str, default: int) -> int:
        value = self.text(name)
        if not self.given(name):
            return default
        if re.fullmatch(r"-?\d{1,12}", value):
            return int(value)
        raise invalid_arguments(f"must be an integer [json-pointer:/{name}]")

    def names(self, name: str) -> list[str]:
        """A comma-separated list, or a JSON one."""
        value = self.args.get(name)
        if isinstance(value, str) and value.startswith("["):
            value = self.json(name)
        if isinstance(value, list):
            return [str(one).strip() for one in value]
        return [one.strip() for one in self.text(name).split(",") if one.strip()]

    def json(self, name: str) -> Any:
        """A structured argument, JSON text in a form; None where absent, the text where it is no JSON."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value

    # --- what the arguments name

    def sees(self, channel: Channel) -> bool:
        """A private channel is there for its members only."""
        return self.bot.id in channel.members or not (channel.is_private or channel.is_direct)

    def channel(self, name: str = "channel") -> Channel:
        """The channel with that id, where the app may know of it."""
        found = self.workspace.channels.get(self.text(name))
        if found is None or not self.sees(found):
            raise ApiError("channel_not_found")
        self.need_scope_for(found.kind)
        return found

    def need_scope_for(self, kind: str) -> None:
        """Refuse where the app may not use this method on such conversations."""
        if not isinstance(self.scopes, tuple):
            need_scope(self.app, self.scopes.get(kind, ()))

    def joined_channel(self, name: str = "channel") -> Channel:
        """The channel, with the bot in it."""
        found = self.channel(name)
        if self.bot.id not in found.members:
            raise ApiError("not_in_channel")
        return found

    def timestamp(self, name: str, *, error: str = "bad_timestamp") -> str:
        value = self.text(name)
        if not _TS.fullmatch(value):
            raise ApiError(error)
        return value

    def message_in(self, channel: Channel, name: str = "timestamp", *, bad: str = "bad_timestamp") -> Message:
        found = channel.messages.get(self.timestamp(name, error=bad))
        if found is None or found.deleted:
            raise ApiError("message_not_found")
        return found


Handler = Callable[[Call], Json]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method as the workspace serves it."""

    name: str
    handler: Handler
    scopes: Scopes
    required: tuple[str, ...]


METHODS: dict[str, Method] = {}


def method(name: str, *, scopes: Scopes = (), required: tuple[str, ...] = ()) -> Callable[[Handler], Handler]:
    """Register a function as the Web API method `name`; it returns the answer without `ok`, or raises ApiError."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name=name, handler=handler, scopes=scopes, required=required)
        return handler

    return register


def by_kind(right: str) -> Mapping[str, tuple[str, ...]]:
    """The scopes of a right that Slack gives by kind of conversation: channels:history, groups:history and so on."""
    families = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
    return {kind: (f"{family}:{right}",) for kind, family in families.items()}


def all_scopes(scopes: Scopes) -> tuple[str, ...]:
    """Every scope with which the method can be of use."""
    return scopes if isinstance(scopes, tuple) else tuple(dict.fromkeys(one for row in scopes.values() for one in row))


def need_scope(app: App, scopes: tuple[str, ...]) -> None:
    if scopes and app.scopes.isdisjoint(scopes):
        raise ApiError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(app.scopes)))


def call(workspace: Workspace, app: App, method_name: str, args: Mapping[str, Any]) -> Json:
    """Carry out a call and return the JSON body of the answer."""
    found = METHODS.get(method_name)
    if found is None:
        return {"ok": False, "error": "unknown_method"}
    asked = Call(workspace=workspace, app=app, args=args, scopes=found.scopes)
    try:
        need_scope(app, all_scopes(found.scopes))
        missing = [name for name in found.required if args.get(name) is None]
        if missing:
            raise invalid_arguments(*(f"missing required field: {name}" for name in missing))
        return {"ok": True} | found.handler(asked)
    except ApiError as refused:
        return refused.answer
