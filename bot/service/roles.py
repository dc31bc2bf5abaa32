"""Who holds which role; every holder with a beginning and an end."""

from collections.abc import Sequence

from sqlalchemy import select

from bot.domain.command_line import nearest
from bot.domain.lifecycle import LIVE
from bot.domain.mrkdwn import Mrkdwn
from bot.domain.typed import plain_keys
from bot.errors import UserError
from bot.service.desk import UnitOfWork
from bot.service.events import RoleFilled, RoleReleased, RoleTaken, RoleVacated
from bot.service.guards import check_live
from bot.service.incidents import by_id
from bot.service.notifications import publish
from bot.service.participants import take_part
from bot.service.people import PersonFacts, ask_again, at_work, learn, notice
from bot.store.tables import DueJob, Incident, Participant, RoleAssignment


def role_key(uow: UnitOfWork, word: str) -> str:
    """The role that a person means by `word`, or a refusal with the nearest and all that there are."""
    word, names = plain_keys(word), uow.settings.role_aliases
    found = names.get(word.lower().replace("-", "_")) or names.get(word.lower())
    if found:
        return found
    guess = nearest(word, names)
    hint = f" Did you mean `{guess}`?" if guess else ""
    listed = ", ".join(f"`{(role.aliases or (key,))[0]}`" for key, role in uow.settings.roles.items())
    raise UserError(f"There's no role “{word}”.{hint} There are: {listed}.", field="role")


async def current(uow: UnitOfWork, incident: Incident) -> dict[str, list[str]]:
    """{role: [person, …]} as of now, in the configured order of the roles."""
    held: dict[str, list[str]] = {key: [] for key in uow.settings.roles}
    for row in await _open_assignments(uow, incident):
        held.setdefault(row.role, []).append(row.person)
    return {role: people for role, people in held.items() if people}


async def holders(uow: UnitOfWork, role: str, incidents: Sequence[Incident]) -> dict[int, list[str]]:
    """{incident id: who holds the role now}, without the incidents in which nobody does."""
    rows = await uow.session.scalars(
        select(RoleAssignment)
        .where(
            RoleAssignment.incident_id.in_([one.id for one in incidents]),
            RoleAssignment.role == role,
            RoleAssignment.ended_at.is_(None),
        )
        .order_by(RoleAssignment.id)
    )
    held: dict[int, list[str]] = {}
    for row in rows:
        held.setdefault(row.incident_id, []).append(row.person)
    return held


async def history(uow: UnitOfWork, incident: Incident) -> Sequence[RoleAssignment]:
    """All assignments, oldest first."""
    rows = await uow.session.scalars(
        select(RoleAssignment)
        .where(RoleAssignment.incident_id == incident.id)
        .order_by(RoleAssignment.started_at, RoleAssignment.id)
    )
    return rows.all()


async def assign(uow: UnitOfWork, incident: Incident, role: str, person: str) -> bool:
    """Gives the role to the person from now on; False where they hold it already.

    A single role passes from its holder; a role that may have several gains one.
    """
    check_live(incident)
    await at_work(uow, person)
    held = [row for row in await _open_assignments(uow, incident) if row.role == role]
    if any(row.person == person for row in held):
        return False
    replaced = [] if uow.settings.roles[role].several else held
    for row in replaced:
        row.ended_at = uow.now
    before = [row.person for row in replaced]
    await _begin(uow, incident, role, person, replaces=before)
    if incident.acknowledged_at is None:
        incident.acknowledged_at = uow.now
    await publish(uow, RoleTaken(incident=incident, role=role, person=person, before=before))
    return True


async def take(uow: UnitOfWork, incident: Incident, role: str, person: str) -> Mrkdwn:
    """Gives the role to the person who asked for it; what they are told, however they asked."""
    name = uow.settings.role_name(role).lower()
    if not await assign(uow, incident, role, person):
        return Mrkdwn("You are {} of {} already.").format(name, incident.name)
    return Mrkdwn("You are now {} of {}. I sent you what it expects.").format(name, incident.name)


async def release(uow: UnitOfWork, incident: Incident, role: str, person: str) -> list[str]:
    """The person steps down; who still holds the role, where several may."""
    check_live(incident)
    for row in await _open_assignments(uow, incident):
        if row.role == role and row.person == person:
            row.ended_at = uow.now
            uow.record(incident, "role", role=role, person=person, change="released")
            left = (await current(uow, incident)).get(role, [])
            await publish(uow, RoleReleased(incident=incident, role=role, before=[person], left=left))
            return left
    raise UserError(
        f"You aren't {uow.settings.role_name(role).lower()} of {incident.name}, so there's nothing to step down from."
    )


