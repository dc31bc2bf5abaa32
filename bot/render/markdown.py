"""People's words in a Markdown document: they stay words."""

import re
from urllib.parse import quote

# Everything that CommonMark and tables give a meaning to; an escaped character is shown as itself.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#+|~!&])")
# Also what underlines: `---` and `===` make a heading of the line above, `:-:` makes it the head of a table.
_LIST_START = re.compile(r"^(\s*)(\d+)([.)])(?=\s|$)|^(\s*)([-=]|:(?=-))", re.MULTILINE)


class Markdown(str):
    """Text that is Markdown by intention."""

    __slots__ = ()


def inline(value: object) -> Markdown:
    """On one line, without meaning to Markdown; Markdown stays as it is."""
    if isinstance(value, Markdown):
        return value
    return _escape(" ".join(str(value).split()))


def block(value: object) -> Markdown:
    """Several lines, each a line of its own in the document."""
    lines = [_escape(line.strip()) for line in str(value).splitlines()]
    return Markdown("  \n".join(line or "\u00a0" for line in lines))


def sentence(value: object) -> Markdown:
    """What people wrote as a sentence between others: on one line, and with a full stop where it has no end."""
    text = inline(value)
    return text if text.endswith((".", "!", "?", "…")) else Markdown(text + ".")


def link(label: object, url: str | None) -> Markdown:
    """`[label](url)`, or the label alone."""
    if not url:
        return inline(label)
    return Markdown(f"[{inline(label)}]({quote(url, safe=':/?&=#%+@')})")


def _escape(text: str) -> Markdown:
    escaped = _SPECIAL.sub(r"\\\1", text)
    return Markdown(_LIST_START.sub(_harmless_start, escaped))


def _harmless_start(match: re.Match[str]) -> str:
    if match[2] is not None:
        return f"{match[1]}{match[2]}\\{match[3]}"
    return f"{match[4]}\\{match[5]}"
