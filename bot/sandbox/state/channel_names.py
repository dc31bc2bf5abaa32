"""What a channel may be called."""

from __future__ import annotations

import re

from bot.sandbox.state.workspace_state import WorkspaceState

LONGEST = 80
_ALLOWED = re.compile(r"[a-z0-9_-]+")
# Words that mean something else after a # or an @.
_RESERVED = {"archive", "archived", "archives", "channel", "channels", "everyone", "group", "here", "me", "you"}


def name_problem(space: WorkspaceState, name: str) -> str | None:
    """Slack's error for a name that a channel cannot get, or None; archived channels keep theirs."""
    problems = (
        ("invalid_name_required", not name),
        ("invalid_name_maxlength", len(name) > LONGEST),
        ("invalid_name_specials", not _ALLOWED.fullmatch(name)),
        ("invalid_name_punctuation", not name.strip("_-")),
        ("invalid_name", name in _RESERVED),
        ("name_taken", space.channel_named(name) is not None),
    )
    return next((error for error, wrong in problems if wrong), None)
