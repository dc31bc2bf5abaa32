"""A scenario: who is in it, and what each of them does and when; the values that a checked file is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

INCIDENT = "incident"  # `in: incident` is the channel of the latest declaration, whatever its name is


@dataclass(frozen=True, kw_only=True)
class Person:
    key: str
    name: str
    title: str = ""
    tz: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Say:
    text: str
    channel: str  # for an answer: where its parent is
    reply_to: str | None = None  # a message's id


@dataclass(frozen=True, kw_only=True)
class Upload:
    name: str
    text: str
    channel: str
    reply_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    command: str  # "/incident"
    text: str  # what follows it
    channel: str


@dataclass(frozen=True, kw_only=True)
class Edit:
    message: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Delete:
    message: str


@dataclass(frozen=True, kw_only=True)
class React:
    message: str
    emoji: str
    take_back: bool = False


@dataclass(frozen=True, kw_only=True)
class Pin:
    message: str
    take_back: bool = False


@dataclass(frozen=True, kw_only=True)
class Join:
    channel: str


@dataclass(frozen=True, kw_only=True)
class Leave:
    channel: str


Action = Say | Upload | Run | Edit | Delete | React | Pin | Join | Leave


@dataclass(frozen=True, kw_only=True)
class Step:
    number: int  # as counted in the file, from 1
    line: int
    at: timedelta  # after starts_at
    by: str
    action: Action
    id: str | None = None  # by which later steps name this message


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A checked scenario; its steps are in the order in which they are played."""

    file: str
    title: str
    starts_at: datetime
    people: Mapping[str, Person]
    steps: tuple[Step, ...]
    linger: timedelta = timedelta(0)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.steps[-1].at

    def named(self, step: Step) -> str:
        """ "github.yaml:41: step 12", to begin a sentence about that step with."""
        return f"{self.file}:{step.line}: step {step.number}"
