"""Apps: installing them, their scopes, and who hears what where there are several."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox import App, SandboxServer, Workspace, WorkspaceError, default_workspace, install_app
from bot.sandbox.state.scopes import ALL_SCOPES
from bot.sandbox.web.api import METHODS
from bot.sandbox.web.api.apps import OPEN_CONNECTION
from tests.sandbox.bots import BareSocket, WatchedClock, serving, web_client


def test_the_default_app_may_call_every_method() -> None:
    assert OPEN_CONNECTION in METHODS
    for method in METHODS.values():
        rows = [method.scopes] if isinstance(method.scopes, tuple) else list(method.scopes.values())
        for row in rows:  # one for each kind of conversation
            assert not row or not ALL_SCOPES.isdisjoint(row), (method.name, row)


async def test_a_missing_scope_is_named() -> None:
    async with serving() as server:
        server.workspace.apps[0].scopes.discard("reactions:write")
        with pytest.raises(SlackApiError) as refused:
            await web_client(server).reactions_add(channel="C1", timestamp="1.000001", name="eyes")
        assert (refused.value.response["error"], refused.value.response["needed"]) == (
            "missing_scope",
            "reactions:write",
        )


async def test_an_app_is_told_which_scopes_it_was_granted() -> None:
    """As Slack does, in a header of every answer to the bot's token; an app learns there what it lacks."""
    async with serving() as server:
        server.workspace.apps[0].scopes.clear()
        server.workspace.apps[0].scopes.update({"commands", "chat:write"})
        answer = await web_client(server).auth_test()
        assert answer.headers["x-oauth-scopes"] == "chat:write,commands"
        with pytest.raises(SlackApiError) as refused:
            await web_client(server, "xoxb-somebody-elses").auth_test()
        assert "x-oauth-scopes" not in refused.value.response.headers


async def test_an_app_of_ones_own_workspace_is_installed_while_it_is_served() -> None:
    workspace = Workspace(WatchedClock())
    workspace.add_user("ana", real_name="Ana Torres")
    workspace.add_channel("general", members=["ana"])
    async with SandboxServer(workspace) as server:
        app = install_app(workspace, name="helper", commands=["/help"], member_of=["general"])
        async with BareSocket(server) as socket:
            await workspace.post_message(user="ana", channel="general", text="hello")
            payload = (await socket.take())["payload"]
            assert (payload["api_app_id"], payload["authorizations"][0]["user_id"]) == (app.id, app.bot_user_id)


async def test_each_app_hears_of_its_own_channels_only() -> None:
    workspace = default_workspace(WatchedClock())
    other = App.install(workspace, name="other")
    async with SandboxServer(workspace):
        await workspace.post_message(user="ana", channel="incidents", text="not for the other")
        assert (workspace.apps[0].unacknowledged(), other.unacknowledged()) == (1, 0)


def test_two_apps_of_one_name_are_refused() -> None:
    with pytest.raises(WorkspaceError, match="incident-bot"):
        install_app(default_workspace(WatchedClock()))


async def test_nothing_is_delivered_where_nobody_serves() -> None:
    workspace = default_workspace(WatchedClock())
    await workspace.post_message(user="ana", channel="incidents", text="before the app")
    assert workspace.unacknowledged() == 0
    async with SandboxServer(workspace):
        assert workspace.unacknowledged() == 0
