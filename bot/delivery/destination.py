"""What a destination is: somewhere that people or programs are told, such as Slack."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Generic, TypeVar

from bot.errors import Busy, Refused
from bot.service.desk import UnitOfWork
from bot.store.tables import OutboxItem

Prepared = TypeVar("Prepared")
Answer = Mapping[str, Any]


class Verdict(Enum):
    """What follows from a refusal."""

    DONE = "it is as it should be already"
    AGAIN = "something was changed: try at once"
    LATER = "somebody has to act first, and what was promised is told then"
    GIVE_UP = "it will never be told: tell a person"


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Something has to wait for the destination's limits: its lane, or everything of its step."""

    since: datetime
    until: datetime
    lane: bool

    def holds(self, now: datetime) -> bool:
        """Not where the clock was set back: nobody knows then how long it has been."""
        return self.since <= now < self.until


class Destination(ABC, Generic[Prepared]):
    """Prepares an item of the outbox, sends it, and keeps what the answer tells."""

    name: str  # as the outbox has it
    at_once = 16  # items that are under way together
    longest_pause = timedelta(minutes=1)  # the most that an item waits before it is tried again

    @abstractmethod
    async def prepare(self, uow: UnitOfWork, item: OutboxItem) -> Prepared | None:
        """What to send as things are now, or None where there is nothing to tell any more. Reads only."""

    @abstractmethod
    async def send(self, item: OutboxItem, prepared: Prepared) -> Answer:
        """The destination's answer; outside any transaction. Raises Busy, Refused or Unclear."""

    async def find(self, item: OutboxItem, prepared: Prepared) -> Answer | None:
        """The answer to an earlier attempt whose outcome was unclear, where that had its effect.

        None where it had none, or where sending it again does no harm.
        """
        return None

    async def record(self, uow: UnitOfWork, item: OutboxItem, prepared: Prepared, answer: Answer) -> None:
        """Stores what the answer tells, and promises what follows from it."""

    async def refused(self, uow: UnitOfWork, item: OutboxItem, prepared: Prepared, problem: Refused) -> Verdict:
        """What a refusal changes, and what follows from it."""
        return Verdict.GIVE_UP

    def pause(self, item: OutboxItem) -> float | None:
        """Seconds until an item is tried again that failed `item.attempts` times before; None: it is given up."""
        return min(self.longest_pause.total_seconds(), 2.0**item.attempts)

    def hold(self, item: OutboxItem, prepared: Prepared) -> Hold | None:
        """None where the destination's limits let it go now; then it is counted."""
        return None

    def asked_to_wait(self, item: OutboxItem, prepared: Prepared, problem: Busy) -> None:
        """The destination's own limits are known better now."""

    async def delayed(self, uow: UnitOfWork, item: OutboxItem) -> None:
        """It has to be tried again."""

    async def finished(self, uow: UnitOfWork, item: OutboxItem) -> None:
        """It was told, or is not to be told any more."""

    async def close(self) -> None:
        """At the end: connections are let go."""

    @abstractmethod
    async def given_up(self, uow: UnitOfWork, item: OutboxItem, *, why: str) -> None:
        """It will never be told; `why` is part of a sentence. Whoever has to know is told."""
