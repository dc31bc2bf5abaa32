"""Slack's mrkdwn as people read it: names instead of ids, signs instead of entities, nothing that moves a cursor."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.emoji import Emoji
from rich.text import Text

from bot.sandbox.state.model import WorkspaceError
from bot.sandbox.workspace import Workspace

_TOKEN = re.compile(r"<([^<>\s][^<>\n]*)>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))  # & last: "&amp;lt;" is a typed "&lt;"
_SHORTCODE = re.compile(r":([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?")
# C0 and C1 controls (an escape sequence could repaint the screen) and the signs that turn the writing direction
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_STYLES: Mapping[str, str] = {"*": "bold", "_": "italic", "~": "strike", "`": "bold"}
_STYLED = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)([^\n]+?)(?<=\S)\1(?![\w*_~`])")


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the ids in a text stand for."""

    user: Callable[[str], str]
    channel: Callable[[str], str]

    @classmethod
    def of(cls, workspace: Workspace) -> "Names":
        def user(who: str) -> str:
            try:
                return clean(workspace.user(who).real_name)
            except WorkspaceError:
                return who

        def channel(which: str) -> str:
            try:
                return workspace.channel(which).name or which
            except WorkspaceError:
                return which

        return cls(user=user, channel=channel)


def clean(text: str) -> str:
    """Without the characters that would do something to a terminal instead of being shown."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n"))


def emoji(name: str) -> str:
    """`pushpin` → 📌; a name that is not known stays `:name:`."""
    plain_name = name.partition("::")[0]
    # Slack's large_orange_circle is rich's orange_circle.
    shown = Emoji.replace(f":{plain_name.removeprefix('large_')}:")
    return Emoji.replace(f":{plain_name}:") if shown.startswith(":") else shown


def plain(text: str, names: Names) -> str:
    """The text with names, links and signs resolved; *bold* and its like stay as typed."""
    parts: list[str] = []
    end = 0
    for match in _TOKEN.finditer(text):
        parts += [_signs(text[end : match.start()]), _resolved(match.group(1), names)]
        end = match.end()
    parts.append(_signs(text[end:]))
    return clean("".join(parts))


def styled(text: str, names: Names) -> Text:
    """One flowing line for the screen: *bold*, _italic_, ~struck~ and `code` shown as such."""
    lines = (line.strip().removeprefix("> ") for line in plain(text, names).splitlines())
    flowing = " · ".join(line for line in lines if line)
    shown, end = Text(), 0
    for match in _STYLED.finditer(flowing):
        shown.append(flowing[end : match.start()])
        shown.append(match.group(2), style=_STYLES[match.group(1)])
        end = match.end()
    shown.append(flowing[end:])
    return shown


def unstyled(text: str) -> str:
    """What an app wrote in *bold* and the like, without the signs for it and for quotations."""
    return "\n".join(_STYLED.sub(r"\2", line.removeprefix("> ")) for line in text.splitlines())


def _signs(text: str) -> str:
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    return _SHORTCODE.sub(lambda match: emoji(match.group(1)), text)


def _resolved(token: str, names: Names) -> str:
    """What stands between < and >: a mention, a date or a link."""
    target, _, label = token.partition("|")
    if target.startswith("@"):
        return f"@{names.user(target[1:])}"
    if target.startswith("#"):
        return f"#{names.channel(target[1:])}"
    if target.startswith("!"):
        # <!here>, <!subteam^S1|@database>, <!date^…|yesterday>: the label is what people are shown
        return _signs(label) or f"@{target[1:].partition('^')[0]}"
    return _signs(label) or _signs(target.removeprefix("mailto:"))


def written(blocks: Sequence[Mapping[str, Any]]) -> str:
    """What an app's blocks say, as mrkdwn, one line for each part; buttons and pictures left out."""
    return "\n".join(line for block in blocks for line in _lines(block) if line.strip())


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    text = block.get("text")
    if isinstance(text, Mapping):
        yield str(text.get("text", ""))
    elif isinstance(text, str):
        yield text
    for field in block.get("fields", ()):
        yield " ".join(str(field.get("text", "")).split("\n"))
    if block.get("type") == "context":
        yield " ".join(str(element.get("text", "")) for element in block.get("elements", ()))
