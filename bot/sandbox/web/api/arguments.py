"""How a call's arguments and token come over HTTP: query, form or JSON body, and what Slack takes from which."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox.state.model import Json

# Methods that read query and form only: a JSON body is there for nothing.
WITHOUT_JSON = frozenset(
    {
        "bots.info",
        "chat.getPermalink",
        "conversations.info",
        "conversations.list",
        "conversations.members",
        "conversations.replies",
        "emoji.list",
        "files.getUploadURLExternal",
        "files.info",
        "pins.list",
        "reactions.get",
        "usergroups.list",
        "usergroups.users.list",
        "users.conversations",
        "users.info",
        "users.list",
        "users.lookupByEmail",
        "users.profile.get",
    }
)
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What a request says."""

    args: Json
    token: str  # of the header, or of a form
    misplaced_token: bool = False  # in the query or in JSON, where Slack does not look for it
    problem: str = ""  # why the body cannot be read


async def read_arguments(request: web.Request, method: str) -> Arguments:
    """Query, form and JSON in one: SDKs send arguments in all three ways."""
    query: Json = dict(request.query)
    misplaced = query.pop("token", None) is not None
    form: Json = {}
    body: Json = {}
    problem = ""
    if request.method == "POST" and request.can_read_body:
        if request.content_type == "application/json":
            if method not in WITHOUT_JSON:
                body, problem = await _json_body(request)
                misplaced = misplaced or body.pop("token", None) is not None
        elif request.content_type in _FORMS:
            form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        else:
            problem = "invalid_post_type"
    token = str(form.pop("token", ""))
    scheme, _, header = request.headers.get("Authorization", "").partition(" ")
    token = header.strip() if scheme.lower() == "bearer" and header.strip() else token
    return Arguments(args=query | form | body, token=token, misplaced_token=misplaced, problem=problem)


async def _json_body(request: web.Request) -> tuple[Json, str]:
    try:
        body = json.loads(await request.text() or "{}")
    except (ValueError, LookupError, RecursionError):  # no JSON, no such charset, nested too deeply
        return {}, "invalid_json"
    return (body, "") if isinstance(body, dict) else ({}, "json_not_object")
