"""What people were promised and Slack has not taken yet: shown where they look, for as long as it is so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.domain.mrkdwn import Mrkdwn
from bot.service.desk import UnitOfWork
from bot.service.events import SomethingWaits
from bot.service.incidents import by_id
from bot.service.notifications import lanes, publish
from bot.store.outbox import UNFINISHED
from bot.store.tables import DueJob, Incident, OutboxItem

JOB = "still_waiting"
# Slack asks for a short wait now and then; that is nothing to tell.
MARKED_AFTER = timedelta(minutes=1)
_NAMED_AFTER = timedelta(seconds=10)
# What it is called by whoever waits for it. The rest (topic, pin, the card itself) is seen where it is.
_WHAT = {
    "create_channel": "the channel",
    "invite": "an invitation",
    "post_card": "the card",
    "post": "a message in the channel",
    "post_rest": "the rest of a long message",
    "upload_postmortem": "the postmortem draft",
    "announce": "the announcement",
    "post_to_stakeholders": "a message to stakeholders",
}


@dataclass(frozen=True, kw_only=True)
class Waiting:
    what: Sequence[str]  # each kind once, the oldest first
    since: datetime

    @property
    def listed(self) -> Mrkdwn:
        return Mrkdwn(", ").join(self.what)


async def what_waits(uow: UnitOfWork, incident: Incident, *, longer_than: timedelta = _NAMED_AFTER) -> Waiting | None:
    """What has been waiting for so long to be shown in Slack."""
    rows = (
        await uow.session.execute(
            select(OutboxItem.step, OutboxItem.created_at)
            .where(
                OutboxItem.team_id == uow.team_id,
                OutboxItem.state.in_(UNFINISHED),
                OutboxItem.destination == "slack",
                OutboxItem.lane.in_(lanes(incident)),  # there is an index for these
                OutboxItem.step.in_(_WHAT),
                OutboxItem.created_at <= uow.now - longer_than,
            )
            .order_by(OutboxItem.id)
        )
    ).all()
    if not rows:
        return None
    return Waiting(what=list(dict.fromkeys(_WHAT[step] for step, _ in rows)), since=min(at for _, at in rows))


async def watch(uow: UnitOfWork, item: OutboxItem) -> None:
    """An item has to be tried again: if it still waits after a minute, the card will say so."""
    due = item.created_at + MARKED_AFTER
    if item.incident_id is not None and item.step in _WHAT and due > uow.now:
        incident = await by_id(uow, item.incident_id)
        await uow.schedule(JOB, key=f"{JOB}:{incident.id}:{due:%Y-%m-%dT%H:%M:%S}", due_at=due, incident=incident)


async def unmark(uow: UnitOfWork, item: OutboxItem) -> None:
    """An item waits no more: a mark that it has left on the card is taken away."""
    if item.incident_id is not None and item.step in _WHAT and uow.now - item.created_at >= MARKED_AFTER:
        await publish(uow, SomethingWaits(incident=await by_id(uow, item.incident_id)))


async def mark(uow: UnitOfWork, job: DueJob) -> None:
    """The card shows what waits, where it still does."""
    incident = await by_id(uow, job.incident_id)
    if await what_waits(uow, incident, longer_than=MARKED_AFTER):
        await publish(uow, SomethingWaits(incident=incident))
