"""Typed text on its way into the workspace, where mentions may be encoded already."""

from __future__ import annotations

import re

from bot.sandbox.state.workspace_state import WorkspaceState

_MENTION = re.compile(r"<([@#])([A-Z0-9]+)(?:\|[^<>]*)?>")


def stored(space: WorkspaceState, text: str, *, labelled: bool = False) -> str:
    """What Slack stores of typed text: `@ben` as `<@U…>`, & < > escaped; a known `<@U…>` stays a mention."""
    done, end = "", 0
    for mention in _MENTION.finditer(text):
        name = _name(space, mention)
        if name:
            typed = mention.group(1) + name
            done += space.mention(text[end : mention.start()], labelled=labelled)
            done += space.mention(typed, labelled=labelled)
            end = mention.end()
    return done + space.mention(text[end:], labelled=labelled)


def typed(space: WorkspaceState, text: str) -> str:
    """The reverse for mentions: what the person saw when typing."""

    def plain(mention: re.Match[str]) -> str:
        name = _name(space, mention)
        return mention.group(1) + name if name else mention.group()

    return _MENTION.sub(plain, text)


def _name(space: WorkspaceState, mention: re.Match[str]) -> str:
    sign, one = mention.groups()
    known = space.users.get(one) if sign == "@" else space.channels.get(one)
    return known.name if known else ""
