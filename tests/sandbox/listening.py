"""An app that writes down every inner event that the workspace hands to it, for tests below the server."""

from __future__ import annotations

from typing import Any

from bot.sandbox.delivery.app import App
from bot.sandbox.state.clock import SteppedClock
from bot.sandbox.web.api import call
from bot.sandbox.workspace import Workspace

START = 1_540_162_320.0  # 2018-10-21 22:52:00 UTC


class ListeningApp(App):
    """An app whose events are looked at instead of sent."""

    heard: list[dict[str, Any]]

    def deliver_event(self, event: dict[str, Any]) -> None:
        self.__dict__.setdefault("heard", []).append(event)

    def types(self) -> list[str]:
        """What it heard, as type or type/subtype."""
        return [f"{e['type']}/{e['subtype']}" if e.get("subtype") else e["type"] for e in self.events_heard()]

    def events_heard(self) -> list[dict[str, Any]]:
        return self.__dict__.get("heard", [])

    def last(self, kind: str) -> dict[str, Any]:
        """The newest event of this type, or type/subtype."""
        return [e for e, name in zip(self.events_heard(), self.types(), strict=True) if name == kind][-1]

    def forget(self) -> None:
        self.__dict__["heard"] = []


class Office:
    """A workspace with ana, ben and chloe in #general, and an app that is only where it is brought."""

    def __init__(self, **app: Any) -> None:
        self.clock = SteppedClock(START)
        self.space = Workspace(self.clock)
        for name, real_name, tz in (
            ("ana", "Ana Torres", "America/New_York"),
            ("ben", "Ben Okafor", "Europe/London"),
            ("chloe", "Chloe Martin", "Europe/Paris"),
        ):
            self.space.add_user(name, real_name=real_name, tz=tz)
        self.general = self.space.add_channel("general", members=["ana", "ben", "chloe"])
        self.app = ListeningApp.install(self.space, name="helper", **app)

    def id(self, who: str) -> str:
        return self.space.user(who).id

    def call(self, method: str, **args: Any) -> dict[str, Any]:
        return call(self.space, self.app, method, args)

    def ok(self, method: str, **args: Any) -> dict[str, Any]:
        answer = self.call(method, **args)
        assert answer["ok"], answer
        return answer

    def error(self, method: str, **args: Any) -> str:
        answer = self.call(method, **args)
        assert not answer["ok"], answer
        return str(answer["error"])

    def channel(self, name: str = "room", **args: Any) -> str:
        """The id of a new channel that the app made."""
        return str(self.ok("conversations.create", name=name, **args)["channel"]["id"])
