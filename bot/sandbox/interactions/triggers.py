"""Trigger ids: leave to open one modal, for three seconds of the machine's time."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass

LIVES = 3.0


class TriggerError(Exception):
    """The trigger cannot be exchanged; the text is Slack's error name."""


@dataclass(kw_only=True)
class Trigger:
    """What a person did that lets the app show them a modal."""

    user: str
    app_id: str
    channel: str | None
    view_id: str | None  # the modal in which it was done
    made: float  # machine time
    exchanged: bool = False


class Triggers:
    """All trigger ids of a workspace. Make `lives` shorter to see them expire."""

    def __init__(self, lives: float = LIVES) -> None:
        self.lives = lives
        self._triggers: dict[str, Trigger] = {}
        self._number = itertools.count(1)

    def issue(self, *, user: str, app_id: str, channel: str | None = None, view_id: str | None = None) -> str:
        """A new trigger id, in Slack's format."""
        trigger_id = f"{10_000_000_000 + next(self._number)}.{secrets.randbelow(10**12):012}.{secrets.token_hex(16)}"
        self._triggers[trigger_id] = Trigger(
            user=user, app_id=app_id, channel=channel, view_id=view_id, made=time.monotonic()
        )
        return trigger_id

    def exchange(self, trigger_id: str, *, app_id: str) -> Trigger:
        """Use the trigger up."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None or trigger.app_id != app_id:
            raise TriggerError("invalid_trigger_id")
        if trigger.exchanged:
            raise TriggerError("exchanged_trigger_id")
        if time.monotonic() - trigger.made >= self.lives:
            raise TriggerError("expired_trigger_id")
        trigger.exchanged = True
        return trigger
