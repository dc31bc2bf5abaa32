"""The picture of the errors shows those that there are."""

import re

from bot import errors
from bot.domain.question import Question
from bot.errors import BotError


def drawn() -> list[tuple[int, str]]:
    """(depth, name) of each line of the picture."""
    lines = re.findall(r"^( *)([A-Z]\w+) {2,}", errors.__doc__ or "", re.MULTILINE)
    return [(len(indent) // 2, name) for indent, name in lines]


def tree(kind: type[Exception], depth: int = 0) -> list[tuple[int, str]]:
    below = [
        kid
        for kid in kind.__subclasses__()
        if kid.__bases__[0] is kind and kid.__module__.startswith("bot.") and "sandbox" not in kid.__module__
    ]
    return [(depth, kind.__name__), *(entry for kid in below for entry in tree(kid, depth + 1))]


def test_the_picture_shows_every_error() -> None:
    assert Question.__mro__[2] is BotError
    assert sorted(drawn()) == sorted(tree(BotError))
