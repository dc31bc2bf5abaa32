"""Follows what people do with an incident's channel: rename, archive, make private, put the bot out."""

from datetime import datetime, timedelta

from bot.domain.times import from_ts
from bot.service.desk import UnitOfWork
from bot.service.events import ChannelChanged, IncidentMadePrivate
from bot.service.notifications import in_charge, publish
from bot.store.tables import Incident

_JUST_MADE = timedelta(minutes=1)  # the history of a channel that the bot made is known from its beginning
# Slack's messages about a channel, and what they mean for an incident.
CHANGES = {
    "channel_archive": "archived",
    "group_archive": "archived",
    "channel_unarchive": "unarchived",
    "group_unarchive": "unarchived",
    "channel_name": "renamed",
    "group_name": "renamed",
    "channel_convert_to_private": "made private",
}


async def follow(
    uow: UnitOfWork, incident: Incident, change: str, *, ts: str, at: datetime, by: str | None, name: str | None
) -> None:
    """Takes over what was done with the channel and tells the commander; a message that was followed does nothing.

    `change` is one of the values of CHANGES, `ts` that of Slack's message about it, `name` the channel's new one.
    """
    if change == "made private":  # for good: it counts however late it is told of
        if incident.is_private:
            return
    elif ts <= (incident.channel_followed_until or ""):
        return
    else:
        incident.channel_followed_until = ts
    before = incident.channel_name
    match change:
        case "renamed" if name is not None:
            incident.post("channel", incident.channel_id or "", name=name)
        case "made private":
            await _make_private(uow, incident)
        case _:
            incident.channel_is_archived = change == "archived"
    await _tell(uow, incident, change, at=at, by=by, before=before, name=name)


async def leave(uow: UnitOfWork, incident: Incident, *, at: datetime, by: str | None = None) -> None:
    """The bot is not in the channel any more and hears nothing there; Slack may say so more than once."""
    if incident.bot_left_at is not None:
        return
    incident.bot_left_at = at
    incident.members_confirmed_at = None  # who comes and goes from now on isn't heard
    await _tell(uow, incident, "removed", at=at, by=by)


def come_back(incident: Incident, *, at: datetime) -> None:
    """The bot is in the channel again: what was said meanwhile is to be read. Not when it has just made it."""
    known = incident.history_read_until
    if incident.bot_left_at is not None or (known is not None and at - from_ts(known) > _JUST_MADE):
        incident.bot_left_at, incident.history_wanted = None, True


async def _make_private(uow: UnitOfWork, incident: Incident) -> None:
    """Nothing of it is shown outside its channel from now on; what was announced is taken back."""
    incident.is_private = True
    incident.members_confirmed_at = None  # who is in it decides now who sees it
    await publish(uow, IncidentMadePrivate(incident=incident))


async def _tell(
    uow: UnitOfWork,
    incident: Incident,
    change: str,
    *,
    at: datetime,
    by: str | None,
    before: str | None = None,
    name: str | None = None,
) -> None:
    entry = uow.record(incident, "channel", at=at, change=change, before=before, name=name)
    entry.person = by
    if incident.is_live:
        for person in await in_charge(uow, incident):
            # Whoever put the bot out may not know what follows from it.
            if person is None or person != by or change == "removed":
                changed = ChannelChanged(incident=incident, change=change, name=name, by=by, person=person)
                await publish(uow, changed)
