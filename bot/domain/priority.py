"""Priority from impact × urgency (process 6), and what to do in doubt: go higher (process 7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.typed import Typed, plain_keys
from bot.errors import UserError

# What people call a level by its number, and what the configuration may call it.
_FAMILIES = {"p": ["p", "sev"], "prio": ["p", "sev"], "priority": ["p", "sev"], "s": ["sev"], "sev": ["sev", "p"]}
_FAMILIES["severity"] = _FAMILIES["sev"]
_NUMBERED = re.compile(r"(?P<family>prio|priority|p|severity|sev|s)[-_ ]?(?P<number>\d{1,3})")
# In front of a text (P1), [sev-1], SEV 1, p2?, p1/p2, P1: and P1 – are the priority, and the text starts behind it.
_OPENING = re.compile(r"[\s(\[{]*")
_SPACED = re.compile(r"((p|sev)\s+\d{1,3}|(prio|priority|severity)\s+\d{1,3}(?=\s*[-:;,|)\]]))(?![\w%])", re.IGNORECASE)
_NAME = re.compile(r"\w+(?:[-/|]\w+)*/?")
_UNSURE = re.compile(r"\?*")
# Signs that close it, and one dash or colon that stands by itself; a title may begin with others, such as :fire:.
_BEHIND = re.compile(r"(?:\s*[)\]}])*(?:[:;,!|]+|[.-]+(?=\s|$))?[)\]}]*\s*(?:(?:--?|[:;,|])(?=\s)\s*)?")

# {impact: {urgency: priority}}, written down in config.yaml before the incident.
Matrix = Mapping[str, Mapping[str, str]]


AS_STATED = "as declared"  # why a priority that somebody stated is what it is


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The organisation's priorities, the most urgent first, and the matrix that leads to them."""

    levels: Sequence[str]
    aliases: Mapping[str, str]  # lower case: sev1 -> p1
    matrix: Matrix
    when_unstated: str  # what a declaration without any hint gets

    def higher(self, one: str, other: str) -> str:
        return min(one, other, key=self.levels.index)

    def find(self, word: str) -> str | None:
        """The level that `word` names: its key, an alias, or `sev-1` and `priority 1` where sev1 or p1 is one."""
        key = word.lower()
        if key in self.levels:
            return key
        if key in self.aliases:
            return self.aliases[key]
        numbered = _NUMBERED.fullmatch(" ".join(key.split()))
        if numbered is None:
            return None
        written = [f"{numbered['family']}{int(numbered['number'])}"]
        written += [f"{family}{int(numbered['number'])}" for family in _FAMILIES[numbered["family"]]]
        return next((self.aliases.get(one, one) for one in written if one in self.levels or one in self.aliases), None)

    def is_above(self, word: str) -> bool:
        """Whether `word` is numbered above the highest level: p0, sev0."""
        numbered = _NUMBERED.fullmatch(" ".join(word.rstrip("?").lower().split()))
        names = [*self.levels, *self.aliases]
        numbers = [int(found["number"]) for name in names if (found := _NUMBERED.fullmatch(name))]
        return numbered is not None and bool(numbers) and int(numbered["number"]) < min(numbers)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A priority and the sentence that says how it came about; nobody "just picks urgent"."""

    priority: str
    because: str
    in_doubt: bool = False


def read_priority(word: str, scale: Scale) -> Choice | None:
    """A priority as people type it: `p1`, `sev1`, `p2?` (unsure: one higher), `p1/p2` (unsure: the higher).

    None where the word is none of these.
    """
    unsure = plain_keys(word).endswith("?")
    typed = plain_keys(word).rstrip("?").lower()
    # A name that has a hyphen itself is not two names.
    names = [typed] if scale.find(typed) else [name for name in re.split(r"[/|]|-(?=[a-z])", typed) if name]
    found = [scale.find(name) for name in names]
    levels = [level for level in found if level is not None]
    if not levels or len(levels) != len(found):
        return None
    if len(levels) > 1:
        best = min(levels, key=scale.levels.index)
        return Choice(priority=best, because=f"the higher of {' and '.join(names)}, as in doubt", in_doubt=True)
    if unsure:
        index = scale.levels.index(levels[0])
        if index == 0:
            return Choice(priority=levels[0], because="the highest, as in doubt", in_doubt=True)
        return Choice(priority=scale.levels[index - 1], because=f"one above {levels[0]}, as in doubt", in_doubt=True)
    return Choice(priority=levels[0], because=AS_STATED)


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A priority in front of a text."""

    word: str  # as typed
    choice: Choice | None  # None: it looks like a priority, but there is none of that name
    rest: str  # the text behind it


def priority_in_front(text: str, scale: Scale, *, any_name: bool) -> Stated | None:
    """What `text` begins with, where that is a priority or looks like one.

    A word such as “low” begins many a title: without `any_name` only what can be nothing else is a priority.
    """
    typed = Typed(text)
    start = _end(_OPENING, typed.plain, 0)
    name = _SPACED.match(typed.plain, start) or _NAME.match(typed.plain, start)
    if name is None:
        return None
    unsure = _end(_UNSURE, typed.plain, name.end())
    behind = _end(_BEHIND, typed.plain, unsure)
    if behind == unsure and behind < len(typed.plain):
        return None  # p1.example.com
    word = typed.plain[start:unsure]
    clear = any_name or word.lower() in scale.levels or any(sign.isdigit() for sign in word)
    choice = read_priority(word, scale) if clear else None
    if choice is None and not looks_like_priority(word):
        return None
    return Stated(word=" ".join(word.split()), choice=choice, rest=typed.written(behind).strip())


def looks_like_priority(word: str) -> bool:
    """Whether `word` is a priority's name and number, in this scale or in another."""
    return _NUMBERED.fullmatch(" ".join(plain_keys(word).rstrip("?").lower().split())) is not None


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def choose(scale: Scale, *, stated: Choice | None, impact: str | None, urgency: str | None) -> Choice:
    """The priority of a declaration from what is known of it; where the hints differ or are missing, the higher."""
    if impact and urgency:
        level = scale.matrix[impact][urgency]
        derived = Choice(priority=level, because=f"impact {impact} × urgency {urgency}")
    elif impact:
        level = min(scale.matrix[impact].values(), key=scale.levels.index)
        derived = Choice(priority=level, because=f"the highest for impact {impact}; urgency unknown", in_doubt=True)
    elif urgency:
        level = min((row[urgency] for row in scale.matrix.values()), key=scale.levels.index)
        derived = Choice(priority=level, because=f"the highest for urgency {urgency}; impact unknown", in_doubt=True)
    else:
        return stated or Choice(priority=scale.when_unstated, because="no priority was given", in_doubt=True)
    if stated is None or stated.priority == derived.priority:
        return derived
    best = scale.higher(stated.priority, derived.priority)
    because = f"declared {stated.priority}, but {derived.because} gives {derived.priority}: the higher one"
    return Choice(priority=best, because=because, in_doubt=True)


def check_level(word: str, names: Sequence[str], what: str) -> str:
    """The impact or urgency level that `word` names, or a refusal that lists them."""
    for name in names:
        if name.lower() == word.lower():
            return name
    raise UserError(f"There's no {what} “{word}”. There are: {', '.join(names)}.", field=what)
