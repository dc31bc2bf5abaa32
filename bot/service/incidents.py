"""Finding incidents, and who may see them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true

from bot.domain.lifecycle import LIVE
from bot.domain.similarity import likeness, most_alike
from bot.errors import MembersUnconfirmed, StoreError, UserError
from bot.service import guests
from bot.service.desk import UnitOfWork
from bot.store.tables import Incident, Participant, Posting


def _held(uow: UnitOfWork, statement: Select[Incident]) -> Select[Incident]:
    """An incident that is loaded to change something of it is the unit of work's alone until it is committed.

    On SQLite it is so anyway: there is one writer.
    """
    return statement.with_for_update().execution_options(populate_existing=True) if uow.locks else statement


async def by_id(uow: UnitOfWork, incident_id: int | None) -> Incident:
    """The incident that a row belongs to."""
    if incident_id is None:
        raise StoreError("This belongs to no incident.")
    if uow.seen is not None:
        if incident_id not in uow.seen:
            uow.seen[incident_id] = await uow.session.get_one(Incident, incident_id)
        return uow.seen[incident_id]
    if not uow.locks:
        return await uow.session.get_one(Incident, incident_id)
    return (await uow.session.scalars(_held(uow, select(Incident).where(Incident.id == incident_id)))).one()


async def by_number(uow: UnitOfWork, number: int) -> Incident:
    """The incident that the actor may see, or a refusal that does not tell whether a hidden one exists."""
    incident = await uow.session.scalar(
        _held(uow, select(Incident).where(Incident.team_id == uow.team_id, Incident.number == number))
    )
    if incident is None or not await may_see(uow, incident):
        raise await why_hidden(uow, incident) or UserError(
            f"I can't find INC-{number}. `/incident list` shows the open ones."
        )
    return incident


async def why_hidden(uow: UnitOfWork, incident: Incident | None) -> UserError | None:
    """What to do where an incident is hidden only because nobody can say who is in its channel.

    For whoever was in it when the bot was put out of it; to them it says nothing new.
    """
    if incident is None or incident.bot_left_at is None or not incident.is_private:
        return None
    was_inside = await uow.session.scalar(
        select(Participant.id).where(
            Participant.incident_id == incident.id,
            Participant.person == uow.actor,
            Participant.is_member.is_(True),
        )
    )
    if was_inside is None:
        return None
    return UserError(
        f"I was removed from {incident.name}'s channel, so I can't check who may still see it. "
        "Invite me there again with `/invite`, then repeat this."
    )


def _is_channel(uow: UnitOfWork) -> Sequence[ColumnElement[bool]]:
    return [Posting.team_id == uow.team_id, Posting.destination == "slack", Posting.what == "channel"]


def _channels(uow: UnitOfWork) -> Select[Any]:
    """Ids of incidents by their channels."""
    return select(Posting.incident_id).where(*_is_channel(uow), Posting.external_id.is_not(None))


def _has_channel(uow: UnitOfWork, ids: Collection[str] | None = None) -> ColumnElement[bool]:
    """Whether an incident has a channel, or one of these."""
    channels = _channels(uow)
    return Incident.id.in_(channels if ids is None else channels.where(Posting.external_id.in_(ids)))


async def of_channel(uow: UnitOfWork, channel_id: str | None) -> Incident | None:
    """The incident whose channel this is."""
    if not channel_id:
        return None
    found: Incident | None = await uow.session.scalar(
        _held(uow, select(Incident).where(Incident.team_id == uow.team_id, _has_channel(uow, [channel_id])))
    )
    return found


async def number_here(uow: UnitOfWork, channel_id: str | None) -> int | None:
    """The number of the incident whose channel this is; it may not be the one that a command is about."""
    if not channel_id:
        return None
    found: int | None = await uow.session.scalar(
        select(Incident.number).where(Incident.team_id == uow.team_id, _has_channel(uow, [channel_id]))
    )
    return found


async def numbers_by_channel(uow: UnitOfWork, channels: Collection[str]) -> dict[str, int]:
    """{id or name of a channel: its incident's number}, without the incidents that the actor may not see."""
    if not channels:
        return {}
    is_one = Incident.id.in_(_channels(uow).where(or_(Posting.external_id.in_(channels), Posting.name.in_(channels))))
    rows = await uow.session.scalars(
        select(Incident).where(Incident.team_id == uow.team_id, is_one).order_by(Incident.number)
    )
    seen = [one for one in rows.all() if await may_see(uow, one)]
    return {
        name: one.number for one in seen for name in (one.channel_name, one.channel_id) if name and name in channels
    }


async def known_channels(uow: UnitOfWork, channel_ids: Collection[str]) -> Sequence[str]:
    """Those of the channels that are an incident's."""
    rows = await uow.session.scalars(
        select(Posting.external_id).where(*_is_channel(uow), Posting.external_id.in_(channel_ids))
    )
    return [one for one in rows if one is not None]


async def may_see(uow: UnitOfWork, incident: Incident) -> bool:
    """Anyone sees an incident; a private one, and guests any, only who is in its channel. The bot itself sees all."""
    if uow.actor is None or not (incident.is_private or await guests.sees_only_own(uow)):
        return True
    found = await uow.session.scalar(select(Incident.id).where(Incident.id == incident.id, _is_inside(uow)))
    if found is None:
        return False
    _check_confirmed(uow, [incident])
    return True


def _is_inside(uow: UnitOfWork) -> ColumnElement[bool]:
    """Whether Slack has the actor in an incident's channel; until it has said so, whether they reported it."""
    reported = and_(Participant.is_member.is_(None), Incident.reporter == uow.actor)
    inside = exists().where(
        Participant.team_id == uow.team_id,
        Participant.incident_id == Incident.id,
        Participant.person == uow.actor,
        or_(Participant.is_member.is_(True), reported),
    )
    return and_(inside, Incident.id.not_in(uow.asking.withheld)) if uow.asking else inside


def _check_confirmed(uow: UnitOfWork, shown: Iterable[Incident]) -> None:
    """Raises MembersUnconfirmed where somebody may have left unheard."""
    if uow.asking is None:
        return
    since = uow.asking.members_since
    in_doubt = [
        one.id
        for one in shown
        if one.channel_id and (one.members_confirmed_at is None or one.members_confirmed_at < since)
    ]
    if in_doubt:
        raise MembersUnconfirmed(in_doubt)


async def open_ones(uow: UnitOfWork, *, most: int) -> tuple[Sequence[Incident], int]:
    """The first of the live incidents that the actor may see, as they are to be worked (process 8), and how many."""
    visible = [Incident.team_id == uow.team_id, Incident.status.in_(LIVE)]
    if uow.actor is not None:  # as in may_see
        of_members = true() if await guests.sees_only_own(uow) else Incident.is_private
        visible.append(or_(~of_members, _is_inside(uow)))
        if uow.asking is not None:
            _check_confirmed(uow, await uow.session.scalars(select(Incident).where(*visible, of_members)))
    rank = case({key: place for place, key in enumerate(uow.settings.priorities)}, value=Incident.priority, else_=99)
    rows = await uow.session.scalars(select(Incident).where(*visible).order_by(rank, Incident.number).limit(most))
    found = rows.all()
    if len(found) < most:
        return found, len(found)
    return found, await uow.session.scalar(select(func.count()).select_from(Incident).where(*visible)) or 0


async def live_with_channel(uow: UnitOfWork) -> Sequence[int]:
    """The ids of the live incidents that have a channel, the newest first."""
    rows = await uow.session.scalars(
        select(Incident.id)
        .where(Incident.team_id == uow.team_id, Incident.status.in_(LIVE), _has_channel(uow))
        .order_by(Incident.id.desc())
    )
    return rows.all()


async def never_read(uow: UnitOfWork, *, since: datetime) -> Sequence[int]:
    """The ids of those that were declared since then and have a channel whose history is not known at all."""
    rows = await uow.session.scalars(
        select(Incident.id).where(
            Incident.team_id == uow.team_id,
            Incident.declared_at >= since,
            _has_channel(uow),
            Incident.history_read_until.is_(None),
        )
    )
    return rows.all()


async def wanted_again(uow: UnitOfWork) -> Sequence[int]:
    """The ids of those whose channel the bot has come back to."""
    rows = await uow.session.scalars(
        select(Incident.id).where(Incident.team_id == uow.team_id, Incident.history_wanted)
    )
    return rows.all()


async def private_with_channel(uow: UnitOfWork) -> Sequence[int]:
    """The ids of the private incidents that have a channel, also of those that are over: the newest first."""
    rows = await uow.session.scalars(
        select(Incident.id)
        .where(Incident.team_id == uow.team_id, Incident.is_private, _has_channel(uow))
        .order_by(Incident.id.desc())
    )
    return rows.all()


async def every_incident(uow: UnitOfWork) -> Sequence[Incident]:
    """All of them, by number."""
    rows = await uow.session.scalars(select(Incident).where(Incident.team_id == uow.team_id).order_by(Incident.number))
    return rows.all()


async def similar_open(uow: UnitOfWork, incident: Incident) -> Sequence[Incident]:
    """Other live incidents that look like this one; private ones never show up elsewhere."""
    rows = await uow.session.scalars(
        select(Incident).where(
            Incident.team_id == uow.team_id,
            Incident.status.in_(LIVE),
            Incident.id != incident.id,
            Incident.is_private.is_(False),
        )
    )
    scored = [
        (
            likeness(
                incident.title,
                other.title,
                same_service=incident.service is not None and incident.service == other.service,
                same_category=incident.category is not None and incident.category == other.category,
            ),
            other,
        )
        for other in rows
    ]
    return most_alike(scored)
