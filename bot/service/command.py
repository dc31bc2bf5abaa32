"""What a command is: words and options in, an answer or a modal out. It reaches Slack through the outbox only."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from bot.domain.command_line import CommandLine, first_word, nearest, parse_command_line
from bot.domain.mrkdwn import Mrkdwn, mentioned, plain
from bot.domain.question import Button, Question
from bot.domain.references import Named, loose_references, take_reference
from bot.domain.typed import plain_keys
from bot.errors import UserError
from bot.service import asking
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_number, may_see, of_channel, why_hidden
from bot.service.people import handles
from bot.store.tables import Incident, OutboxItem

_MOST_DIGITS = 9
_SMALL_WORDS = frozenset({"at", "for", "in", "of", "on", "to"})


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What only the person who asked is shown."""

    text: Mrkdwn
    buttons: Sequence[Button] = ()  # what can be done next; each once
    # An answer that needs what Slack says first (the new channel) is made when that step is finished: a name in
    # bot.slack.messages.builders with its references, sent after `after`.
    message: str | None = None
    references: Mapping[str, Any] = field(default_factory=dict)
    after: OutboxItem | None = None


def declared(incident: Incident, channel: OutboxItem | None, *, in_doubt: bool, hints: Sequence[str] = ()) -> Answer:
    """The answer to a declaration, by command or by form: it links the channel, so it waits for `channel`."""
    return Answer(
        text=Mrkdwn("{} is declared.").format(incident.name),
        message="declared",
        references={"incident_id": incident.id, "in_doubt": in_doubt, "hints": list(hints)},
        after=channel,
    )


@dataclass(frozen=True, kw_only=True)
class Form:
    """Asks for what was left out; whoever it came through shows it."""


@dataclass(frozen=True, kw_only=True)
class DeclareForm(Form):
    pass


@dataclass(frozen=True, kw_only=True)
class UpdateForm(Form):
    incident: Incident
    last_text: str = ""  # the update before, to be changed rather than written anew


@dataclass(frozen=True, kw_only=True)
class ResolveForm(Form):
    incident: Incident


@dataclass(frozen=True, kw_only=True)
class Call:
    """One use of a command."""

    uow: UnitOfWork
    person: str  # who typed it
    channel_id: str | None  # where; None on the command line
    line: CommandLine  # without the verb and the incident's number
    number: int | None  # the incident that was named, if any
    key: str | None = None  # what delivered it; the same key again must not do it twice
    can_show_forms: bool = True
    help: Mapping[str, "Command"] = field(default_factory=dict)  # all commands, for the one that lists them

    async def readable(self, text: str) -> str:
        """`text` as a reader sees it, with handles for the people it mentions."""
        known = await handles(self.uow, mentioned(text))
        return plain(text, known.get)

    async def words(self) -> str:
        """What was typed without the options, as a reader sees it."""
        return await self.readable(self.line.words)

    async def incident(self) -> Incident:
        """The incident that was named, else the one whose channel this is; a refusal that says how to name one."""
        if self.number is not None:
            return await by_number(self.uow, self.number)
        found = await of_channel(self.uow, self.channel_id)
        if found is None or not await may_see(self.uow, found):  # a button may be pressed after leaving
            raise await why_hidden(self.uow, found) or UserError(
                "Which incident? Type it in the incident's channel, or name it first, "
                "as in `/incident status INC-1`. `/incident list` shows the open ones."
            )
        return found


@dataclass(frozen=True, kw_only=True)
class Command:
    """`/incident NAME USAGE`; help and README are held against these."""

    name: str
    usage: str  # what follows the name, such as "ROLE @person"
    summary: str  # one line for the help
    run: Callable[[Call], Awaitable[Answer | Form]]
    options: tuple[str, ...] = ()  # the `key:value` options that it knows
    aliases: tuple[str, ...] = ()
    # Whether it only reads: the command line needs no name for that. `bare`: only without words.
    reads: Literal["always", "bare", "never"] = "never"
    # What it makes of words: it reads them itself, it keeps them as they are, or there is nothing to say.
    takes: Literal["words", "text", "nothing"] = "words"
    about_incident: bool = True  # False: an `INC-1` in its words is just a word
    order: int = 50  # place in the help: in the order in which an incident needs them


@dataclass(frozen=True, kw_only=True)
class ParsedCommand:
    """What a typed text asks for."""

    command: Command
    number: int | None
    line: CommandLine


def read(
    commands: Mapping[str, Command],
    text: str,
    *,
    here: int | None = None,
    channels: Mapping[str, int] = MappingProxyType({}),
) -> ParsedCommand:
    """`text` is what follows /incident, as Slack sends it; the incident may be named before or after the verb.

    `here` is the incident whose channel it was typed in. There another number behind the verb may be part of the text
    (`note INC-1 was the same thing`), so what would change something is asked about: a Question. `channels` has the
    numbers of the incidents whose channels are mentioned.
    """
    number, rest = take_reference(text)
    verb, tail = first_word(rest)
    if not verb:
        verb = "help" if number is None else "status"
    names = {alias: command for command in commands.values() for alias in (command.name, *command.aliases)}
    command = names.get(plain_keys(verb).lower())
    if command is None:
        raise _unknown(verb, tail, number, names)
    if number is None and command.about_incident:
        named, after = take_reference(tail)
        only_reads = command.reads == "always" or (command.reads == "bare" and not after)
        if here is not None and not only_reads:
            exact = Named(number=named, before="", after=after) if named is not None else None
            other = exact or _named_otherwise(command, tail, channels)
            if other is not None and other.number != here:
                raise asking.which_incident(command, here=here, named=other, tail=tail)
        number, tail = named, after
    line = parse_command_line(tail, command.options)
    if question := asking.about_words(command, number=number, line=line, verbs=names):
        raise question
    return ParsedCommand(command=command, number=number, line=line)


def _named_otherwise(command: Command, tail: str, channels: Mapping[str, int]) -> Named | None:
    """The incident that `tail` names in another way than INC-2, at the place where it would not be part of a text."""
    alone = plain_keys(tail)
    if command.takes == "nothing" and alone.isdecimal() and len(alone) <= _MOST_DIGITS:  # close 2
        return Named(number=int(alone), before="", after="")
    for named in loose_references(tail, channels):
        before = plain_keys(parse_command_line(named.before, command.options).words).lower().split()
        argument = [word for word in before if word not in _SMALL_WORDS and not word.isdecimal()]  # sev 1 for …
        # A text is about other incidents too; a role or a priority stands before what it is said of.
        if not before or command.takes == "nothing" or (command.takes == "words" and len(argument) <= 1):
            return named
    return None


def _unknown(verb: str, tail: str, number: int | None, names: Mapping[str, Command]) -> Question:
    guess = nearest(plain_keys(verb), names)
    hint = f"Did you mean `/incident {guess}`? " if guess else ""
    meant = " ".join(filter(None, (f"INC-{number}" if number is not None else "", guess, tail)))
    return Question(
        f"There's no `/incident {plain(verb)[:40]}`. {hint}`/incident help` lists what there is.",
        *([Button(label=plain(meant), command=meant)] if guess else []),
    )
