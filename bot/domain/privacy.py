"""Whether somebody may have wished that an incident stays among few."""

import difflib
import re

from bot.domain.typed import Typed, plain_keys

YES = frozenset({"yes", "y", "true", "1", "on"})
NO = frozenset({"no", "n", "false", "0", "off"})

_START, _END = r"(?<![^\W_])", r"(?![^\W_])"
_SIGN = r"(?:[:=]+>?|->)"
_OPEN, _CLOSED = r"[\"'(\[]*", r"[\"')\]]*"
_CONSENT = r"(?:yes|yep|yeah|y|true|t|1|on|please)"
_REFUSAL = r"(?:no|nope|not|none|never|n|false|f|0|off)"
_SHORT = r"(?:privat|priv|prv|pvt|prvt)"
_FEW, _MANY = r"(?:secret|hidden|hide|internal|sensitive)", r"(?:public|visible|announced?|broadcast)"
# Anywhere in the text: a needless question costs one tap, a leak cannot be taken back.
_WISH = re.compile(
    "|".join(
        (
            r"private(?!er)|confidential",  # isPrivate, non_private
            rf"{_START}(?:{_SHORT}|privacy|restricted|unlisted){_END}",
            rf"{_START}(?:non|un)[\s_-]*public{_END}|(?<!\S)(?:!|-*no-?)public{_END}",
            rf"(?:{_START}not|n't)[\s_-]*(?:(?:be|for|go|made|to)\s+)*public{_END}",
            # These words are in many a title, so only as an option is written.
            rf"{_START}{_FEW}(?:\s*{_SIGN}\s*{_OPEN}{_CONSENT}|\s+(?:yes|y|true|please))(?![\w-])",
            rf"(?<![\w-])-{{1,2}}(?:is-)?{_FEW}{_END}",
            rf"{_START}{_MANY}\s*{_SIGN}\s*{_OPEN}{_REFUSAL}{_END}",
            rf"{_START}public\s+(?:no|n|false|off|0)(?![\w-]|[.,]\d|\s+longer{_END})",
            rf"{_START}visibility\s*{_SIGN}\s*{_OPEN}(?:few|hidden|internal|invited?|members|no|none|off|secret|team){_END}",
        )
    )
)
_CLOSE = 0.8  # prviate, confidental
# What nobody says of what happened.
_ORDER = re.compile(
    rf"(?<![\w-])-{{0,2}}(?:"
    rf"(?:is[_-]?)?(?:private|{_SHORT})(?:\s*{_SIGN}\s*{_OPEN}{_CONSENT}|\s+(?:yes|true|please))"
    rf"|{_FEW}{_SIGN}{_OPEN}{_CONSENT}|{_MANY}{_SIGN}{_OPEN}{_REFUSAL}"
    rf")(?![\w-]){_CLOSED}|(?<![\w-])-{{1,2}}(?:is-?)?(?:private|{_SHORT}){_END}",
    re.IGNORECASE,
)


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
    typed = Typed(text)
    kept, end = [], 0
    for order in _ORDER.finditer(typed.plain):
        kept.append(typed.written(end, order.start()))
        end = order.end()
    return " ".join(" ".join([*kept, typed.written(end)]).split()) or text
