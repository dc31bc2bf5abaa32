"""YAML that remembers its lines, so that every problem can name the place where it stands, and all of them at once."""

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

import yaml


@dataclass(frozen=True, kw_only=True)
class Word:
    """One plain value as it was typed (`00:08` stays `00:08`; YAML 1.1 would make the number 8 of it) and its line."""

    text: str
    line: int


@dataclass(kw_only=True)
class Problems:
    """What is wrong with a file, collected: a person mends it once, not once for each mistake."""

    file: str
    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, sentence: str) -> None:
        if (line, sentence) not in self.found:
            self.found.append((line, sentence))

    def lines(self) -> list[str]:
        return [f"{self.file}:{line}: {sentence}" for line, sentence in sorted(self.found, key=lambda each: each[0])]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Part of a file, with the words that stand before each of its problems ("step 12")."""

    problems: Problems
    line: int
    name: str = ""

    def wrong(self, sentence: str, *, line: int | None = None) -> None:
        self.problems.add(self.line if line is None else line, f"{self.name}: {sentence}" if self.name else sentence)


class Table:
    """One YAML mapping: a key that stands twice or that is not a plain word is a problem already here."""

    def __init__(self, node: yaml.MappingNode, place: Place) -> None:
        self.place = place
        self._nodes: dict[str, yaml.Node] = {}
        self._key_lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                place.wrong("a key must be a plain word", line=line)
            elif key.value in self._nodes:
                place.wrong(f"{key.value!r} stands twice", line=line)
            else:
                self._nodes[key.value] = value
                self._key_lines[key.value] = line

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def line_of(self, key: str) -> int:
        return self._key_lines.get(key, self.place.line)

    def node(self, key: str) -> yaml.Node | None:
        return self._nodes.get(key)

    def only(self, known: Collection[str]) -> None:
        """Names every key that is not among the known ones."""
        for key in self._nodes:
            if key not in known:
                self.place.wrong(f"unknown key {key!r}{did_you_mean(key, known)}", line=self.line_of(key))

    def word(self, key: str, *, required: bool = False) -> Word | None:
        """The plain value under `key`; None where it is absent or wrong, and then the problem is noted."""
        node = self._nodes.get(key)
        if node is None:
            if required:
                self.place.wrong(f"{key!r} is missing")
            return None
        line = node.start_mark.line + 1
        if not isinstance(node, yaml.ScalarNode):
            self.place.wrong(f"{key!r} must be plain text", line=line)
            return None
        text = node.value.strip()
        if not text:
            self.place.wrong(f"{key!r} is empty", line=line)
            return None
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            # half a surrogate pair ("\ud83d"): no message could carry it
            self.place.wrong(f"{key!r} holds a character that is not valid Unicode", line=line)
            return None
        return Word(text=text, line=line)


def read_mapping(text: str, problems: Problems) -> Table | None:
    """The document's top mapping; None where the text is not YAML or not a mapping."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = " ".join(part for part in (error.context, error.problem) if part)
        problems.add(mark.line + 1 if mark else 1, f"this is not YAML: {why}")
    except yaml.YAMLError as error:
        problems.add(1, f"this is not YAML: {' '.join(str(error).split())}")
    except (ValueError, OverflowError) as error:
        # PyYAML lets a bad escape such as "\U99999999" through as the built-in error
        problems.add(1, f"this is not YAML: {error}")
    except RecursionError:
        problems.add(1, "this is not a scenario: its brackets are nested too deep")
    else:
        if isinstance(node, yaml.MappingNode):
            return Table(node, Place(problems=problems, line=1))
        problems.add(1, "a scenario is a mapping with title, starts_at, people and steps")
    return None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """` (did you mean 'ben'?)` where something close is known, otherwise nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""
