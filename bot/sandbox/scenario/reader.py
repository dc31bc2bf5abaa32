"""How a scenario file is checked: every key, person, message and time in it, with all problems reported at once."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import yaml

from bot.sandbox.scenario.located_yaml import Place, Problems, Table, Word, did_you_mean
from bot.sandbox.scenario.model import (
    Action,
    Delete,
    Edit,
    Join,
    Leave,
    Person,
    Pin,
    React,
    Run,
    Say,
    Scenario,
    Step,
    Upload,
)

# Action -> the keys that go with it, beside `at`, `by` and `in`. `edit` has `say` as its new text.
_ACTIONS: Mapping[str, frozenset[str]] = {
    "say": frozenset({"reply_to", "id"}),
    "upload": frozenset({"reply_to", "id"}),
    "run": frozenset(),
    "edit": frozenset({"say"}),
    "delete": frozenset(),
    "react": frozenset({"to"}),
    "unreact": frozenset({"to"}),
    "pin": frozenset({"to"}),
    "unpin": frozenset({"to"}),
    "join": frozenset(),
    "leave": frozenset(),
}
_STEP_KEYS = ("at", "by", "in", "id", "reply_to", "to", *_ACTIONS)
_TOP_KEYS = ("title", "starts_at", "people", "steps", "linger")
_PERSON_KEYS = ("name", "title", "tz")
_YES = frozenset({"true", "yes", "on"})

_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?")
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_CHANNEL = re.compile(r"[a-z0-9_-]{1,80}")
_EMOJI = re.compile(r"[a-z0-9_+'-]+(?:::skin-tone-[2-6])?")
# `@ben` as a word of its own: not in an e-mail address, not `@scope/package`, not MySQL's `@@variable`
_MENTION = re.compile(r"(?<![\w@./+-])@([A-Za-z0-9][\w.-]*)(?![\w/@])")
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_EVERYONE = frozenset({"here", "channel", "everyone"})


@dataclass(frozen=True, kw_only=True)
class _Posted:
    """What the checks know of a message that has an id."""

    by: str
    channel: str
    line: int


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A step whose time is known, before its action is looked at."""

    table: Table
    place: Place
    number: int
    at: timedelta


