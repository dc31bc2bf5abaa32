"""The outbox as a queue: items are leased, in order for each lane."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    ScalarSelect,
    String,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.store.base import Moment, database_time
from bot.store.tables import OutboxItem

UNFINISHED = ("waiting", "sending")
_CLOCKS_DIFFER_BY = timedelta(seconds=30)


# Built once: putting these statements together takes longer than the database needs for them.
_earlier, _awaited = aliased(OutboxItem), aliased(OutboxItem)
_TEAM, _NOW, _LEASE = (
    bindparam("team", type_=String),
    bindparam("now", type_=Moment),
    bindparam("lease", type_=Float),
)
_OWNER, _DESTINATION = bindparam("owner", type_=String), bindparam("goes_to", type_=String)
_AT_MOST = bindparam("at_most", type_=Moment)
_IDS = bindparam("ids", type_=Integer, expanding=True)
# An item may go out when its time has come, the one that it waits for is finished, no earlier item of its lane is
# unfinished, and neither its step nor its lane has been told to wait.
_MAY_GO_OUT = and_(
    OutboxItem.team_id == _TEAM,
    OutboxItem.destination == _DESTINATION,
    OutboxItem.state == "waiting",
    # One that is to wait for longer than anything waits was told so by a clock that has been set back since.
    or_(OutboxItem.not_before.is_(None), OutboxItem.not_before <= _NOW, OutboxItem.not_before > _AT_MOST),
    OutboxItem.step.not_in(bindparam("held_steps", type_=String, expanding=True)),
    OutboxItem.lane.not_in(bindparam("held_lanes", type_=String, expanding=True)),
    ~exists().where(_awaited.id == OutboxItem.after_id, _awaited.state.in_(UNFINISHED)),
    ~exists().where(
        _earlier.team_id == OutboxItem.team_id,
        _earlier.destination == OutboxItem.destination,
        _earlier.lane == OutboxItem.lane,
        _earlier.id < OutboxItem.id,
        _earlier.state.in_(UNFINISHED),
    ),
)
_OURS = OutboxItem.leased_by == _OWNER
_SENDING = and_(OutboxItem.team_id == _TEAM, OutboxItem.destination == _DESTINATION, OutboxItem.state == "sending")
_CUT_OFF = and_(_SENDING, OutboxItem.leased_until < database_time(), OutboxItem.id.not_in(_IDS))


def _free(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """Rows that nobody holds: who writes down what became of an item may be waiting for its incident with it."""
    return select(OutboxItem.id).where(*conditions).with_for_update(skip_locked=True).scalar_subquery()


_CLAIMABLE = (
    select(OutboxItem.id)
    .where(_MAY_GO_OUT)
    .order_by(OutboxItem.urgency, OutboxItem.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(OutboxItem)
    .where(OutboxItem.id.in_(_CLAIMABLE.scalar_subquery()))
    .values(state="sending", leased_until=database_time() + _LEASE, leased_by=_OWNER)
    .returning(OutboxItem)
    .execution_options(synchronize_session=False, populate_existing=True)
)
_RENEW = (
    update(OutboxItem)
    .where(OutboxItem.id.in_(_free(OutboxItem.id.in_(_IDS), OutboxItem.state == "sending", _OURS)))
    .values(leased_until=database_time() + _LEASE)
    .returning(OutboxItem.id)
    .execution_options(synchronize_session=False)
)
_PUT_BACK = (
    update(OutboxItem)
    .where(OutboxItem.id.in_(_IDS), OutboxItem.state == "sending")
    .values(state="waiting", leased_until=None)
    .execution_options(synchronize_session=False)
)
_FREED = update(OutboxItem).values(state="waiting", unclear=True).execution_options(synchronize_session=False)
_FREE_CUT_OFF = _FREED.where(OutboxItem.id.in_(_free(_CUT_OFF)))
_FREE_ALL = _FREED.where(OutboxItem.team_id == _TEAM, OutboxItem.state == "sending")
_READY = select(exists().where(_CUT_OFF), exists().where(_MAY_GO_OUT))
_NEXT = select(
    select(func.min(OutboxItem.not_before))
    .where(
        OutboxItem.team_id == _TEAM,
        OutboxItem.destination == _DESTINATION,
        OutboxItem.state == "waiting",
        OutboxItem.not_before > _NOW,
    )
    .scalar_subquery(),
    select(func.min(OutboxItem.leased_until)).where(_SENDING, OutboxItem.id.not_in(_IDS)).scalar_subquery()
    - database_time(),
)
_BUSY = select(OutboxItem.id).where(or_(_SENDING, _MAY_GO_OUT)).limit(1)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose items are meant, and which of them may go out now."""

    team_id: str
    destination: str
    now: datetime
    longest_pause: timedelta  # the most that an item of this destination is told to wait before it is tried again
    held_steps: Collection[str] = ()
    held_lanes: Collection[str] = ()

    def values(self, **more: Any) -> dict[str, Any]:
        """For the statements of this module."""
        return {
            "team": self.team_id,
            "goes_to": self.destination,
            "now": self.now,
            # A replica whose clock is ahead may have told it; half a minute is more than clocks differ by.
            "at_most": self.now + self.longest_pause + _CLOCKS_DIFFER_BY,
            "held_steps": list(self.held_steps),
            "held_lanes": list(self.held_lanes),
            **more,
        }


