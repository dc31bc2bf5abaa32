"""What people type after /incident: a verb, an incident, `key:value` options, and text."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

# A phone turns " into “ ”, and some keyboards into « » or „.
_QUOTES = {'"': '"', "“": "”", "”": "”", "«": "»", "„": "“"}
_OPTION = re.compile(r"([A-Za-z_]{2,20}):(?=\S)")
_REFERENCE = re.compile(r"#?(?:inc-?)(\d{1,9})", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    words: str  # what is left without the options, spaces folded, line breaks kept as spaces
    options: Mapping[str, str] = field(default_factory=dict)
    # (as typed, the option it resembles): `sevice:checkout` stays in the text, and the answer points it out.
    suspects: tuple[tuple[str, str], ...] = ()


def parse_command_line(text: str, known: Collection[str]) -> CommandLine:
    """Takes the known `key:value` options out of `text`, wherever they stand; the rest stays as written.

    Options are not `--key`, because phones turn two hyphens into a dash. A value with spaces is quoted. A colon
    in other words (`https://…`, `error:503`) is text. The last of several values for one key counts.
    """
    options: dict[str, str] = {}
    suspects: list[tuple[str, str]] = []
    kept: list[str] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            kept.append(" ")
            position += 1
            continue
        match = _OPTION.match(text, position)
        if match and match[1].lower() in known:
            value, position = _value(text, match.end())
            options[match[1].lower()] = value
            continue
        end = position
        while end < len(text) and not text[end].isspace():
            end += 1
        word = text[position:end]
        if match and (close := difflib.get_close_matches(match[1].lower(), known, n=1, cutoff=0.75)):
            suspects.append((word, close[0]))
        kept.append(word)
        position = end
    return CommandLine(words=_SPACE.sub(" ", "".join(kept)).strip(), options=options, suspects=tuple(suspects))


def _value(text: str, start: int) -> tuple[str, int]:
    """The option's value from `start` and the position behind it; a quote that is never closed ends at a space."""
    closing = _QUOTES.get(text[start])
    if closing and (end := text.find(closing, start + 1)) > start:
        return text[start + 1 : end].strip(), end + 1
    end = start
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[start:end], end


def first_word(text: str) -> tuple[str, str]:
    """The first word and the rest, both stripped."""
    # Any space: a line break after the verb is typed with Shift+Enter, a no-break space is pasted.
    head, *tail = text.split(maxsplit=1) or [""]
    return head, "".join(tail).strip()


def take_reference(text: str) -> tuple[int | None, str]:
    """The incident's number where the text starts with one (`INC-3`, `inc3`, `#INC-3`), and the rest."""
    head, tail = first_word(text)
    match = _REFERENCE.fullmatch(head)
    return (int(match[1]), tail) if match else (None, text.strip())


def nearest(word: str, names: Collection[str]) -> str | None:
    """The name that was probably meant by `word`, or None."""
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return close[0] if close else None
