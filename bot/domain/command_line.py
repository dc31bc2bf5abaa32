"""What people type after /incident: a verb, an incident, `key:value` options, and text."""

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from bot.domain.lifecycle import parse_status
from bot.domain.privacy import NO, YES
from bot.domain.times import reads_as_date, reads_as_next, reads_as_past
from bot.domain.typed import Typed, plain_keys

# A phone turns " into “ ”, and some keyboards into « » or „.
_QUOTES = {'"': '"', "“": "”", "”": "”", "«": "»", "„": "“", "＂": "＂"}
# Behind it everything is text: nobody means an option by what stands there.
TEXT_FOLLOWS = "::"
_KEY = r"(?P<open>[(\[])?(?P<dashes>-{1,2})"
_OPTION = re.compile(_KEY + r"?(?P<key>[A-Za-z_]{2,20})(?P<sign>\s*[:=]\s*)")
_FLAG = re.compile(_KEY + r"(?P<key>[A-Za-z_]{2,20})(?P<sign>\s+|$)")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\S+")
_PERSON = re.compile(r"<@[^<>]+>|@\S+")
_YES_BEHIND = re.compile(r"[\W_]*(yes|y|true)(?![^\W_])", re.IGNORECASE)
_TRAILING = ",;.!)]"  # the end of the sentence, not of the time
_MOST_WORDS = 7  # 1 d 2 h 30 m ago


def _yes_or_no(value: str) -> bool:
    return value.lower() in YES | NO


def _mentions(value: str) -> bool:
    """Whether it is a person, and nothing behind them."""
    return _PERSON.fullmatch(value) is not None


# Values that can be told from text. Where a key is missing here, any word can be its value.
_READS: Mapping[str, Callable[[str], bool]] = {
    "since": reads_as_past,
    "detected": reads_as_past,
    "at": reads_as_past,
    "next": reads_as_next,
    "due": reads_as_date,
    "private": _yes_or_no,
    "owner": _mentions,
    "page": str.isdecimal,
}
# These are found in many a sentence (“Current status: monitoring”), so they count in front only.
_READS_IN_FRONT: Mapping[str, Callable[[str], bool]] = {
    "status": lambda value: parse_status(value) is not None,
    "priority": lambda value: re.fullmatch(r"[A-Za-z]+-?\d\??", value) is not None,
}
# One letter amiss, and still nothing else can be meant.
_CLOSE = 0.75


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """A piece of the text that may be an option: `service: refunds`."""

    typed: str
    key: str
    value: str
    readable: bool  # whether the option could have this value
    others: str  # the text without it


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    words: str  # what is left without the options, spaces folded, line breaks kept as spaces
    options: Mapping[str, str] = field(default_factory=dict)
    # (as typed, the option it resembles): `sevice:checkout` stays in the text, and the answer points it out.
    suspects: tuple[tuple[str, str], ...] = ()
    doubt: Doubt | None = None
    is_text: bool = False  # the words are text beyond doubt


@dataclass(frozen=True, kw_only=True)
class _Found:
    """An option, or what may be one, and where it ends."""

    key: str
    value: str
    end: int
    sure: bool
    readable: bool = True


def parse_command_line(text: str, known: Collection[str]) -> CommandLine:
    """Takes the known `key:value` options out of `text`, wherever they stand; the rest stays as written.

    `key=value`, `key: value` and `--key value` count where the value can be nothing else; where it could be text, it
    stays in the text and is the line's doubt. A value with spaces is quoted. A colon in other words (`https://…`,
    `error:503`) is text. The last of several values for one key counts.
    """
    typed = Typed(text)
    options: dict[str, str] = {}
    suspects: list[tuple[str, str]] = []
    kept: list[str] = []
    doubt: tuple[_Found, int, int] | None = None  # and its place in `kept`, and where it starts
    is_text = False
    position = 0
    while position < len(typed.plain):
        if typed.plain[position].isspace():
            # With the signs without width behind it, which may belong to the word that follows.
            kept.append(" " + typed.written(position, position + 1)[1:])
            position += 1
            continue
        word = _word(typed, position)
        if typed.plain[position : position + len(word)] == TEXT_FOLLOWS:
            kept.append(typed.written(position + len(word)))
            is_text = True
            break
        found = _option(typed, position, known)
        if found is not None and found.sure:
            found = _settled(typed, found)
            if not (found.key == "private" and options.get("private", "").lower() in YES):  # a wish stays one
                options[found.key] = found.value
            position = found.end
            continue
        if found is not None and doubt is None:
            doubt = (found, len(kept), position)
        end = position + len(word)
        written = typed.written(position, end)
        if found is None and (close := _misspelt(typed.plain[position:end], known)):
            suspects.append((written, close))
        kept.append(written)
        position = end
    return CommandLine(
        words=_folded(kept),
        options=options,
        suspects=tuple(suspects),
        doubt=_doubt(typed, doubt, kept) if doubt else None,
        is_text=is_text,
    )


def _folded(parts: list[str]) -> str:
    return _SPACE.sub(" ", "".join(parts)).strip()


def _word(typed: Typed, position: int) -> str:
    match = _WORD.match(typed.plain, position)
    return match[0] if match else ""


def _doubt(typed: Typed, found: tuple[_Found, int, int], kept: list[str]) -> Doubt:
    """What is in doubt, with the text as it would be without it."""
    option, place, start = found
    before, left = _folded(kept[:place]), _folded(kept[place:])
    fragment = _folded([typed.written(start, option.end)])
    return Doubt(
        typed=fragment,
        key=option.key,
        value=option.value,
        readable=option.readable,
        others=" ".join(filter(None, (before, left.removeprefix(fragment).strip()))),
    )