class ScenarioReader:
    """Reads one file; what it returns is only good where `problems` stayed empty."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.people: dict[str, Person] = {}
        self.messages: dict[str, _Posted] = {}  # those posted before the step that is being read
        self.ids: dict[str, int] = {}  # id -> line, wherever it stands in the file

    def scenario(self, table: Table) -> Scenario | None:
        table.only(_TOP_KEYS)
        title = table.word("title", required=True)
        starts_at = self._starts_at(table)
        linger = self._time(table, "linger")
        self._read_people(table)
        steps = self._read_steps(table)
        if self.problems.found or title is None or starts_at is None:
            return None
        return Scenario(
            file=self.problems.file,
            title=title.text,
            starts_at=starts_at,
            people=self.people,
            steps=tuple(steps),
            linger=linger or timedelta(0),
        )

    # times

    def _starts_at(self, table: Table) -> datetime | None:
        word = table.word("starts_at", required=True)
        if word is None:
            return None
        example = "for example 2018-10-21T22:54:00Z"
        try:
            moment = datetime.fromisoformat(word.text)
            if moment.tzinfo is None:
                table.place.wrong(f"'starts_at' {word.text!r} does not say its zone; {example}", line=word.line)
                return None
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            table.place.wrong(f"'starts_at' {word.text!r} is not a time; {example}", line=word.line)
            return None
        if not 1971 <= moment.year <= 9000:
            table.place.wrong(f"'starts_at' {word.text!r} is outside the years that Slack can count", line=word.line)
            return None
        return moment

    def _time(self, table: Table, key: str, *, required: bool = False) -> timedelta | None:
        word = table.word(key, required=required)
        if word is None:
            return None
        match = _TIME.fullmatch(word.text)
        if match is None:
            table.place.wrong(f"{key!r} {word.text!r} is not a time; write HH:MM or HH:MM:SS, quoted", line=word.line)
            return None
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)

    # people

    def _read_people(self, table: Table) -> None:
        node = table.node("people")
        if node is None:
            table.place.wrong("'people' is missing")
            return
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode) or not node.value:
            table.place.wrong("'people' must be a mapping such as ana: {name: Ana Torres}", line=line)
            return
        people = Table(node, Place(problems=self.problems, line=line, name="people"))
        for key in people:
            self._read_person(key, people)

    def _read_person(self, key: str, people: Table) -> None:
        place = Place(problems=self.problems, line=people.line_of(key), name=f"person {key!r}")
        # whatever else is wrong with this person: the steps may name them
        self.people[key] = Person(key=key, name=key)
        if not _KEY.fullmatch(key):
            place.wrong("a person's key has lowercase letters, digits, '.', '_' and '-' only")
        elif key in _EVERYONE:
            place.wrong(f"@{key} means everybody in Slack; choose another key")
        node = people.node(key)
        if not isinstance(node, yaml.MappingNode):
            place.wrong("must be a mapping such as {name: Ana Torres, title: Engineer, tz: Europe/Paris}")
            return
        table = Table(node, place)
        table.only(_PERSON_KEYS)
        name = table.word("name", required=True)
        title = table.word("title")
        tz = table.word("tz")
        if tz is not None and not _is_time_zone(tz.text):
            hint = did_you_mean(tz.text, available_timezones())
            place.wrong(f"unknown time zone {tz.text!r}{hint}", line=tz.line)
        self.people[key] = Person(
            key=key,
            name=name.text if name else key,
            title=title.text if title else "",
            tz=tz.text if tz else "UTC",
        )

    def _person(self, word: Word, place: Place) -> str | None:
        key = word.text.removeprefix("@")
        if key in self.people:
            return key
        place.wrong(f"unknown person {key!r}{did_you_mean(key, self.people)}", line=word.line)
        return None

    # steps

    def _read_steps(self, table: Table) -> list[Step]:
        node = table.node("steps")
        if node is None:
            table.place.wrong("'steps' is missing")
            return []
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            table.place.wrong("'steps' must be a list with at least one step", line=line)
            return []
        drafts: list[_Draft] = []
        at = timedelta(0)
        for number, item in enumerate(node.value, start=1):
            draft = self._draft(number, item, otherwise_at=at)
            if draft is not None:
                drafts.append(draft)
                at = draft.at
        # a stable sort: what stands out of order is played in order, what happens at once stays as written
        ordered = sorted(drafts, key=lambda draft: draft.at)
        for draft in ordered:
            if (defines := draft.table.word("id")) is not None:
                self.ids.setdefault(defines.text, defines.line)
        return [step for draft in ordered if (step := self._step(draft)) is not None]

    def _draft(self, number: int, node: yaml.Node, *, otherwise_at: timedelta) -> _Draft | None:
        place = Place(problems=self.problems, line=node.start_mark.line + 1, name=f"step {number}")
        if not isinstance(node, yaml.MappingNode):
            place.wrong('a step is a mapping such as {at: "00:10", by: ana, in: general, say: "Looking"}')
            return None
        table = Table(node, place)
        table.only(_STEP_KEYS)
        at = self._time(table, "at", required=True)
        # a step without a time is still checked, as if it came right after its neighbour: all problems show at once
        return _Draft(table=table, place=place, number=number, at=otherwise_at if at is None else at)

    def _step(self, draft: _Draft) -> Step | None:
        table, place = draft.table, draft.place
        by_word = table.word("by", required=True)
        by = self._person(by_word, place) if by_word else None
        kind = self._kind(table, place)
        if kind is None:
            return None
        fits = _ACTIONS[kind] | {"at", "by", "in", kind}
        for key in table:
            if key in _STEP_KEYS and key not in fits and key not in _ACTIONS:
                place.wrong(f"{key!r} does not go with {kind!r}", line=table.line_of(key))
        action = self._readers()[kind](table, place, by)
        defines = table.word("id")
        if isinstance(action, Say | Upload) and defines is not None:
            self._remember(defines, place, by=by or "", channel=action.channel)
        if action is None or by is None:
            return None
        return Step(
            number=draft.number,
            line=place.line,
            at=draft.at,
            by=by,
            action=action,
            id=defines.text if defines else None,
        )

    def _kind(self, table: Table, place: Place) -> str | None:
        kinds = [key for key in table if key in _ACTIONS]
        if set(kinds) == {"edit", "say"}:
            return "edit"
        if not kinds:
            place.wrong(f"does nothing; give it one of {', '.join(_ACTIONS)}")
            return None
        if len(kinds) > 1:
            place.wrong(f"does several things ({' and '.join(map(repr, kinds))}); make a step of each")
            return None
        return kinds[0]

    def _remember(self, word: Word, place: Place, *, by: str, channel: str) -> None:
        earlier = self.messages.get(word.text)
        if earlier is not None:
            place.wrong(f"id {word.text!r} is already used in line {earlier.line}", line=word.line)
            return
        self.messages[word.text] = _Posted(by=by, channel=channel, line=word.line)

    # actions

    def _readers(self) -> Mapping[str, Callable[[Table, Place, str | None], Action | None]]:
        return {
            "say": self._say,
            "upload": self._upload,
            "run": self._run,
            "edit": self._edit,
            "delete": self._delete,
            "react": lambda table, place, _by: self._react(table, place, "react"),
            "unreact": lambda table, place, _by: self._react(table, place, "unreact"),
            "pin": lambda table, place, _by: self._pin(table, place, "pin"),
            "unpin": lambda table, place, _by: self._pin(table, place, "unpin"),
            "join": lambda table, place, _by: self._come_or_go(table, place, "join"),
            "leave": lambda table, place, _by: self._come_or_go(table, place, "leave"),
        }

    def _say(self, table: Table, place: Place, _by: str | None) -> Say | None:
        text = self._text(table, "say", place)
        where = self._where(table, place)
        if text is None or where is None:
            return None
        return Say(text=text, channel=where[0], reply_to=where[1])

    def _upload(self, table: Table, place: Place, _by: str | None) -> Upload | None:
        where = self._where(table, place)
        node = table.node("upload")
        if not isinstance(node, yaml.MappingNode):
            place.wrong(
                "'upload' must be a mapping such as {name: lag.txt, text: \"41 min\"}", line=table.line_of("upload")
            )
            return None
        file = Table(node, Place(problems=place.problems, line=node.start_mark.line + 1, name=place.name))
        file.only(("name", "text"))
        name, text = file.word("name", required=True), file.word("text", required=True)
        if name is None or text is None or where is None:
            return None
        return Upload(name=name.text, text=text.text, channel=where[0], reply_to=where[1])

    def _run(self, table: Table, place: Place, _by: str | None) -> Run | None:
        line = self._text(table, "run", place)
        channel = self._channel(table, "in", place, required=True)
        if line is None or channel is None:
            return None
        command, _, text = line.partition(" ")
        if not re.fullmatch(r"/[a-z0-9_-]+", command):
            place.wrong(f"a command begins with '/', for example /incident status; this is {command!r}")
            return None
        return Run(command=command, text=text.strip(), channel=channel)

    def _edit(self, table: Table, place: Place, by: str | None) -> Edit | None:
        if "say" not in table:
            place.wrong("'edit' needs 'say', the new text")
        text = self._text(table, "say", place)
        message = self._message(table, "edit", place)
        if message is not None and by is not None and self.messages[message].by != by:
            author = self.messages[message].by
            place.wrong(f"{by} cannot edit {message!r}: it is {author}'s, and people edit their own messages only")
            return None
        return None if text is None or message is None else Edit(message=message, text=text)

    def _delete(self, table: Table, place: Place, _by: str | None) -> Delete | None:
        message = self._message(table, "delete", place)
        return None if message is None else Delete(message=message)

    def _react(self, table: Table, place: Place, kind: str) -> React | None:
        word = table.word(kind)
        message = self._message(table, "to", place)
        if word is None or message is None:
            return None
        emoji = word.text.strip(":")
        if not _EMOJI.fullmatch(emoji):
            place.wrong(f"{word.text!r} is not an emoji's name; write for example pushpin", line=word.line)
            return None
        return React(message=message, emoji=emoji, take_back=kind == "unreact")

    def _pin(self, table: Table, place: Place, kind: str) -> Pin | None:
        """Either `pin: ID` or `pin: true, to: ID`."""
        message = self._message(table, "to" if self._is_yes(table, kind, place, other="to") else kind, place)
        return None if message is None else Pin(message=message, take_back=kind == "unpin")

    def _come_or_go(self, table: Table, place: Place, kind: str) -> Join | Leave | None:
        """Either `join: CHANNEL` or `join: true, in: CHANNEL`."""
        key = "in" if self._is_yes(table, kind, place, other="in") else kind
        channel = self._channel(table, key, place, required=True)
        if channel is None:
            return None
        return Join(channel=channel) if kind == "join" else Leave(channel=channel)

    # what actions are made of

    def _is_yes(self, table: Table, kind: str, place: Place, *, other: str) -> bool:
        node = table.node(kind)
        if isinstance(node, yaml.ScalarNode) and (not node.value.strip() or node.value.strip().lower() in _YES):
            return True
        if other in table:
            place.wrong(f"write either {kind!r} or {kind!r}: true with {other!r}", line=table.line_of(other))
        return False

    def _text(self, table: Table, key: str, place: Place) -> str | None:
        word = table.word(key)
        if word is None:
            return None
        for match in _MENTION.finditer(_CODE.sub(" ", word.text)):
            key_of_person = match.group(1).rstrip(".-_")
            if key_of_person not in self.people and key_of_person not in _EVERYONE:
                hint = did_you_mean(key_of_person, self.people)
                place.wrong(f"unknown person {key_of_person!r}{hint}", line=word.line)
        return word.text

    def _channel(self, table: Table, key: str, place: Place, *, required: bool = False) -> str | None:
        word = table.word(key, required=required)
        if word is None:
            return None
        name = word.text.removeprefix("#")
        if not _CHANNEL.fullmatch(name):
            place.wrong(f"{word.text!r} cannot be a channel's name", line=word.line)
            return None
        return name

    def _where(self, table: Table, place: Place) -> tuple[str, str | None] | None:
        """(channel, id of the message answered): an answer goes where its parent is."""
        if "reply_to" not in table:
            if "in" not in table:
                place.wrong("'in' is missing (or 'reply_to')")
                return None
            channel = self._channel(table, "in", place)
            return None if channel is None else (channel, None)
        message = self._message(table, "reply_to", place)
        return None if message is None else (self.messages[message].channel, message)

    def _message(self, table: Table, key: str, place: Place) -> str | None:
        """The id under `key`, where a message with it has been posted by then (and in the channel named, if one is)."""
        word = table.word(key, required=True)
        if word is None:
            return None
        posted = self.messages.get(word.text)
        if posted is None:
            line = self.ids.get(word.text)
            if line is not None:
                place.wrong(f"message {word.text!r} is not posted yet; it is in line {line}", line=word.line)
            else:
                hint = did_you_mean(word.text, self.ids)
                place.wrong(f"unknown message {word.text!r}{hint}", line=word.line)
            return None
        channel = self._channel(table, "in", place) if key != "in" and "in" in table else None
        if channel is not None and channel != posted.channel:
            place.wrong(f"message {word.text!r} is in {posted.channel!r}, not in {channel!r}", line=table.line_of("in"))
            return None
        return word.text


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # a folder of the zone database ("America") and a path outside it are no zones either
        return False
    return True
