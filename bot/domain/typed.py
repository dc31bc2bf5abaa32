"""What phones and word processors make of what people type, and how a plain keyboard would have written it."""

import re
import unicodedata
from functools import cache

# Between what is typed and what is meant lie curly quotes, long dashes and wide letters. Syntax is read through
# `plain_keys`; text that is kept stays as it was written.
_TWINS = {
    **dict.fromkeys("“”„‟«»″〝〞", '"'),
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys("‐‑‒–−﹣", "-"),
    **dict.fromkeys("—―⸺", "--"),  # what a phone makes of two hyphens
    **dict.fromkeys("﹕꞉∶︓", ":"),
    "﹦": "=",
}
_WIDE = range(0xFF01, 0xFF5F)  # full-width forms of the ASCII signs
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
# They make a text look like another one; marks that only join letters or say which way a letter runs may stay.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Some count as letters: the fillers of Hangul, and Braille without a dot.
_NOTHING = re.compile("[\u200b\u2060\ufeff\u00ad\u180e\u115f\u1160\u3164\uffa0\u2800]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@cache  # the same few hundred signs again and again
def _twin(sign: str) -> str:
    if sign.isascii():
        return sign
    if sign in _TWINS:
        return _TWINS[sign]
    code = ord(sign)
    if code in _WIDE:
        return chr(code - 0xFEE0)
    if code in _VARIATION_SELECTORS or unicodedata.category(sign) == "Cf" or _NOTHING.match(sign):
        return ""
    if sign.isspace():
        return " "
    digit = unicodedata.decimal(sign, None)
    # ② is 2, № is No, a bold letter of mathematics is a letter; but 5² is not 52.
    is_raised = unicodedata.decomposition(sign).startswith(("<super>", "<sub>"))
    same = sign if is_raised else unicodedata.normalize("NFKC", sign)
    twin = same if digit is None else str(digit)
    return twin if twin.isascii() else sign


def plain_keys(text: str) -> str:
    """`text` as a plain keyboard would have written it: for reading syntax, never for keeping."""
    return text if text.isascii() else "".join(map(_twin, text))


class Typed:
    """A text and its plain twin; places in the twin lead back to the text as it was written."""

    def __init__(self, text: str) -> None:
        self.text = text
        twins = [_twin(sign) for sign in text]
        self.plain = "".join(twins)
        self._places = [place for place, twin in enumerate(twins) for _ in twin]
        self._places.append(len(text))

    def written(self, start: int, end: int | None = None) -> str:
        """The text as it was written between two places of the twin."""
        return self.text[self._places[start] : self._places[len(self.plain) if end is None else end]]


def visible(text: str) -> str:
    """`text` without what shows nothing or turns the rest around: control characters, empty signs, overrides."""
    return _CONTROL.sub("", _NOTHING.sub("", _OVERRIDES.sub("", text)))


def shows_nothing(text: str) -> bool:
    """Whether a reader would see an empty line."""
    return not any(_twin(sign).strip() and not unicodedata.category(sign).startswith("C") for sign in text)


def for_terminal(text: str) -> str:
    """`text` with line breaks and tabs, but with nothing that a terminal takes for an order."""
    return _OVERRIDES.sub("", _CONTROL.sub("", text))