def _option(typed: Typed, position: int, known: Collection[str]) -> _Found | None:
    """The option that begins here, or what may be one."""
    match = _OPTION.match(typed.plain, position) or _FLAG.match(typed.plain, position)
    if match is None:
        return None
    key, sign = match["key"].lower(), match["sign"]
    attached = bool(sign) and sign == sign.strip()
    if key not in known:
        return _resembling(typed, match, known) if attached else None
    if key == "private" and not sign.strip():
        return _private_flag(typed, match)
    if match.end() >= len(typed.plain):
        return None  # nothing follows that could be lost
    return _with_value(typed, match, in_front=not typed.plain[:position].strip())


def _with_value(typed: Typed, match: re.Match[str], *, in_front: bool) -> _Found | None:
    """The known option of `match` with what follows; in doubt where that could be text."""
    key, sign = match["key"].lower(), match["sign"]
    reads = _READS.get(key) or (_READS_IN_FRONT.get(key) if in_front else None)
    if reads is not None and (found := _readable(typed, match.end(), reads)):
        return _Found(key=key, value=found[0], end=found[1], sure=True)
    if key == "private" and sign != ":":
        return None  # whoever declares is asked
    value, end = _value(typed, match.end())
    if match["open"]:
        value = value.rstrip(_TRAILING)  # of (service:refunds) the value is refunds
    # What has no values of its own can be a word of the text, unless it is written as nobody writes a text.
    attached = sign == "=" or match["dashes"] == "--"
    sure = sign == ":" or (key not in _READS and attached)
    return _Found(key=key, value=value, end=end, sure=sure and not match["open"], readable=key not in _READS)


def _resembling(typed: Typed, match: re.Match[str], known: Collection[str]) -> _Found | None:
    """`privat:yes`, `sicne:14:23`: taken for what it resembles only where its value can be nothing else."""
    key = nearest(match["key"], known, cutoff=_CLOSE)
    if key is None or (reads := _READS.get(key)) is None:
        return None
    found = _readable(typed, match.end(), reads)
    return _Found(key=key, value=found[0], end=found[1], sure=True) if found else None


def _settled(typed: Typed, found: _Found) -> _Found:
    """`private: no yes` is neither, so whoever declares is asked."""
    if found.key != "private" or found.value.lower() not in NO:
        return found
    other = _YES_BEHIND.match(typed.plain, found.end)
    if other is None:
        return found
    # In front of other words it may be the first of them: “Yes button is broken”.
    is_last = not typed.plain[other.end() :].strip(_TRAILING + " ")
    return replace(found, value=f"{found.value} {other[1]}", end=len(typed.plain) if is_last else found.end)


def _private_flag(typed: Typed, match: re.Match[str]) -> _Found:
    """`--private` needs no value."""
    found = _readable(typed, match.end(), _yes_or_no)
    value, end = found or ("yes", match.end("key"))
    return _Found(key="private", value=value, end=end, sure=True)


def _readable(typed: Typed, start: int, reads: Callable[[str], bool]) -> tuple[str, int] | None:
    """The longest value from `start` that `reads` accepts, as a plain keyboard writes it, and where it ends."""
    if typed.written(start)[:1] in _QUOTES:
        quoted, end = _value(typed, start)
        return (plain_keys(quoted), end) if reads(plain_keys(quoted)) else None
    ends = [word.end() for word in islice(_WORD.finditer(typed.plain, start), _MOST_WORDS)]
    for end in reversed(ends):
        for value in (typed.plain[start:end], typed.plain[start:end].rstrip(_TRAILING)):
            if reads(value):
                return value, end
    return None


def _value(typed: Typed, start: int) -> tuple[str, int]:
    """The option's value from `start` and the position behind it; a quote that is never closed ends at a space."""
    rest = typed.written(start)
    closing = _QUOTES.get(rest[:1])
    if closing and (length := rest.find(closing, 1)) != -1:
        return rest[1:length].strip(), start + len(plain_keys(rest[: length + 1]))
    end = start + len(_word(typed, start))
    return typed.written(start, end), end


def _misspelt(word: str, known: Collection[str]) -> str | None:
    match = re.match(r"([A-Za-z_]{2,20}):(?=\S)", word)
    return nearest(match[1], known, cutoff=_CLOSE) if match else None


def spell(verb: str, words: str, *, number: int | None = None, options: Mapping[str, str] | None = None) -> str:
    """The way to type this that leaves nothing to guess."""
    parts = [f"INC-{number}"] if number is not None else []
    parts += [verb, *(f"{key}:{_quoted(value)}" for key, value in (options or {}).items())]
    return " ".join([*parts, TEXT_FOLLOWS, words] if words else parts)


def _quoted(value: str) -> str:
    if value and not _SPACE.search(value) and value[0] not in _QUOTES:
        return value
    closing = next((pair for pair in ('""', "“”", "«»") if pair[1] not in value), None)
    return f"{closing[0]}{value}{closing[1]}" if closing else f'"{value.replace(chr(34), "")}"'


def first_word(text: str) -> tuple[str, str]:
    """The first word and the rest, both stripped."""
    # Any space: a line break after the verb is typed with Shift+Enter, a no-break space is pasted.
    head = next(iter(text.split()), "")
    return head, text.strip().removeprefix(head).strip()


def nearest(word: str, names: Collection[str], *, cutoff: float = 0.6) -> str | None:
    """The name that was probably meant by `word`, or None; `cutoff` says how alike they must be, from 0 to 1."""
    close = difflib.get_close_matches(word.lower(), names, cutoff=cutoff)
    return close[0] if close else None
