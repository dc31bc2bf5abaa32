"""What a source is: somewhere that payloads come from, such as Slack."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from bot.service.desk import UnitOfWork
from bot.store.tables import InboxItem


class Source(ABC):
    """Applies what came from it, behind the answer that it has been given."""

    name: str  # as the inbox has it

    @abstractmethod
    async def apply(self, uow: UnitOfWork, items: Sequence[InboxItem]) -> None:
        """Applies items of one lane, in their order; what it does is committed with the mark that they are done.

        Raises TooEarly where what they belong to is just being made: the lane waits. Any other failure is the items'
        own: they are tried one by one.
        """

    async def still_too_early(self, uow: UnitOfWork, lanes: Collection[str]) -> set[str]:  # noqa: ARG002
        """Of the lanes for which it was too early, those for which it still is; reads only."""
        return set()
