"""users.*: people as an app may know them."""

from __future__ import annotations

from bot.sandbox import shapes
from bot.sandbox.state.model import SLACKBOT, Json, User
from bot.sandbox.web.api.pages import page_of
from bot.sandbox.web.api.registry import ApiError, Call, method


def find_user(call: Call, name: str = "user", *, error: str = "user_not_found") -> User:
    """The user with the id in that argument."""
    wanted = call.text(name)
    found = call.workspace.slackbot if wanted == SLACKBOT else call.workspace.users.get(wanted)
    if found is None:
        raise ApiError(error)
    return found


def _shape(call: Call, user: User) -> Json:
    shape = shapes.user_json(call.workspace, user, email="users:read.email" in call.app.scopes)
    return shape | {"locale": "en-US"} if call.flag("include_locale") else shape


@method("users.info", scopes=("users:read",), required=("user",))
def users_info(call: Call) -> Json:
    return {"user": _shape(call, find_user(call))}


@method("users.list", scopes=("users:read",))
def users_list(call: Call) -> Json:
    """Everybody, deactivated people, bots and Slackbot included, but no strangers."""
    known = [user for user in call.workspace.users.values() if not call.workspace.is_stranger(user)]
    everybody = [call.workspace.slackbot, *known]
    page, cursor = page_of(call, everybody, lambda user: user.id, kind="user", default=1000, most=1000)
    return {
        "members": [_shape(call, user) for user in page],
        "cache_ts": call.workspace.now(),
        "response_metadata": {"next_cursor": cursor},
    }


@method("users.lookupByEmail", scopes=("users:read.email",), required=("email",))
def users_lookup_by_email(call: Call) -> Json:
    wanted = call.text("email").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == wanted and wanted and not user.deleted:
            return {"user": _shape(call, user)}
    raise ApiError("users_not_found")


@method("users.profile.get", scopes=("users.profile:read",))
def users_profile_get(call: Call) -> Json:
    user = find_user(call) if call.given("user") else call.bot
    email = "users:read.email" in call.app.scopes
    return {"profile": shapes.profile_json(call.workspace, user, email=email)}
