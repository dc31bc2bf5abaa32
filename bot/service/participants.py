"""Who takes part in an incident, and who is in its channel: for a private incident, who may see it.

Only what Slack said makes a member: somebody came in, an invitation was accepted, or the member list has them. A role
or an invitation that is on its way does not.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.service.desk import UnitOfWork
from bot.service.people import notice
from bot.store.tables import Incident, Participant

# (whether they are a member, when they came in, when they left)
Standing = tuple[bool | None, datetime | None, datetime | None]


async def take_part(uow: UnitOfWork, incident: Incident, person: str) -> None:
    """Puts the person among those who took part; that alone lets nobody see a private incident."""
    await _participant(uow, incident, person)


async def come_in(uow: UnitOfWork, incident: Incident, person: str, *, at: datetime) -> None:
    """The person is in the channel since `at`, unless they left it later: Slack tells of both in any order."""
    known = await _participant(uow, incident, person)
    if known.left_at is None or at > known.left_at:
        known.joined_at, known.left_at, known.is_member = max(known.joined_at or at, at), None, True


async def go_out(uow: UnitOfWork, incident: Incident, person: str, *, at: datetime) -> None:
    """The person left the channel at `at`, or was removed from it, unless they came back later."""
    known = await _participant(uow, incident, person)
    if known.joined_at is None or at >= known.joined_at:
        known.left_at, known.is_member = at, False


async def stay_out(uow: UnitOfWork, incident: Incident, person: str, *, asked_at: datetime) -> None:
    """Slack refused to let the person in, who was invited at `asked_at`."""
    known = await _participant(uow, incident, person)
    if known.joined_at is None or known.joined_at <= asked_at:
        known.is_member = False


async def on_record(uow: UnitOfWork, incident: Incident) -> dict[str, Standing]:
    """{person: how they stand}, for `compare`: to be read before Slack is asked."""
    rows = await uow.session.scalars(select(Participant).where(Participant.incident_id == incident.id))
    return {row.person: _standing(row) for row in rows}


async def compare(
    uow: UnitOfWork, incident: Incident, members: Collection[str], *, before: Mapping[str, Standing], asked_at: datetime
) -> None:
    """Makes the record agree with Slack's whole member list.

    An event that has come since Slack was asked (`before`: the record as it was then) knows better. Slack doesn't say
    when people came and went: the earliest time that fits is taken, so that every event to come counts as later.
    """
    rows = await uow.session.scalars(select(Participant).where(Participant.incident_id == incident.id))
    known = {row.person: row for row in rows}
    for person in [one for one in members if one not in known]:
        row = await _participant(uow, incident, person)
        row.joined_at, row.is_member = incident.declared_at, True
    for person, row in known.items():
        if before.get(person) != _standing(row):
            continue
        if person in members and not row.is_member:
            since = row.left_at + timedelta(microseconds=1) if row.left_at else incident.declared_at
            row.joined_at, row.left_at, row.is_member = since, None, True
        elif person not in members and row.is_member:
            row.left_at, row.is_member = row.joined_at, False
    await notice(uow, *sorted(members))
    incident.members_confirmed_at = asked_at


def _standing(row: Participant) -> Standing:
    return row.is_member, row.joined_at, row.left_at


async def _participant(uow: UnitOfWork, incident: Incident, person: str) -> Participant:
    found = await uow.session.scalar(
        select(Participant).where(Participant.incident_id == incident.id, Participant.person == person)
    )
    if found is None:
        found = Participant(team_id=uow.team_id, incident_id=incident.id, person=person)
        uow.session.add(found)
        await uow.session.flush()
    return found
