"""How Slack writes users and bots in JSON."""

from __future__ import annotations

import hashlib

from bot.sandbox.state.model import SLACKBOT, Json, User
from bot.sandbox.state.workspace_state import WorkspaceState

_SIZES = (24, 32, 48, 72, 192, 512)
_ICONS = (36, 48, 72)


def user_json(space: WorkspaceState, user: User, *, email: bool = True) -> Json:
    """A user with their profile; the address only for apps with users:read.email."""
    at = space.clock.time()
    shape: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": hashlib.sha256(user.id.encode()).hexdigest()[:6],
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz_label(at),
        "tz_offset": user.tz_offset(at),
        "profile": full_profile_json(space, user, email=email),
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": user.updated,
        "is_email_confirmed": not user.is_bot and user.id != SLACKBOT,
        "who_can_share_contact_card": "EVERYONE",
    }
    if space.is_foreign(user):
        shape["is_stranger"] = space.is_stranger(user)
    if user.deleted:
        # A deactivated account comes without its zone and rights.
        for key in ("color", "real_name", "tz", "tz_label", "tz_offset", "is_admin", "is_owner", "is_primary_owner"):
            del shape[key]
    return shape


def profile_json(space: WorkspaceState, user: User, *, email: bool = True) -> Json:
    first, _, last = user.real_name.partition(" ")
    display = "" if user.is_bot else user.name
    shape: Json = {
        "title": user.title,
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": display,
        "display_name_normalized": display,
        "status_text": "",
        "status_text_canonical": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": hashlib.sha256(user.id.encode()).hexdigest()[:12],
        "first_name": first,
        "last_name": last,
    }
    shape |= {f"image_{size}": f"https://avatars.{space.domain}.example/{user.id}-{size}.png" for size in _SIZES}
    if email and user.email and not space.is_foreign(user):
        shape["email"] = user.email
    return shape


def full_profile_json(space: WorkspaceState, user: User, *, email: bool = True) -> Json:
    """The profile inside a user: with the team, and a bot's ids."""
    shape = profile_json(space, user, email=email) | {"team": user.team_id}
    if user.is_bot:
        shape |= {"api_app_id": user.app_id, "always_active": True, "bot_id": user.bot_id}
    return shape


def bot_profile_json(space: WorkspaceState, bot_id: str, app_id: str, name: str) -> Json:
    return {
        "id": bot_id,
        "deleted": False,
        "name": name,
        "updated": 0,
        "app_id": app_id,
        "icons": {f"image_{size}": f"https://avatars.{space.domain}.example/{bot_id}-{size}.png" for size in _ICONS},
        "team_id": space.team_id,
    }