JOB = "vacate_role"


async def save_profile(uow: UnitOfWork, facts: PersonFacts) -> None:
    """Stores what Slack says of a person; whose account was deactivated holds no role any longer."""
    await learn(uow, facts)
    if facts.deleted:
        await request_vacancies(uow, facts.user_id)


async def request_vacancies(uow: UnitOfWork, person: str) -> None:
    """The person cannot answer any more: promises to free their roles, one incident at a time."""
    rows = await uow.session.execute(
        select(RoleAssignment.id, Incident)
        .join(Incident, Incident.id == RoleAssignment.incident_id)
        .where(
            RoleAssignment.team_id == uow.team_id,
            RoleAssignment.person == person,
            RoleAssignment.ended_at.is_(None),
            Incident.status.in_(LIVE),
        )
    )
    for number, incident in rows:
        await uow.schedule(JOB, key=f"{JOB}:{number}", due_at=uow.now, incident=incident, assignment=number)


async def vacate(uow: UnitOfWork, job: DueJob) -> None:
    """Ends the time in a role of somebody whose account was deactivated; the channel and its commander hear of it."""
    incident = await by_id(uow, job.incident_id)
    row = await uow.session.get_one(RoleAssignment, job.payload["assignment"])
    if row.ended_at is None and incident.is_live:
        await _free(uow, incident, row, why="deactivated")


async def free_absent(uow: UnitOfWork, incident: Incident) -> None:
    """In a private incident, who is not in the channel any longer sees nothing of it and can hold no role."""
    if not incident.is_private or not incident.is_live:
        return
    gone = set(
        await uow.session.scalars(
            select(Participant.person).where(Participant.incident_id == incident.id, Participant.is_member.is_(False))
        )
    )
    for row in await _open_assignments(uow, incident):
        if row.person in gone:
            await _free(uow, incident, row, why="left")


async def _free(uow: UnitOfWork, incident: Incident, row: RoleAssignment, *, why: str) -> None:
    """Ends somebody's time in a role who cannot act any more; `why`: deactivated, left."""
    row.ended_at = uow.now
    uow.record(incident, "role", role=row.role, person=row.person, change=why)
    held = await current(uow, incident)
    commander = next(iter(held.get(uow.settings.commander_role, [])), None)
    vacated = RoleVacated(
        incident=incident,
        role=row.role,
        person=row.person,
        why=why,
        left=held.get(row.role, []),
        commander=commander,
    )
    await publish(uow, vacated)


async def check_holders(uow: UnitOfWork) -> None:
    """Asks Slack again about everybody who holds a role in a live incident: one may have left while nobody listened."""
    rows = await uow.session.scalars(
        select(RoleAssignment.person)
        .join(Incident, Incident.id == RoleAssignment.incident_id)
        .where(RoleAssignment.team_id == uow.team_id, RoleAssignment.ended_at.is_(None), Incident.status.in_(LIVE))
        .distinct()
    )
    await ask_again(uow, *sorted(rows))


async def fill_from_settings(uow: UnitOfWork, incident: Incident) -> None:
    """At a declaration: roles with configured holders are theirs from the start."""
    for key, role in uow.settings.roles.items():
        for person in role.holders:
            await notice(uow, person)
            await _begin(uow, incident, key, person, replaces=[])
            await publish(uow, RoleFilled(incident=incident, role=key, person=person))


async def _begin(uow: UnitOfWork, incident: Incident, role: str, person: str, *, replaces: list[str]) -> None:
    uow.session.add(
        RoleAssignment(
            team_id=uow.team_id,
            incident_id=incident.id,
            role=role,
            person=person,
            assigned_by=uow.actor,
            started_at=uow.now,
        )
    )
    await take_part(uow, incident, person)
    uow.record(incident, "role", role=role, person=person, before=replaces, change="assigned")


async def _open_assignments(uow: UnitOfWork, incident: Incident) -> Sequence[RoleAssignment]:
    rows = await uow.session.scalars(
        select(RoleAssignment)
        .where(RoleAssignment.incident_id == incident.id, RoleAssignment.ended_at.is_(None))
        .order_by(RoleAssignment.id)
    )
    return rows.all()
