"""A person, as Slack describes them."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.service import people


def person_facts(user: Mapping[str, Any]) -> people.PersonFacts:
    """Slack's user object, as far as we want it."""
    profile = user.get("profile") or {}
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
        home_team=str(user.get("team_id") or profile.get("team") or ""),
        home_enterprise=(user.get("enterprise_user") or {}).get("enterprise_id") or user.get("enterprise_id") or None,
    )


def _text(part: Mapping[str, Any], key: str) -> str:
    value = part.get(key)
    return value if isinstance(value, str) else ""
