"""A person, as Slack describes them."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.service import people


def person_facts(user: Mapping[str, Any]) -> people.PersonFacts:
    """Slack's user object, as far as we want it; what isn't of the kind that Slack documents counts as missing."""
    profile, organisation = _part(user, "profile"), _part(user, "enterprise_user")
    zone = _text(user, "tz") or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, or a name without end
        zone = "UTC"
    handle = _text(user, "name") or user["id"]
    return people.PersonFacts(
        user_id=user["id"],
        handle=handle,
        name=_text(user, "real_name") or _text(profile, "real_name") or handle,
        tz=zone,
        is_bot=bool(user.get("is_bot")),
        deleted=bool(user.get("deleted")),
        is_restricted=bool(user.get("is_restricted")),
        is_ultra_restricted=bool(user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
        home_team=_text(user, "team_id") or _text(profile, "team"),
        home_enterprise=_text(organisation, "enterprise_id") or _text(user, "enterprise_id") or None,
    )


def _part(whole: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = whole.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""
