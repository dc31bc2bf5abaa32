"""Whether somebody may have wished that an incident stays among few."""

import re

from bot.domain.typed import plain_keys

YES = frozenset({"yes", "y", "true", "1", "on"})
NO = frozenset({"no", "n", "false", "0", "off"})
# Anywhere in the text: a needless question costs one tap, a leak cannot be taken back.
_WISH = re.compile(r"(?<![^\W_])(privat|private|privately|confidential|confidentially)(?![^\W_])", re.IGNORECASE)
_ORDER = re.compile(r"(?<![^\W_])private(\s*[:=]\s*|\s+)(yes|true|on|please)(?![^\W_])", re.IGNORECASE)


def sounds_private(text: str) -> bool:
    """Whether the text holds a word that may be a wish for privacy."""
    return _WISH.search(plain_keys(text)) is not None


def without_order(text: str) -> str:
    """The text without `private yes`, which is no part of what happened; as it is where that would leave nothing."""
    return " ".join(_ORDER.sub(" ", text).split()) or text
