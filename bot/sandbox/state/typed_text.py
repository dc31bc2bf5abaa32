"""What typed text becomes on the wire: mentions as ids, addresses as links, and & < > as entities."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.sandbox.state import links

# A handle is a whole word: not the tail of an e-mail address, of a path or of another handle.
_HANDLE = re.compile(r"(?<![\w@#./+-])([@#])([\w.-]+)(?![@\w])")
_EVERYBODY = {"here", "channel", "everyone"}
_MARKUP = re.compile(r"<[^<>\n]+>")


def escape(text: str) -> str:
    """The three characters that Slack's markup reserves."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The reverse."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")  # & last: "&amp;lt;" is a typed "&lt;"


def typed_text(text: str, *, users: Mapping[str, str], channels: Mapping[str, str], labelled: bool = False) -> str:
    """`text` as Slack stores it after somebody typed it; `users` and `channels` map names to ids.

    `labelled` gives the form of slash commands, `<@U…|name>`. Names that nobody bears stay as typed.
    """

    def with_mentions(words: str) -> str:
        done: list[str] = []
        end = 0
        for match in _HANDLE.finditer(words):
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
            done += [escape(words[end : match.start()]), mention]
            end = match.start() + 1 + len(name)
        done.append(escape(words[end:]))
        return "".join(done)

    return _linked(text, with_mentions)


def posted_text(text: str) -> str:
    """An app's text as it is read back: its markup stays, addresses outside of it are links, & < > are entities."""
    done, end = "", 0
    for markup in _MARKUP.finditer(text):
        done += _linked(unescape(text[end : markup.start()]), escape) + markup.group()
        end = markup.end()
    return done + _linked(unescape(text[end:]), escape)


def _linked(text: str, others: Callable[[str], str]) -> str:
    """The text with its addresses as links; `others` writes what is between them."""
    done = ""
    for words, address, label in links.pieces(text):
        if not address:
            done += others(words)
        else:
            done += f"<{escape(address)}|{escape(label)}>" if label else f"<{escape(address)}>"
    return done
