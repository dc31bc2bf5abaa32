"""Have we seen this before? (process 25)"""

import re
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

_WORD = re.compile(r"\w{3,}")
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "are",
        "was",
        "has",
        "not",
        "all",
        "our",
        "out",
        "its",
        "this",
        "that",
        "returns",
        "return",
        "down",
    ]
)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower())) - _COMMON


def likeness(title: str, other_title: str, *, same_service: bool, same_category: bool) -> float:
    """0 to 1: how much of the titles' words is shared, with a same service or category weighing in."""
    ours, theirs = _words(title), _words(other_title)
    either = ours | theirs
    shared = len(ours & theirs) / len(either) if either else 0.0
    return min(1.0, shared * 0.6 + (0.25 if same_service else 0) + (0.2 if same_category else 0))


# Half of the words in common, or two of: a third of them, the same service, the same category; below that it is noise.
SIMILAR_FROM = 0.3


def most_alike(scored: Iterable[tuple[float, T]], *, most: int = 3) -> list[T]:
    """The best of those that are similar enough, best first."""
    good = [(score, item) for score, item in scored if score >= SIMILAR_FROM]
    return [item for _, item in sorted(good, key=lambda pair: -pair[0])[:most]]
