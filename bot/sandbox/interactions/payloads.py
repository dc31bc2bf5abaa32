"""The payloads of commands and interactions, in the shapes in which Slack sends them."""

from __future__ import annotations

from bot.sandbox.interactions.views import View
from bot.sandbox.state.apps import InstalledApp
from bot.sandbox.state.model import Channel, Json, User
from bot.sandbox.state.workspace_state import WorkspaceState


def slash_command(
    space: WorkspaceState,
    app: InstalledApp,
    user: User,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger: str,
    url: str,
) -> Json:
    """A command; on HTTP these are the fields of a form, hence the string "false"."""
    return {
        "token": app.verification_token,
        "team_id": user.team_id,
        "team_domain": _domain(space, user),
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": trigger,
    }


def block_actions(
    space: WorkspaceState, app: InstalledApp, user: User, *, trigger: str, actions: list[Json], state: Json, where: Json
) -> Json:
    """Using an element; `where` has `container`, and `message` with `channel` and `response_url`, or `view`."""
    return {
        "type": "block_actions",
        "user": _person(user),
        "api_app_id": app.id,
        "token": app.verification_token,
        "trigger_id": trigger,
        **_team(space, user),
        **where,
        "state": state,
        "actions": actions,
    }


def view_submission(space: WorkspaceState, user: User, view: View, *, trigger: str, response_urls: list[Json]) -> Json:
    """Submitting a modal."""
    return {
        "type": "view_submission",
        **_team(space, user),
        "user": _person(user),
        "api_app_id": view.app.id,
        "token": view.app.verification_token,
        "trigger_id": trigger,
        "view": view.shown(),
        "response_urls": response_urls,
    }


def view_closed(space: WorkspaceState, user: User, view: View, *, cleared: bool) -> Json:
    """Closing a modal that asked to be told."""
    return {
        "type": "view_closed",
        **_team(space, user),
        "user": _person(user),
        "api_app_id": view.app.id,
        "token": view.app.verification_token,
        "view": view.shown(),
        "is_cleared": cleared,
    }


def message_shortcut(
    space: WorkspaceState,
    app: InstalledApp,
    user: User,
    channel: Channel,
    *,
    callback_id: str,
    trigger: str,
    message: Json,
    url: str,
) -> Json:
    """A shortcut in a message's menu."""
    return {
        "type": "message_action",
        "token": app.verification_token,
        "action_ts": space.new_ts(),
        **_team(space, user),
        "user": {"id": user.id, "name": user.name, "team_id": user.team_id},
        "channel": channel_of(channel),
        "callback_id": callback_id,
        "trigger_id": trigger,
        "response_url": url,
        "message_ts": message["ts"],
        "message": message,
    }


def global_shortcut(space: WorkspaceState, app: InstalledApp, user: User, *, callback_id: str, trigger: str) -> Json:
    """A shortcut of the whole workspace: it knows no channel."""
    return {
        "type": "shortcut",
        "token": app.verification_token,
        "action_ts": space.new_ts(),
        **_team(space, user),
        "user": {"id": user.id, "username": user.name, "team_id": user.team_id},
        "callback_id": callback_id,
        "trigger_id": trigger,
    }


def block_suggestion(
    space: WorkspaceState, app: InstalledApp, user: User, *, action_id: str, block_id: str, value: str, where: Json
) -> Json:
    """Asking the app for the options of an external select; `where` as in `block_actions`."""
    return {
        "type": "block_suggestion",
        "user": _person(user),
        "api_app_id": app.id,
        "token": app.verification_token,
        **_team(space, user),
        **where,
        "action_id": action_id,
        "block_id": block_id,
        "value": value,
    }


def channel_name(channel: Channel) -> str:
    """What payloads call a channel: the names of private ones are not told."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def channel_of(channel: Channel) -> Json:
    """The channel as interactions name it."""
    return {"id": channel.id, "name": channel_name(channel)}


def _person(user: User) -> Json:
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id}


def _domain(space: WorkspaceState, user: User) -> str:
    return user.team_id.lower() if space.is_foreign(user) else space.domain


def _team(space: WorkspaceState, user: User) -> Json:
    """The workspace of the person, which need not be the app's."""
    return {
        "team": {"id": user.team_id, "domain": _domain(space, user)},
        "enterprise": None,
        "is_enterprise_install": False,
    }
