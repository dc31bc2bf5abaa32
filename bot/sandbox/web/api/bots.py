"""bots.info: who is behind a bot id."""

from __future__ import annotations

from bot.sandbox import shapes
from bot.sandbox.state.model import Json
from bot.sandbox.web.api.registry import ApiError, Call, method


@method("bots.info", scopes=("users:read",))
def bots_info(call: Call) -> Json:
    if not call.given("bot"):
        raise ApiError("missing_argument")
    app = next((one for one in call.workspace.apps if one.bot_id == call.text("bot")), None)
    if app is None:
        raise ApiError("bot_not_found")
    bot = shapes.bot_profile_json(call.workspace, app.bot_id, app.id, app.name)
    del bot["team_id"]
    return {"bot": bot | {"user_id": app.bot_user_id}}
