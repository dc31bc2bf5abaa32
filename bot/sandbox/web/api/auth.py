"""auth.test, team.info and emoji.list: where and who the app is."""

from __future__ import annotations

from bot.sandbox.state.model import Json
from bot.sandbox.web.api.registry import ApiError, Call, method

_ICONS = (34, 44, 68, 88, 102, 132)


@method("auth.test")
def auth_test(call: Call) -> Json:
    space = call.workspace
    return {
        "url": f"https://{space.domain}.slack.com/",
        "team": space.name,
        "user": call.bot.name,
        "team_id": space.team_id,
        "user_id": call.bot.id,
        "bot_id": call.app.bot_id,
        "is_enterprise_install": False,
    }


@method("team.info", scopes=("team:read",))
def team_info(call: Call) -> Json:
    space = call.workspace
    if call.given("team") and call.text("team") != space.team_id:
        raise ApiError("team_not_found")
    icon: Json = {f"image_{size}": f"https://avatars.{space.domain}.example/team-{size}.png" for size in _ICONS}
    team = {
        "id": space.team_id,
        "name": space.name,
        "domain": space.domain,
        "email_domain": f"{space.domain}.example",
        "url": f"https://{space.domain}.slack.com/",
        "icon": icon | {"image_default": True},
        "is_verified": False,
    }
    return {"team": team}


@method("emoji.list", scopes=("emoji:read",))
def emoji_list(call: Call) -> Json:
    return {"emoji": dict(call.workspace.emoji), "cache_ts": f"{call.workspace.clock.time():.6f}"}
