"""What is asked before a typed command is carried out, since a wrong guess would be worse than a question."""

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from bot.domain.command_line import CommandLine, Doubt, spell
from bot.domain.mrkdwn import plain
from bot.domain.priority import Scale
from bot.domain.question import Button, Question
from bot.domain.references import Named
from bot.domain.second_thoughts import has_second_thoughts
from bot.domain.typed import plain_keys

if TYPE_CHECKING:
    from bot.service.command import Command

_SHOWN = 40  # characters of people's words in a sentence; a button shows 75 in all
# What people expect to follow a verb, as other tools have it.
_LIKE_A_VERB = re.compile(
    "add|all|assign|cancel|clear|closed?|completed?|delete|done|drop|edit|finish(ed)?|help|list|ls|me|mine|move|my|"
    "off|on|open|remove|rename|reopen|resolved?|set|show|start|stop|undo|view"
)
# What somebody types who wants to know more, or is not sure yet.
_HESITANT = frozenset({"h", "help", "no", "not", "wait", "yes", "tbd", "maybe"})
_FEW_WORDS = 2


def quoted(text: str) -> str:
    """People's words in a sentence or on a button, short."""
    words = " ".join(plain(text).split())
    return f"“{words if len(words) <= _SHOWN else words[: _SHOWN - 1] + '…'}”"


def which_incident(command: "Command", *, here: int, named: Named, tail: str) -> Question:
    """In an incident's channel another one was named.

    Nothing is looked up: whether the other one exists is not everybody's to know.
    """

    def way(number: int, text: str) -> Button:
        said = f" {quoted(text)}" if text and command.takes != "nothing" else ""
        rest = text if command.takes != "nothing" else ""
        return Button(
            label=f"INC-{number}: {command.name}{said}", command=" ".join(f"INC-{number} {command.name} {rest}".split())
        )

    return Question(
        f"Which incident do you mean? This is INC-{here}'s channel, but you named INC-{named.number}"
        f"{'' if named.before else ' first'}. Nothing has changed yet.",
        way(named.number, f"{named.before} {named.after}".strip()),
        way(here, tail),
    )


def about_words(
    command: "Command", *, number: int | None, line: CommandLine, verbs: Collection[str]
) -> Question | None:
    """What of the line could be meant in more than one way, or in none."""
    if line.is_text:
        return None
    if line.doubt is not None:
        return _about_doubt(command, line.doubt, number=number, line=line)
    if not line.words:
        return None
    if command.takes == "nothing":
        return _too_many_words(command, number=number, words=line.words)
    word, *more = plain_keys(line.words).lower().split()
    word = word.strip("-?!.")
    like_a_verb = word in verbs or _LIKE_A_VERB.fullmatch(word)
    alone = not more or (len(more) == 1 and re.fullmatch(r"#?\d+", more[0]))
    wordless = not any(sign.isalpha() for sign in line.words)  # “?”, “2”
    hesitant = word in _HESITANT and len(more) < _FEW_WORDS
    second_thoughts = has_second_thoughts(command.name, line.words)
    if command.takes == "text" and (second_thoughts or wordless or hesitant or (like_a_verb and alone)):
        return _is_it_text(command, number=number, line=line, second_thoughts=second_thoughts)
    return None


def which_priority(
    scale: Scale, word: str, *, spelled: Callable[[str], str], as_text: Button | None = None, field: str | None = None
) -> Question:
    """There is no such priority; `spelled` gives the command with one that there is."""
    if scale.is_above(word):
        highest = scale.levels[0]
        return Question(
            f"There's no {plain(word).upper()} here. {highest.upper()} is the highest. Nothing has changed yet.",
            Button(label=f"{highest.upper()}, the highest", command=spelled(highest)),
            field=field,
        )
    buttons = [Button(label=level.upper(), command=spelled(level)) for level in scale.levels]
    also = f" (also {', '.join(scale.aliases)})" if scale.aliases else ""
    return Question(
        f"There's no priority {quoted(word)}. There are: {', '.join(scale.levels)}{also}. Nothing has changed yet.",
        *([as_text] if as_text else []),
        *buttons,
        field=field,
    )


def _about_doubt(command: "Command", doubt: Doubt, *, number: int | None, line: CommandLine) -> Question:
    as_text = Button(
        label="Keep it in the text", command=spell(command.name, line.words, number=number, options=line.options)
    )
    if not doubt.readable:
        return Question(
            f"I can't read {quoted(doubt.value)} as a value for {doubt.key}. Correct it, or keep {quoted(doubt.typed)} "
            "in the text. Nothing has changed yet.",
            as_text,
        )
    options = {**line.options, doubt.key: doubt.value}
    # Whatever else is in doubt is asked afterwards, so the rest is not declared to be text.
    as_option = f"{spell(command.name, '', number=number, options=options)} {doubt.others}".strip()
    return Question(
        f"Is {quoted(doubt.typed)} the {doubt.key}, or part of the text? Nothing has changed yet.",
        Button(label=f"{doubt.key}: {plain(doubt.value)}", command=as_option),
        as_text,
    )


def _too_many_words(command: "Command", *, number: int | None, words: str) -> Question:
    does = command.summary[:1].lower() + command.summary[1:]
    return Question(
        f"I don't know what {quoted(words)} means here. `/incident {command.name}` takes no more words: it {does}",
        Button(
            label=f"Just {command.name}{_of(number)}",
            command=spell(command.name, "", number=number),
        ),
    )


def _of(number: int | None) -> str:
    """The incident, on a button: only where it was named."""
    return f" INC-{number}" if number is not None else ""


def _is_it_text(command: "Command", *, number: int | None, line: CommandLine, second_thoughts: bool) -> Question:
    name, text = command.name, quoted(line.words)
    asked = (
        f"Do you mean the incident as a whole? `/incident {name}` would {name} it now, with {text} as the text."
        if second_thoughts
        else f"Is {text} the text for `/incident {name}`? There's no command {name} {plain(line.words)}."
    )
    return Question(
        f"{asked} Nothing has changed yet.",
        Button(
            label=f"{name}{_of(number)} with the text {text}",
            command=spell(name, line.words, number=number, options=line.options),
        ),
    )
