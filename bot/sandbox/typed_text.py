"""What typed text becomes on the wire: mentions as ids, and & < > as entities."""

from __future__ import annotations

import re
from collections.abc import Mapping

# A handle is a whole word: not the tail of an e-mail address, of a path or of another handle.
_HANDLE = re.compile(r"(?<![\w@#./+-])([@#])([\w.-]+)(?![@\w])")
_EVERYBODY = {"here", "channel", "everyone"}


def escape(text: str) -> str:
    """The three characters that Slack's markup reserves."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed_text(text: str, *, users: Mapping[str, str], channels: Mapping[str, str], labelled: bool = False) -> str:
    """`text` as Slack stores it after somebody typed it; `users` and `channels` map names to ids.

    `labelled` gives the form of slash commands, `<@U…|name>`. Names that nobody bears stay as typed.
    """
    done: list[str] = []
    end = 0
    for match in _HANDLE.finditer(text):
        sign, word = match.groups()
        name = word.rstrip(".-")  # "@ben." ends a sentence
        if sign == "@" and name in users:
            mention = f"<@{users[name]}|{name}>" if labelled else f"<@{users[name]}>"
        elif sign == "@" and name in _EVERYBODY:
            mention = f"<!{name}>"
        elif sign == "#" and name in channels:
            mention = f"<#{channels[name]}|{name}>"
        else:
            continue
        done += [escape(text[end : match.start()]), mention]
        end = match.start() + 1 + len(name)
    done.append(escape(text[end:]))
    return "".join(done)
