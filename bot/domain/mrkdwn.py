"""Slack's markup: written safely, and read back as plain text."""

import html
import re
import string
from collections.abc import Callable, Iterable
from typing import Any

_TOKEN = re.compile(r"<([^<>]*)>")
_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^<>]*))?>")
_SCHEME = re.compile(r"^(?:https?://|mailto:)", re.IGNORECASE)
# A cut must not end inside `&amp;` or `<@U123>`: Slack would show the rest as markup, or refuse the message.
_BROKEN_END = re.compile(r"(&[a-z]{0,4}|<[^<>]*)$")


def escape(text: str) -> str:
    """The three characters that Slack reads as markup, made harmless; `<!channel>` stays text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Mrkdwn(str):
    """Text that is markup by intention; whatever is formatted into it is escaped unless it is Mrkdwn too.

    An f-string gives a plain `str`, so the type checker sees where people's text would slip in unescaped.
    """

    __slots__ = ()

    def format(self, *args: object, **kwargs: object) -> "Mrkdwn":
        return Mrkdwn(_Escaping().vformat(str(self), args, kwargs))

    def join(self, parts: Iterable[str]) -> "Mrkdwn":
        return Mrkdwn(str(self).join(markup(part) for part in parts))

    def __add__(self, other: str) -> "Mrkdwn":
        return Mrkdwn(str(self) + markup(other))


class _Escaping(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        return markup(value if isinstance(value, str) and not format_spec else format(value, format_spec))


def markup(text: object) -> Mrkdwn:
    """`text` as markup: escaped, unless it is Mrkdwn already."""
    return text if isinstance(text, Mrkdwn) else Mrkdwn(escape(str(text)))


def mention(user_id: str) -> Mrkdwn:
    return Mrkdwn(f"<@{user_id}>")


def channel_link(channel_id: str) -> Mrkdwn:
    return Mrkdwn(f"<#{channel_id}>")


def link(url: str, label: str) -> Mrkdwn:
    # `|` and `>` would end the label's or the link's part early.
    return Mrkdwn("<{}|{}>").format(Mrkdwn(escape(url).replace("|", "%7C")), label.replace("|", "¦"))


def cut(text: str, limit: int) -> Mrkdwn:
    """Markup of at most `limit` characters, cut with … at a place that leaves no broken markup."""
    whole = markup(text)
    if len(whole) <= limit:
        return whole
    return Mrkdwn(_BROKEN_END.sub("", str(whole)[: limit - 1]) + "…")


def unbroken(start: str) -> str:
    """The start of a text without the broken markup at its end."""
    return _BROKEN_END.sub("", start)


def plain(text: str, name_of: Callable[[str], str | None] = lambda _id: None) -> str:
    """What a reader sees of a message as Slack sends it: `<@U1>` is @name, `&lt;` is <.

    `name_of` gives the handle for a user id, or None where it is not known.
    """

    def seen(match: re.Match[str]) -> str:
        body, _, label = match.group(1).partition("|")
        match body[:1]:
            case "@":
                return "@" + (name_of(body[1:]) or label or body[1:])
            case "#":
                return "#" + (label or body[1:])
            case "!":
                word = body[1:].split("^")[0]
                return label or "@" + word
            case _:
                return label if _is_address(label, body) else f"{label} ({body})" if label else body

    return html.unescape(_TOKEN.sub(seen, text))


def _is_address(label: str, target: str) -> bool:
    """Whether the label says what the link does: Slack sends a typed `x.org` as `<http://x.org|x.org>`."""

    def address(link: str) -> str:
        return _SCHEME.sub("", link).removesuffix("/").casefold()

    return bool(label) and address(label) == address(target)


def mentioned(text: str) -> list[str]:
    """Ids of the people whom `text` mentions, in order, each once."""
    return list(dict.fromkeys(match.group(1) for match in _USER.finditer(text)))
