"""What fits into one message: counted as Slack counts, after escaping; the rest is carried on, never lost."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.domain.mrkdwn import Mrkdwn, cut, unbroken

# Slack cuts at 40,000; past 4,000 it asks to split. Nobody reads more in a chat message.
TEXT_LIMIT = 4000
SECTION_LIMIT = 3000
# Slack refuses a message whose blocks hold some 11,000 to 13,000 characters together, and does not say where it ends.
BLOCKS_LIMIT = 10_000
MOST_BLOCKS = 50
_QUOTE = "> "


def pieces(text: Mrkdwn, limit: int = TEXT_LIMIT) -> list[Mrkdwn]:
    """The whole text in pieces of at most `limit` characters, broken between lines or words where there are any.

    No markup is broken, and a quotation goes on as one.
    """
    found = []
    rest = str(text)
    while len(rest) > limit:
        piece = unbroken(rest[:limit])
        piece = piece[: _break(piece, limit // 2)]
        if not piece.strip("> \n"):
            piece = rest[:limit]  # a link that is longer than a message is none
        line = piece[piece.rfind("\n") + 1 :]
        rest = rest[len(piece) :]
        goes_on = not rest.startswith("\n")
        rest = rest.lstrip(" ").removeprefix("\n")
        if goes_on and line.startswith(_QUOTE):
            rest = _QUOTE + rest
        found.append(Mrkdwn(piece))
    return [*found, Mrkdwn(rest)]


def _break(piece: str, after: int) -> int:
    """Where to break it: between lines, else between words, outside of markup; its end where there is no such place.

    Not before `after`, which would make many short pieces.
    """
    for sign in "\n ":
        at = len(piece)
        while (at := piece.rfind(sign, after, at)) > 0:
            if unbroken(piece[:at]) == piece[:at]:
                return at
    return len(piece)


def fitted(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks that show how things stand, within Slack's limits: the longest texts are shortened as far as needed."""
    kept = [*blocks] if len(blocks) <= MOST_BLOCKS else [*blocks[: MOST_BLOCKS - 2], *blocks[-2:]]
    texts = list(_texts(kept))
    level = _level([len(one["text"]) for one in texts], BLOCKS_LIMIT)
    for one in texts:
        if len(one["text"]) > level:
            is_markup = one["type"] == "mrkdwn"
            one["text"] = cut(Mrkdwn(one["text"]), level) if is_markup else one["text"][: level - 1] + "…"
    return kept


def _level(lengths: Sequence[int], limit: int) -> int:
    """The greatest length to which all can be shortened so that they fit together."""
    left, shorter = limit, 0
    for place, length in enumerate(sorted(lengths)):
        if shorter + length * (len(lengths) - place) > limit:
            return max(1, left // (len(lengths) - place))
        shorter += length
        left -= length
    return limit


def _texts(part: Any) -> Iterator[dict[str, Any]]:
    """Every text object in it."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str) and part.get("type") in ("mrkdwn", "plain_text"):
            yield part
        for value in part.values():
            yield from _texts(value)
    elif isinstance(part, list):
        for one in part:
            yield from _texts(one)