async def claim(session: AsyncSession, scope: Scope, *, owner: str, lease: float, limit: int) -> Sequence[OutboxItem]:
    """Leases up to `limit` items that may go out now to `owner`, urgent ones first; `lease` in seconds."""
    items = (await session.scalars(_CLAIM, scope.values(owner=owner, lease=lease, limit=limit))).all()
    return sorted(items, key=lambda item: (item.urgency, item.id))


async def renew(session: AsyncSession, ids: Collection[int], *, owner: str, lease: float) -> Sequence[int]:
    """Holds on to items that are still being sent; returns those that are still this owner's."""
    return (await session.scalars(_RENEW, {"ids": list(ids), "owner": owner, "lease": lease})).all()


async def held(session: AsyncSession, ids: Collection[int], *, owner: str) -> dict[int, OutboxItem]:
    """The items by their ids, locked, where it is still this owner's to say what became of them."""
    found = await session.scalars(
        select(OutboxItem)
        .where(OutboxItem.id.in_(ids), OutboxItem.state == "sending", OutboxItem.leased_by == owner)
        .order_by(OutboxItem.id)
        # Not against those who only refer to it: a draft that waits for a post is promised while its incident is held.
        .with_for_update(key_share=True)
    )
    return {item.id: item for item in found}


async def put_back(session: AsyncSession, ids: Collection[int]) -> None:
    """They were claimed and not sent: as if they had not been claimed."""
    await session.execute(_PUT_BACK, {"ids": list(ids)})


async def free_cut_off(session: AsyncSession, scope: Scope, *, exclude: Collection[int]) -> None:
    """An item whose lease ran out was being sent when its process died: whether it had its effect is unclear.

    `exclude`: those that the caller itself is sending, however late it is.
    """
    await session.execute(_FREE_CUT_OFF, scope.values(ids=list(exclude)))


async def free_all(session: AsyncSession, team_id: str) -> None:
    """The same at the start of the only process on a database: no lease of another can hold."""
    await session.execute(_FREE_ALL, {"team": team_id})


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


async def next_time(
    session: AsyncSession, scope: Scope, *, exclude: Collection[int]
) -> tuple[datetime | None, float | None]:
    """When the next item that has been told to wait may go out, and seconds until a lease ends that isn't ours."""
    told, ends_in = (await session.execute(_NEXT, scope.values(ids=list(exclude)))).one()
    return told, ends_in


async def ready(session: AsyncSession, scope: Scope, *, exclude: Collection[int]) -> tuple[bool, bool]:
    """Whether there is anything to free, and anything to claim."""
    cut_off, claimable = (await session.execute(_READY, scope.values(ids=list(exclude)))).one()
    return bool(cut_off), bool(claimable)


async def busy(session: AsyncSession, scope: Scope) -> bool:
    """Whether anything is being sent or could be sent now."""
    return await session.scalar(_BUSY, scope.values()) is not None


async def retire(session: AsyncSession, team_id: str, *, known: Collection[str], before: datetime) -> None:
    """What waits since `before` for a destination that is not configured any more is not to be told."""
    await session.execute(
        update(OutboxItem)
        .where(
            OutboxItem.team_id == team_id,
            OutboxItem.state.in_(UNFINISHED),
            OutboxItem.destination.not_in(known),
            OutboxItem.created_at < before,
        )
        .values(state="needless", finished_at=before)
        .execution_options(synchronize_session=False)
    )
