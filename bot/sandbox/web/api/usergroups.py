"""usergroups.*: groups that can be mentioned and paged as one."""

from __future__ import annotations

from bot.sandbox.state.model import Json
from bot.sandbox.web.api.registry import ApiError, Call, method


@method("usergroups.list", scopes=("usergroups:read",))
def usergroups_list(call: Call) -> Json:
    groups = []
    for group in call.workspace.usergroups:
        if group["date_delete"] and not call.flag("include_disabled"):
            continue
        shape = {key: value for key, value in group.items() if key != "users"}
        if call.flag("include_users"):
            shape["users"] = list(group["users"])
        if call.flag("include_count"):
            shape["user_count"] = len(group["users"])
        groups.append(shape)
    return {"usergroups": groups}


@method("usergroups.users.list", scopes=("usergroups:read",), required=("usergroup",))
def usergroups_users_list(call: Call) -> Json:
    for group in call.workspace.usergroups:
        disabled = group["date_delete"] and not call.flag("include_disabled")
        if group["id"] == call.text("usergroup") and not disabled:
            return {"users": list(group["users"])}
    raise ApiError("no_such_subteam")
