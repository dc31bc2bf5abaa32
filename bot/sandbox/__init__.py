"""A local Slack workspace for the demo, for drills and for every test that needs Slack; it knows nothing of the bot."""

from bot.sandbox.app import App, SlashCommand
from bot.sandbox.clock import RealClock, SteppedClock, WorkspaceClock
from bot.sandbox.default import default_workspace, install_app
from bot.sandbox.happenings import Answer, Happening
from bot.sandbox.model import WorkspaceError
from bot.sandbox.server import SandboxServer
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
