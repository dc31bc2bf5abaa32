"""What a source is: somewhere that payloads come from, such as Slack."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.service.desk import UnitOfWork
from bot.store.tables import InboxItem, Incident


class Source(ABC):
    """Applies what came from it, behind the answer that it has been given."""

    name: str  # as the inbox has it
    waits_for_failed = False  # whether what follows in a lane waits for an item that failed, until that is set aside

    @abstractmethod
    async def apply(self, uow: UnitOfWork, items: Sequence[InboxItem]) -> None:
        """Applies items of one lane, in their order; what it does is committed with the mark that they are done.

        Raises TooEarly where what they belong to is just being made: the lane waits. Any other failure is the items'
        own: they are tried one by one.
        """

    async def still_too_early(self, uow: UnitOfWork, lanes: Collection[str]) -> set[str]:
        """Of the lanes for which it was too early, those for which it still is; reads only."""
        return set()


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """What a program sends, as it came."""

    integration: str  # as the address names it
    key: str  # what stands behind that in the address; "" where nothing does
    headers: Mapping[str, str]  # in whatever case they are asked for
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Received:
    """What is stored of it."""

    id: str  # the same each time that the same is sent
    lane: str  # what must be applied in order; a source's own
    body: Mapping[str, Any]


class Hook(Source):
    """A source that programs write to over HTTP: `POST /hooks/NAME/INTEGRATION`, or with a key behind it."""

    @abstractmethod
    def authentic(self, incoming: Incoming) -> bool:
        """Whether it comes from that integration, over the bytes as they came.

        It takes as long for an integration that there is not as for a wrong proof.
        """

    @abstractmethod
    def read(self, incoming: Incoming) -> Received:
        """What of it is to be stored. Raises IntakeRefused with everything that is wrong with it."""

    async def incident(self, uow: UnitOfWork, received: Received) -> Incident | None:
        """The incident that it belongs to, where that is known before it is applied and the sender may know it."""
        return None
