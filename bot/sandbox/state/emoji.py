"""The emoji that everybody has, by Slack's names."""

from functools import cache
from pathlib import Path

_SKIN_TONES = frozenset(f"skin-tone-{tone}" for tone in range(2, 7))


@cache
def standard_emoji() -> frozenset[str]:
    """All of them; what stands behind `::` is not part of the name."""
    lines = (Path(__file__).parent / "emoji.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def is_standard(name: str) -> bool:
    """Whether this is an emoji of Slack's own, with or without a skin tone: `wave::skin-tone-3`."""
    name, colons, tone = name.partition("::")
    return name in standard_emoji() and (not colons or tone in _SKIN_TONES)
