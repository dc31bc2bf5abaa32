"""Whether somebody may have wished that an incident stays among few."""

import difflib
import re

from bot.domain.typed import plain_keys

YES = frozenset({"yes", "y", "true", "1", "on"})
NO = frozenset({"no", "n", "false", "0", "off"})
# Anywhere in the text: a needless question costs one tap, a leak cannot be taken back.
_WISH = re.compile(
    r"(?<![^\W_])(privat|private|privately|privacy|confidential|confidentially|restricted|non-?public|"
    r"not\s+public|public\s*[:=]\s*(no|false|off)|secret\s*[:=]\s*(yes|true|on))(?![^\W_])",
    re.IGNORECASE,
)
_CLOSE = 0.8  # prviate, confidental
_ORDER = re.compile(r"(?<![^\W_])private(\s*[:=]\s*|\s+)(yes|true|on|please)(?![^\W_])", re.IGNORECASE)


def sounds_private(text: str) -> bool:
    """Whether the text holds a word that may be a wish for privacy."""
    plain = plain_keys(text).lower()
    return _WISH.search(plain) is not None or any(map(_is_misspelt, re.findall(r"\w+", plain)))


def _is_misspelt(word: str) -> bool:
    """Whether a sign or two are amiss in a word that is meant to keep something among few."""
    return any(
        abs(len(word) - len(meant)) <= 1 and difflib.SequenceMatcher(a=word, b=meant).ratio() >= _CLOSE
        for meant in ("private", "confidential")
    )


def without_order(text: str) -> str:
    """The text without `private yes`, which is no part of what happened; as it is where that would leave nothing."""
    return " ".join(_ORDER.sub(" ", text).split()) or text
