"""Who people are, as far as the workspace told us."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.domain.mrkdwn import mentioned
from bot.domain.report import PersonName
from bot.errors import UnknownPerson, UserError
from bot.service.desk import UnitOfWork
from bot.store.tables import Person
from bot.store.upsert import upsert

# Nobody mentions more people in one message who matter for it; Slack answers for 100 in a minute.
_MOST_MENTIONS = 20
# Places in the queue; the lower goes first.
_TAKES_PART, _MENTIONED = 8, 9
_ID = re.compile(r"[UW][A-Z0-9]{2,}")
_SLACKBOT = "USLACKBOT"  # of which Slack says that it is no bot


@dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """What Slack says of a person."""

    user_id: str
    handle: str
    name: str
    tz: str
    is_bot: bool
    deleted: bool
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    home_team: str = ""  # "": Slack doesn't say
    home_enterprise: str | None = None


async def known(uow: UnitOfWork, user_id: str) -> Person:
    """The person, or UnknownPerson, on which the edge asks Slack and tries again."""
    found = await uow.session.scalar(select(Person).where(Person.team_id == uow.team_id, Person.user_id == user_id))
    if found is None:
        raise UnknownPerson(user_id)
    return found


async def apps_among(uow: UnitOfWork, user_ids: Iterable[str]) -> set[str]:
    """Those of them that are apps, as far as they are known."""
    wanted = list(user_ids)
    found = {user_id for user_id, person in (await _many(uow, wanted)).items() if person.is_bot}
    return found | {_SLACKBOT}.intersection(wanted)


async def is_known(uow: UnitOfWork, user_id: str) -> bool:
    """Whether the database has met the person."""
    return user_id in await _many(uow, [user_id])


async def at_work(uow: UnitOfWork, user_id: str) -> Person:
    """The person, refused where it is a bot or has left."""
    person = await known(uow, user_id)
    if person.deleted:
        raise UserError(f"{person.name} has left the workspace. Name somebody who is still here.", field="person")
    if person.is_bot:
        raise UserError(f"{person.name} is an app. Name a person.", field="person")
    return person


async def acting(uow: UnitOfWork, text: str) -> str:
    """The id of the one person here whom `text` names, by handle (`ana`, `@ana`) or by id; else a refusal."""
    found = await _called(uow, text)
    here = [person for person in found if not person.deleted]
    if found and not here:
        raise UserError(f"{found[0].name} has left the workspace. Name somebody who is still here.")
    return _the_one(text, here)


async def whose(uow: UnitOfWork, text: str) -> str:
    """The same, also of somebody who has left; an id that the database has not met is taken as it is."""
    found = await _called(uow, text)
    if not found and _ID.fullmatch(_bare(text)):
        return _bare(text)
    return _the_one(text, found)


def _the_one(text: str, found: Sequence[Person]) -> str:
    if not found:
        raise UserError(f"I have not met {text} yet; people are known once they were in an incident's channel.")
    if len(found) > 1:
        raise UserError(f"{_several(text, found)} Name one by id.")
    return found[0].user_id


def _several(text: str, found: Sequence[Person]) -> str:
    listed = ", ".join(f"{one.user_id} ({one.name}{', who has left' if one.deleted else ''})" for one in found)
    return f"{len(found)} people go by {text}: {listed}."


def _bare(text: str) -> str:
    """`<@U1|ana>`, `@ana` and so on without the signs around it."""
    return (mentioned(text) or [text.strip().removeprefix("@")])[0]


async def _called(uow: UnitOfWork, text: str) -> Sequence[Person]:
    """Who has this id, else who have this handle, among those whom the database has met."""
    wanted = _bare(text)
    if not wanted:
        return []
    rows = (await uow.session.scalars(select(Person).where(Person.team_id == uow.team_id).order_by(Person.id))).all()
    by_id = [person for person in rows if person.user_id == wanted]
    return by_id or [person for person in rows if person.handle.lower() == wanted.lower()]


async def named(uow: UnitOfWork, text: str) -> str | None:
    """The id of the one person whom `text` names, as Slack's mention or as a handle; None where it names nobody."""
    ids = mentioned(text)
    if len(ids) > 1:
        raise UserError("One person at a time, please.")
    if ids:
        return ids[0]
    handle = next((word for word in text.split() if word.startswith("@")), None)
    if handle is None:
        return None
    found = [person for person in await _called(uow, handle) if not person.deleted]
    if len(found) > 1:
        raise UserError(f"{_several(handle, found)} Type @ and pick the person from the list.")
    if not found:
        raise UserError(f"I don't know {handle}. Type @ and pick the person from the list.")
    return found[0].user_id


