"""The ways in which people name an incident: one that leaves no doubt, and many that are worth a question."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from bot.domain.command_line import TEXT_FOLLOWS, first_word
from bot.domain.typed import Typed, plain_keys

_REFERENCE = re.compile(r"#?(?:inc-?)(\d{1,9})", re.IGNORECASE)

# What may stand before a name: signs, &gt; for >, an :emoji:, and a few words.
_SIGNS = r"(?:&(?:amp|gt|lt);|:(?:[+-]1|[a-z0-9][\w+-]*):|[\W_])*"
_OPENING = rf"{_SIGNS}(?:(?:please|pls|plz|for|re|the)(?![^\W_]){_SIGNS})*"
_BY_WORD = r"(?:inc|incident)(?:[\W_]*(?:number|num|nr|no|id)(?![^\W\d_]))?"
# INC②, inc.2, INC#2 | incident no. 2, but no “incident 2.5 h long” and no “incident 14:23”.
_ATTACHED, _SPACED = r"(?:[^\w\s]|_)*(\d{1,9})", r"[\W_]*(\d{1,9})(?![.:]\d)"
# By its number alone: #2, number 2, “2: …”. Five digits are a ticket's or a pull request's.
_ALONE = r"#(\d{1,4})(?![.:]\d|%)|(?:number|num|nr|no\.)\s*#?(\d{1,4})(?![.:]\d|%)|(\d{1,4})(?=:(?:\s|$))"
_LINK = r"(?P<link><\w[^\s<>|]*[/|])?"
_END = r"(?![^\W_])(?(link)[^<>]*>)"
# What closes it, up to a space; of what follows without one, only signs that separate.
_CLOSING = (
    r"(?:(?:&(?:amp|gt|lt);|[!-/:-@\[-`{-~】〕〉》」』、。])*(?=\s|$)|(?:'s(?![^\W_])|&gt;|[-.,:;!?/|=~*_)\]}>])*)"
)
_NUMBERED = re.compile(
    rf"{_OPENING}{_LINK}(?:{_BY_WORD}(?:{_ATTACHED}|{_SPACED})|{_ALONE}){_END}{_CLOSING}", re.IGNORECASE
)
# <#C0123|mails-late>, a link to a message in it, #mails-late
_CHANNEL = r"<#(\w+)(?:\|[^<>]*)?>|<https?://[^\s<>|]*/archives/(\w+)[^<>]*>|(?<![\w&#<])#([\w-]+)"
_MENTIONED = re.compile(_CHANNEL, re.IGNORECASE)
_IN_FRONT = re.compile(rf"{_OPENING}(?:{_CHANNEL}){_CLOSING}", re.IGNORECASE)
_NAMED_AFTER = re.compile(rf"{_OPENING}<#\w+\|(?:inc|incident)[-_]?(\d{{1,9}})(?!\d)[^<>]*>{_CLOSING}", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_MOST_WORDS = 30  # so far into a line nobody says which incident it is about
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")


@dataclass(frozen=True, kw_only=True)
class Named:
    """An incident that may be meant by a piece of the text, and the text around that piece, as it was written."""

    number: int
    before: str
    after: str


def take_reference(text: str) -> tuple[int | None, str]:
    """The incident's number where the text starts with one (`INC-3`, `inc3`, `#INC-3:`), and the rest."""
    head, tail = first_word(text)
    match = _REFERENCE.fullmatch(plain_keys(head).rstrip(":,"))
    return (int(match[1]), tail) if match else (None, text.strip())


def loose_references(text: str, channels: Mapping[str, int]) -> Iterator[Named]:
    """Whatever may name an incident, in its order: `INC 2`, `(inc_2)`, `#2`, its channel; enough to ask.

    `channels` has the incident's number by the id and by the name of its channel. Behind `::` everything is text.
    """
    typed = Typed(text)
    plain, end = typed.plain.translate(_RAISED), 0
    for word in islice(_WORD.finditer(plain), _MOST_WORDS):
        if word[0] == TEXT_FOLLOWS:
            return
        if found := _named(plain, word.start(), channels):
            number, behind = found
            after = typed.written(behind).strip() if plain[behind:].strip() else ""
            yield Named(number=number, before=typed.written(0, end).strip(), after=after)
        end = word.end()


def _named(plain: str, start: int, channels: Mapping[str, int]) -> tuple[int, int] | None:
    """The number of the incident that is named from `start`, and where its name ends."""
    if match := _IN_FRONT.match(plain, start):
        key = next(filter(None, match.groups()))
        number = channels.get(key, channels.get(key.lower()))
        if number is not None:
            return number, match.end()
    match = _NAMED_AFTER.match(plain, start) or _NUMBERED.match(plain, start)
    if match is None:
        return None
    return int(next(found for found in match.groups() if found and found.isdecimal())), match.end()


def mentioned_channels(text: str) -> Collection[str]:
    """Ids, and names in lower case, of the channels that the text mentions."""
    found = (match.groups() for match in _MENTIONED.finditer(plain_keys(text)))
    return {name.lower() if name else one or other for one, other, name in found}


def may_name_one(text: str) -> bool:
    """Whether it is worth a look at where this was typed: most lines name no incident."""
    plain = plain_keys(text)
    return any(sign.isdigit() for sign in plain) or "#" in plain or "/archives/" in plain
