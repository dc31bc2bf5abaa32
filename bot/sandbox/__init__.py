"""A local Slack workspace for the demo, for drills and for every test that needs Slack; it knows nothing of the bot."""

from bot.sandbox.default import default_workspace, install_app
from bot.sandbox.delivery.app import App
from bot.sandbox.state.activity import Answer, Happening
from bot.sandbox.state.apps import SlashCommand
from bot.sandbox.state.clock import RealClock, SteppedClock, WorkspaceClock
from bot.sandbox.state.model import WorkspaceError
from bot.sandbox.web.server import SandboxServer
from bot.sandbox.workspace import Workspace

__all__ = [
    "Answer",
    "App",
    "Happening",
    "RealClock",
    "SandboxServer",
    "SlashCommand",
    "SteppedClock",
    "Workspace",
    "WorkspaceClock",
    "WorkspaceError",
    "default_workspace",
    "install_app",
]