async def zone_of(uow: UnitOfWork, user_id: str) -> ZoneInfo:
    """The person's time zone."""
    return ZoneInfo((await known(uow, user_id)).tz)


async def zone_or_utc(uow: UnitOfWork, user_id: str) -> ZoneInfo:
    """The person's time zone, or UTC: an answer need not wait until Slack has said who they are."""
    person = (await _many(uow, [user_id])).get(user_id)
    return ZoneInfo(person.tz if person else "UTC")


async def handles(uow: UnitOfWork, user_ids: Iterable[str | None]) -> dict[str, str]:
    """{id: handle} for those that are known."""
    return {user_id: person.handle for user_id, person in (await _many(uow, user_ids)).items()}


async def names(uow: UnitOfWork, user_ids: Iterable[str | None]) -> dict[str, str]:
    """{id: full name} for those that are known."""
    return {user_id: person.name for user_id, person in (await _many(uow, user_ids)).items()}


class Known:
    """Names of people by their ids; whom nobody has introduced is called by the id."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._names = {
            user_id: PersonName(id=user_id, handle=person.handle, name=person.name)
            for user_id, person in people.items()
        }

    def __call__(self, user_id: str) -> PersonName:
        return self._names.get(user_id) or PersonName(id=user_id, handle=user_id, name=user_id)

    def optional(self, user_id: str | None) -> PersonName | None:
        """None for nobody."""
        return self(user_id) if user_id else None

    def handle(self, user_id: str) -> str | None:
        """None where nobody has introduced them."""
        found = self._names.get(user_id)
        return found.handle if found else None

    @property
    def everybody(self) -> list[PersonName]:
        """Those who are known, by id."""
        return [self._names[user_id] for user_id in sorted(self._names)]


async def known_people(uow: UnitOfWork, user_ids: Iterable[str | None]) -> Known:
    """Their names, as far as they are known."""
    return Known(await _many(uow, user_ids))


async def _many(uow: UnitOfWork, user_ids: Iterable[str | None]) -> dict[str, Person]:
    wanted = {user_id for user_id in user_ids if user_id}
    rows = await uow.session.scalars(
        select(Person).where(Person.team_id == uow.team_id, Person.user_id.in_(sorted(wanted)))
    )
    return {person.user_id: person for person in rows}


async def learn(uow: UnitOfWork, facts: PersonFacts) -> None:
    """Stores what Slack says, over what was known."""
    await upsert(uow.session, Person(team_id=uow.team_id, **asdict(facts)), by=["team_id", "user_id"])


async def notice(uow: UnitOfWork, *user_ids: str | None) -> None:
    """Promises to ask Slack who takes part, where the database has not met them: names are wanted later, not now."""
    met = await _many(uow, user_ids)
    await ask_again(uow, *(one for one in user_ids if one and one not in met))


async def notice_mentions(uow: UnitOfWork, text: str) -> None:
    """The same for people whom a message mentions, after those who take part; an invented crowd is cut short."""
    named = mentioned(text)[:_MOST_MENTIONS]
    met = await _many(uow, named) if named else {}
    await ask_again(uow, *(one for one in named if one not in met), urgency=_MENTIONED)


async def ask_again(uow: UnitOfWork, *user_ids: str, urgency: int = _TAKES_PART) -> None:
    """Promises to ask Slack who they are, also where that is known: it may have changed."""
    for user_id in dict.fromkeys(user_ids):
        lane, payload = f"learn:{user_id}", {"user_id": user_id}
        asked = await uow.tell("learn_person", lane=lane, coalesce=True, urgency=urgency, payload=payload)
        asked.urgency = min(asked.urgency, urgency)  # who was mentioned before and takes part now
