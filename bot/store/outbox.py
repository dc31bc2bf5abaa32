"""The outbox as a queue: items are leased, in order for each lane."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Float, String, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.store.base import Moment
from bot.store.tables import OutboxItem

UNFINISHED = ("waiting", "sending")


# Built once: putting these statements together takes longer than the database needs for them.
_earlier, _awaited = aliased(OutboxItem), aliased(OutboxItem)
_TEAM, _NOW, _MACHINE_TIME = (
    bindparam("team", type_=String),
    bindparam("now", type_=Moment),
    bindparam("machine_time", type_=Float),
)
# An item may go out when its time has come, the one that it waits for is finished, and no earlier item of its lane is
# unfinished.
_MAY_GO_OUT = and_(
    OutboxItem.team_id == _TEAM,
    OutboxItem.state == "waiting",
    or_(OutboxItem.not_before.is_(None), OutboxItem.not_before <= _NOW),
    ~exists().where(_awaited.id == OutboxItem.after_id, _awaited.state.in_(UNFINISHED)),
    ~exists().where(
        _earlier.team_id == OutboxItem.team_id,
        _earlier.lane == OutboxItem.lane,
        _earlier.id < OutboxItem.id,
        _earlier.state.in_(UNFINISHED),
    ),
)
_SENDING = and_(OutboxItem.team_id == _TEAM, OutboxItem.state == "sending")
_CUT_OFF = and_(_SENDING, OutboxItem.leased_until < _MACHINE_TIME)
_CLAIMABLE = (
    select(OutboxItem)
    .where(_MAY_GO_OUT)
    .order_by(OutboxItem.urgency, OutboxItem.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_FREE_CUT_OFF = (
    update(OutboxItem)
    .where(_CUT_OFF)
    .values(state="waiting", unclear=True)
    .execution_options(synchronize_session=False)
)
_READY = select(OutboxItem.id).where(or_(_CUT_OFF, _MAY_GO_OUT)).limit(1)
_BUSY = select(OutboxItem.id).where(or_(_SENDING, _MAY_GO_OUT)).limit(1)


async def claim(
    session: AsyncSession, team_id: str, *, now: datetime, machine_time: float, lease: float, most: int
) -> Sequence[OutboxItem]:
    """Leases up to `most` items that may go out now, urgent ones first; `lease` in seconds of machine time."""
    items = (await session.scalars(_CLAIMABLE, {"team": team_id, "now": now, "most": most})).all()
    for item in items:
        item.state, item.leased_until = "sending", machine_time + lease
    return items


async def free_cut_off(session: AsyncSession, team_id: str, *, machine_time: float) -> None:
    """An item whose lease ran out was being sent when its process died: whether it had its effect is unclear.

    At the start of the only process on a database no lease holds: `machine_time` is infinite.
    """
    await session.execute(_FREE_CUT_OFF, {"team": team_id, "machine_time": machine_time})


async def making_a_channel(session: AsyncSession, team_id: str) -> bool:
    """Whether Slack is just making a channel whose id we do not know yet, or may have made one."""
    found = await session.scalar(
        select(OutboxItem.id)
        .where(
            OutboxItem.team_id == team_id,
            OutboxItem.step == "create_channel",
            or_(OutboxItem.state == "sending", and_(OutboxItem.state == "waiting", OutboxItem.unclear)),
        )
        .limit(1)
    )
    return found is not None


async def next_time(session: AsyncSession, team_id: str, *, now: datetime) -> datetime | None:
    """When the next item that has been told to wait may go out."""
    found: datetime | None = await session.scalar(
        select(func.min(OutboxItem.not_before)).where(
            OutboxItem.team_id == team_id, OutboxItem.state == "waiting", OutboxItem.not_before > now
        )
    )
    return found


async def ready(session: AsyncSession, team_id: str, *, now: datetime, machine_time: float) -> bool:
    """Whether there is anything to claim."""
    values = {"team": team_id, "now": now, "machine_time": machine_time}
    return await session.scalar(_READY, values) is not None


async def busy(session: AsyncSession, team_id: str, *, now: datetime) -> bool:
    """Whether anything is being sent or could be sent now."""
    return await session.scalar(_BUSY, {"team": team_id, "now": now}) is not None
