"""The workspace that is there without a file: two channels, six people, one app."""

from __future__ import annotations

from collections.abc import Iterable

from bot.sandbox.delivery.app import App
from bot.sandbox.state.apps import SlashCommand
from bot.sandbox.state.clock import WorkspaceClock
from bot.sandbox.state.scopes import ALL_SCOPES
from bot.sandbox.workspace import Workspace

BOT_TOKEN = "xoxb-test-token"  # noqa: S105  # documented test values, secret to nobody
APP_TOKEN = "xapp-test-token"  # noqa: S105
SIGNING_SECRET = "test-signing-secret"  # noqa: S105
PEOPLE = (
    ("ana", "Ana Torres", "America/New_York"),
    ("ben", "Ben Okafor", "Europe/London"),
    ("chloe", "Chloe Martin", "Europe/Paris"),
    ("dev", "Dev Patel", "Asia/Kolkata"),
    ("emi", "Emi Sato", "Asia/Tokyo"),
    ("finn", "Finn Larsen", "Europe/Copenhagen"),
)


def default_workspace(clock: WorkspaceClock) -> Workspace:
    """Channels `general` and `incidents`, six people in both, and the app `incident-bot`, a member of `incidents`."""
    workspace = Workspace(clock)
    for name, real_name, tz in PEOPLE:
        workspace.add_user(name, real_name=real_name, tz=tz)
    people = [name for name, _, _ in PEOPLE]
    workspace.add_channel("general", members=people, creator="ana")
    workspace.add_channel("incidents", members=people, creator="ana")
    install_app(workspace, member_of=["incidents"])
    return workspace


def install_app(
    workspace: Workspace,
    *,
    name: str = "incident-bot",
    bot_token: str = BOT_TOKEN,
    app_token: str = APP_TOKEN,
    signing_secret: str = SIGNING_SECRET,
    scopes: Iterable[str] = ALL_SCOPES,
    commands: Iterable[SlashCommand | str] = ("/incident",),
    events: Iterable[str] | None = None,
    member_of: Iterable[str] = (),
) -> App:
    """Install an app in a workspace of one's own: the documented one, unless told otherwise."""
    app = App.install(
        workspace,
        name=name,
        bot_token=bot_token,
        app_token=app_token,
        signing_secret=signing_secret,
        scopes=scopes,
        commands=commands,
        events=events,
    )
    for channel in member_of:
        members = workspace.channel(channel).members
        if app.bot_user_id not in members:
            members.append(app.bot_user_id)
    return app
