"""How much waits, failed or is open, in numbers: what is told to a monitor, so without a word of anybody's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.lifecycle import LIVE
from bot.store.tables import DueJob, InboxItem, Incident, OutboxItem

# Not what was applied, done or needless: it only grows, and counting it means reading all of it.
INBOX_STATES = ("waiting", "failed")
OUTBOX_STATES = ("waiting", "sending", "refused")


@dataclass(frozen=True, kw_only=True)
class Depths:
    """One moment of one workspace; the mappings hold every state, and only priorities that have open incidents."""

    inbox: Mapping[str, int]
    inbox_oldest: datetime | None  # when the oldest of those that wait was received
    outbox: Mapping[str, int]
    outbox_oldest: datetime | None  # when the oldest of those that wait or are being sent was promised
    failed_jobs: int
    open_incidents: Mapping[str, int]  # priority -> incidents that are not private
    open_private_incidents: int


async def depths(session: AsyncSession, team_id: str) -> Depths:
    """Four queries, each on an index that leads with the state."""
    inbox = await session.execute(
        select(InboxItem.state, func.count(), func.min(InboxItem.received_at))
        .where(InboxItem.team_id == team_id, InboxItem.state.in_(INBOX_STATES))
        .group_by(InboxItem.state)
    )
    outbox = await session.execute(
        select(OutboxItem.state, func.count(), func.min(OutboxItem.created_at))
        .where(OutboxItem.team_id == team_id, OutboxItem.state.in_(OUTBOX_STATES))
        .group_by(OutboxItem.state)
    )
    failed_jobs = await session.scalar(
        select(func.count()).where(DueJob.team_id == team_id, DueJob.state == "failed").select_from(DueJob)
    )
    incidents = await session.execute(
        select(Incident.is_private, Incident.priority, func.count())
        .where(Incident.team_id == team_id, Incident.status.in_(LIVE))
        .group_by(Incident.is_private, Incident.priority)
    )
    # How urgent a private one is, is nobody's business.
    is_open = [(is_private, priority, count) for is_private, priority, count in incidents]
    came = {state: (count, oldest) for state, count, oldest in inbox}
    goes = {state: (count, oldest) for state, count, oldest in outbox}
    unsent = [goes[state][1] for state in ("waiting", "sending") if state in goes]
    return Depths(
        inbox={state: came[state][0] if state in came else 0 for state in INBOX_STATES},
        inbox_oldest=came["waiting"][1] if "waiting" in came else None,
        outbox={state: goes[state][0] if state in goes else 0 for state in OUTBOX_STATES},
        outbox_oldest=min(unsent, default=None),
        failed_jobs=failed_jobs or 0,
        open_incidents={priority: count for is_private, priority, count in is_open if not is_private},
        open_private_incidents=sum(count for is_private, _, count in is_open if is_private),
    )
