"""A person, as Slack describes them."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.service import people
from bot.slack.outbound.payload import Payload, part_at, text_at


def person_facts(user: Payload) -> people.PersonFacts:
    """Slack's user object, as far as we want it; what isn't of the kind that Slack documents counts as missing."""
    profile, organisation = part_at(user, "profile"), part_at(user, "enterprise_user")
    zone = text_at(user, "tz") or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, or a name without end
        zone = "UTC"
    handle = text_at(user, "name") or user["id"]
    return people.PersonFacts(
        user_id=user["id"],
        handle=handle,
        name=text_at(user, "real_name") or text_at(profile, "real_name") or handle,
        tz=zone,
        is_bot=bool(user.get("is_bot")),
        deleted=bool(user.get("deleted")),
        is_restricted=bool(user.get("is_restricted")),
        is_ultra_restricted=bool(user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
        home_team=text_at(user, "team_id") or text_at(profile, "team") or "",
        home_enterprise=text_at(organisation, "enterprise_id") or text_at(user, "enterprise_id"),
    )
