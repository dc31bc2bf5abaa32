"""What guests and people of other organisations may do; the settings say (`guests` in config.yaml)."""

from typing import Literal

from sqlalchemy import select

from bot.domain import outsiders
from bot.domain.outsiders import Account
from bot.errors import UnknownPerson, UserError
from bot.service.desk import UnitOfWork
from bot.store.tables import Incident, Person, RoleAssignment, Workspace

Action = Literal["declare", "resolve", "cancel", "close", "priority"]
_WORDS: dict[Action, str] = {
    "declare": "declare incidents",
    "resolve": "resolve {}",
    "cancel": "cancel {}",
    "close": "close {}",
    "priority": "change {}'s priority",
}


async def is_outsider(uow: UnitOfWork) -> bool | None:
    """Whether whoever asks is a guest or from another organisation; None where Slack does not describe them.

    Raises UnknownPerson where Slack can be asked.
    """
    if uow.actor is None:
        return False
    if uow.asking is not None and uow.asking.from_elsewhere:
        return True
    found = await _described(uow, uow.actor)
    if found is None:
        if uow.asking is None:
            return False
        if uow.actor not in uow.asking.undescribed:
            raise UnknownPerson(uow.actor, needed=False)
    return found


async def _described(uow: UnitOfWork, person: str) -> bool | None:
    """Whether they are an outsider, by what is on record; None where Slack has not described them."""
    found = (
        await uow.session.execute(
            select(Person, Workspace.enterprise_id)
            .outerjoin(Workspace, Workspace.team_id == Person.team_id)
            .where(Person.team_id == uow.team_id, Person.user_id == person)
        )
    ).one_or_none()
    known, enterprise = found or (None, None)
    if known is None or known.home_team is None:
        return None
    account = Account(
        is_restricted=known.is_restricted,
        is_ultra_restricted=known.is_ultra_restricted,
        is_stranger=known.is_stranger,
        team=known.home_team,
        enterprise=known.home_enterprise,
    )
    return outsiders.is_outsider(account, team=uow.team_id, enterprise=enterprise)


async def sees_only_own(uow: UnitOfWork) -> bool:
    """Whether they see only the incidents whose channel they are in, as everybody does of private ones."""
    return not uow.settings.guests.list and await is_outsider(uow) is True


async def check(uow: UnitOfWork, action: Action, incident: Incident | None = None) -> None:
    """Refuses what the settings keep for members of the workspace, and says whom to ask."""
    if getattr(uow.settings.guests, action):
        return
    outsider = await is_outsider(uow)
    if outsider is False or (outsider is None and action == "declare"):
        return  # nobody is kept from declaring by what Slack doesn't say
    workspace = await uow.session.get(Workspace, uow.team_id)
    members = (
        f"members of {workspace.name}" if workspace is not None and workspace.name else "members of this workspace"
    )
    what = _WORDS[action].format(incident.name if incident else "")
    whom = await _whom(uow, incident)
    if outsider is None:
        raise UserError(
            f"Only {members} can {what}, and I couldn't check with Slack that you are one. "
            f"Try again in a minute, or ask {whom} to do it."
        )
    raise UserError(f"Only {members} can {what}. Ask {whom} to do it.")


async def _whom(uow: UnitOfWork, incident: Incident | None) -> str:
    """The commander by name, without a ping, where they may do it; else anybody who may."""
    found = (
        await uow.session.execute(
            select(Person.user_id, Person.name)
            .join(RoleAssignment, RoleAssignment.person == Person.user_id)
            .where(
                Person.team_id == uow.team_id,
                RoleAssignment.incident_id == (incident.id if incident else None),
                RoleAssignment.role == uow.settings.commander_role,
                RoleAssignment.ended_at.is_(None),
                RoleAssignment.person != uow.actor,
            )
            .order_by(RoleAssignment.id)
        )
    ).first()
    if found is None or await _described(uow, found.user_id) is not False:
        return "one of them"
    return f"{found.name}, its {uow.settings.role_name(uow.settings.commander_role).lower()},"
