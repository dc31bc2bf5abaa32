"""Priority from impact × urgency (process 6), and what to do in doubt: go higher (process 7)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.errors import UserError

# {impact: {urgency: priority}}, written down in config.yaml before the incident.
Matrix = Mapping[str, Mapping[str, str]]


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
        key = word.lower()
        return key if key in self.levels else self.aliases.get(key)


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
    unsure = word.endswith("?")
    typed = word.rstrip("?").lower()
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
    return Choice(priority=levels[0], because="as declared")


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
    raise UserError(f"There is no {what} “{word}”. There are: {', '.join(names)}.", field=what)
