"""Slack as a source: what it has sent is applied as events, in order for each channel."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from bot.intake.source import Source
from bot.service.desk import UnitOfWork
from bot.service.incidents import known_channels
from bot.slack.inbound import events
from bot.slack.inbound.inbox import SLACK
from bot.slack.inbound.slack_event import SlackEvent
from bot.store import outbox
from bot.store.tables import InboxItem


class SlackSource(Source):
    name = SLACK

    async def apply(self, uow: UnitOfWork, items: Sequence[InboxItem]) -> None:
        await events.apply(uow, [SlackEvent(event=item.body["event"], at=_time_of(item)) for item in items])

    async def still_too_early(self, uow: UnitOfWork, lanes: Collection[str]) -> set[str]:
        """Those whose channel is not known while one is being made."""
        if not await outbox.making_a_channel(uow.session, uow.team_id):
            return set()
        return set(lanes) - set(await known_channels(uow, lanes))


def _time_of(item: InboxItem) -> datetime:
    """When Slack says that it happened; when it came, where that is no time or has not come yet."""
    told = item.body.get("event_time")
    if not isinstance(told, int | float) or isinstance(told, bool) or told <= 0:
        return item.received_at
    try:
        return min(datetime.fromtimestamp(told, UTC), item.received_at)
    except (ValueError, OverflowError, OSError):  # what Python and C say of a time of a billion years
        return item.received_at
