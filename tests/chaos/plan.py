"""What a run will do, drawn from its seed: who says and asks what, and what goes wrong meanwhile. Plain data."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.delivery.delivery import ACK_WITHIN

PEOPLE = ("ana", "ben", "chloe", "dev", "emi", "finn")
DATABASES = ("sqlite", "postgresql")
TITLES = ("Checkout returns 503", "Search is slow", "Mail is late", "Logins fail", "Invoices are doubled")

# Whose calls go wrong; None means any. A method more than once is drawn more often.
_METHODS = (
    None,
    None,
    "conversations.create",
    "conversations.create",
    "conversations.invite",
    "conversations.setTopic",
    "conversations.history",
    "users.conversations",
    "chat.postMessage",
    "chat.postMessage",
    "chat.postMessage",
    "chat.update",
    "pins.add",
    "users.info",
    "files.completeUploadExternal",
    "response_url",
)

# Kinds of trouble that the workspace cannot make; all others are faults of its own.
OURS = {"kill", "stop", "freeze", "outage", "long_outage", "database", "cut_off", "time_passes", "wrong_clock"}
# Faults of the workspace that no run draws: what answers in Slack's place has tests of its own (tests/scenario).
NOT_DRAWN = {"answer"}
Since = Literal["start", "declaration", "call"]


@dataclass(frozen=True, kw_only=True)
class Doing:
    """One thing that a person does after their last one."""

    what: str  # say, reply, edit, delete, mark, unmark, command
    incident: int  # which of the plan's declarations it is about; a declaration is about itself
    pause_ms: int
    text: str = ""  # what is said, or a command's words; a command's own mark is added where it takes a text
    label: str = ""  # the message that is said, edited, deleted or marked
    thread: str = ""  # the message that is answered
    by_number: bool = False  # a command typed in #general that names its incident
    deliveries: int = 1  # how often Slack delivers the command, at once and under one trigger


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    since: Since
    at: int  # milliseconds; with `call`, after that many Web API calls
    replica: int = 0
    ms: int = 0  # how long it lasts
    seconds: int = 0  # how far a clock goes
    order: Mapping[str, Any] = field(default_factory=dict)  # as the workspace's POST /faults takes it


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that is decided before a run; its timing varies from one to the next all the same."""

    seed: int
    database: str
    replicas: int
    declarations: int
    script: Mapping[str, Sequence[Doing]]  # who does what, in order; people do not wait for each other
    faults: Sequence[Fault]

    @property
    def ack_within(self) -> float:
        """Slack's three seconds; less where they would have to pass again and again. Less is stricter."""
        return 1.2 if any(one.kind == "long_outage" for one in self.faults) else ACK_WITHIN


def draw(seed: int, *, database: str | None = None) -> Plan:
    """The plan of this seed: the same one every time; `database` decides what the seed would."""
    dice = random.Random(seed)  # noqa: S311 - it has to be the same again
    drawn = dice.choice(DATABASES)
    database = database or drawn
    replicas = 1 if database == "sqlite" else dice.randint(1, 3)
    script = _Script(dice)
    declarations = script.write()
    return Plan(
        seed=seed,
        database=database,
        replicas=replicas,
        declarations=declarations,
        script=script.doings,
        faults=_faults(dice, replicas),
    )


class _Script:
    """Writes down what people do, so that each could do it if nothing went wrong."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.doings: dict[str, list[Doing]] = {}
        self._said: dict[int, list[tuple[str, str]]] = {}  # the messages of an incident: who, label
        self._marked: list[tuple[str, str]] = []
        self._deleted: set[str] = set()

    def write(self) -> int:
        dice = self._dice
        how = dice.choice(("alone", "alone", "at once", "delivered twice", "two after each other"))
        declarations = 2 if how in ("at once", "two after each other") else 1
        declarers = dice.sample(PEOPLE, declarations)
        for number, who in enumerate(declarers):
            pause = 0 if how == "at once" or number == 0 else dice.randint(200, 1200)
            words = f"declare {dice.choice(('p1', 'p1', 'p2', 'sev1', ''))} {dice.choice(TITLES)}"
            twice = how == "delivered twice"
            self._add(who, "command", number, pause, text=" ".join(words.split()), deliveries=2 if twice else 1)
        for number in range(declarations):
            self._conduct(number, declarers[number])
        return declarations

    def _conduct(self, incident: int, declarer: str) -> None:
        """The life of one incident."""
        dice = self._dice
        responders = dice.sample([one for one in PEOPLE if one != declarer], 3)
        commander, other, third = responders
        team = [declarer, *responders]
        for _ in range(dice.randint(2, 5)):
            self._chat(incident, dice.choice(team))
        self._command(incident, commander, "take commander")
        self._command(incident, commander, f"assign comms @{other}")
        commands: list[tuple[str, str]] = [
            (dice.choice(team), "note Looked at the graphs"),
            (commander, dice.choice(("update We are looking into it", "update next:20m A fix is on its way"))),
            (dice.choice(team), f"priority {dice.choice(('p1', 'p2', 'p3'))} It is not what we thought"),
            (third, dice.choice(("take commander", "take comms", "take tech"))),
            (commander, "drop commander"),
            (other, "status identified"),
            (dice.choice(team), "action Write a runbook"),
            (declarer, "timeline"),
        ]
        for who, text in dice.sample(commands, dice.randint(3, len(commands))):
            self._command(incident, who, text)
            for _ in range(dice.randint(0, 2)):
                self._chat(incident, dice.choice(team))
        if dice.random() < 0.6:
            self._add(
                dice.choice(team), "command", incident, dice.randint(300, 900), text="resolve The graphs are flat"
            )
            self._chat(incident, dice.choice(team))

    def _command(self, incident: int, who: str, text: str) -> None:
        by_number = self._dice.random() < 0.3
        self._add(who, "command", incident, self._dice.randint(0, 250), text=text, by_number=by_number)

    def _chat(self, incident: int, who: str) -> None:
        dice = self._dice
        pause = dice.choice((0, 5, dice.randint(0, 200)))
        said = self._said.setdefault(incident, [])
        own = [label for author, label in said if author == who and label not in self._deleted]
        standing = [label for _, label in said if label not in self._deleted]
        marked = [label for person, label in self._marked if person == who and label in standing]
        choices = ["say", "say", "say"]
        choices += ["reply", "mark", "mark"] if standing else []
        choices += ["edit", "edit", "delete"] if own else []
        choices += ["unmark"] if marked else []
        what = dice.choice(choices)
        text = dice.choice(("Lag is 40 s & rising", "Rolled back", "Errors < 1 %", "I call the carrier"))
        if what in ("say", "reply"):
            label = f"{incident}.{len(said)}"
            thread = dice.choice(standing) if what == "reply" else ""
            self._add(who, what, incident, pause, text=f"{text} ({label})", label=label, thread=thread)
            said.append((who, label))
        elif what == "edit":
            label = dice.choice(own)
            times = sum(one.what == "edit" and one.label == label for one in self.doings[who])
            self._add(who, "edit", incident, pause, text=f"{text} ({label}, edit {times + 1})", label=label)
        elif what == "delete":
            label = dice.choice(own)
            self._deleted.add(label)
            self._add(who, "delete", incident, pause, label=label)
        elif what == "mark":
            label = dice.choice(standing)
            if (who, label) not in self._marked:
                self._marked.append((who, label))
                self._add(who, "mark", incident, pause, label=label)
        else:
            label = dice.choice(marked)
            self._marked.remove((who, label))
            self._add(who, "unmark", incident, pause, label=label)

    def _add(self, who: str, what: str, incident: int, pause_ms: int, **rest: Any) -> None:
        self.doings.setdefault(who, []).append(Doing(what=what, incident=incident, pause_ms=pause_ms, **rest))


def _faults(dice: random.Random, replicas: int) -> list[Fault]:
    """At least one process is killed; the rest is luck.

    An outage takes every process; in a long one more time passes than Slack repeats its events for.
    """
    # Of these, the workspace's own kinds can be combined; each order replaces the one before of its kind.
    kinds: dict[str, tuple[int, Callable[[random.Random, int], dict[str, Any]]]] = {
        "kill": (3, _killed),
        "stop": (1, _killed),
        "freeze": (1, _frozen),
        "outage": (2, lambda dice, _: {"ms": dice.choice((500, 2000, 4000))}),
        "long_outage": (1, lambda _dice, _: {}),
        "drop_after_accept": (3, lambda dice, _: _order("drop_after_accept", dice, most=2)),
        "drop_before_accept": (2, lambda dice, _: _order("drop_before_accept", dice, most=2)),
        "rate_limit": (2, lambda dice, _: _order("rate_limit", dice, most=6, retry_after=1)),
        "error": (3, lambda dice, _: _order("error", dice, most=2, error=_error(dice))),
        "latency_ms": (1, lambda dice, _: _order("latency_ms", dice, most=6, value=dice.randint(50, 400))),
        "duplicate_events": (2, lambda dice, _: {"order": {"duplicate_events": {"count": dice.randint(1, 10)}}}),
        "reorder_events": (2, lambda dice, _: {"order": {"reorder_events": {"count": dice.randint(1, 6)}}}),
        "refuse_acks": (1, _refused_acks),
        "refresh": (1, _refreshed),
        "database": (2, lambda dice, _: {"ms": dice.randint(100, 2000)}),
        "cut_off": (1, lambda _dice, _: {}),
        "time_passes": (2, lambda dice, _: {"seconds": dice.choice((600, 1860, 1860, 3 * 3600 + 60))}),
        "wrong_clock": (1, _wrong_clock),
    }
    chosen = ["kill", *dice.choices(list(kinds), [weight for weight, _ in kinds.values()], k=dice.randint(2, 5))]
    faults = []
    for kind in chosen:
        since, at = _moment(dice, early=kind == "kill")
        faults.append(Fault(kind=kind, since=since, at=at, **kinds[kind][1](dice, replicas)))
        if kind == "database" and since == "start" and dice.random() < 0.4:  # killed while it waits for the database
            middle = at + faults[-1].ms // 2
            faults.append(Fault(kind="kill", since=since, at=middle, replica=dice.randrange(replicas)))
    if dice.random() < 0.1:  # drawn last, and by itself: the plans of all other seeds are what they were
        faults.append(Fault(kind="silence", since="start", at=dice.randint(0, 2500), order={"silence": {"count": 1}}))
    return faults


def _moment(dice: random.Random, *, early: bool) -> tuple[Since, int]:
    """When; a process is killed within the declaration more often than not."""
    since: Since = dice.choice(("declaration", "call", "start")) if early else dice.choice(("start", "start", "call"))
    match since:
        case "declaration":
            return since, dice.randint(0, 400)
        case "call":
            return since, dice.randint(1, 9 if early else 30)
        case _:
            return since, dice.randint(0, 2500)


def _killed(dice: random.Random, replicas: int) -> dict[str, Any]:
    return {"replica": dice.randrange(replicas), "ms": dice.choice((0, 0, 200, 1000, 3000))}


def _frozen(dice: random.Random, replicas: int) -> dict[str, Any]:
    """A machine that is suspended: longer than the bot's leases, too."""
    return {"replica": dice.randrange(replicas), "ms": dice.choice((500, 1500, 4500))}


def _order(name: str, dice: random.Random, *, most: int, **how: Any) -> dict[str, Any]:
    method = dice.choice(_METHODS)
    if method == "response_url" and name == "drop_after_accept":
        method = "chat.postMessage"  # the workspace does not cut a response_url that has served
    if method == "response_url" and name == "error":
        how = {"error": 500}  # Slack's error names come with 200, which is no failure there
    return {"order": {name: {**({"method": method} if method else {}), "count": dice.randint(1, most), **how}}}


def _error(dice: random.Random) -> int | str:
    # 503 makes the bot wait for five seconds, so it is rare here.
    return dice.choice((500, 500, "internal_error", "fatal_error", 503))


def _refused_acks(dice: random.Random, _: int) -> dict[str, Any]:
    method = dice.choice(("/incident", "message", "reaction_added"))
    return {"order": {"refuse_acks": {"method": method, "count": 1 if method == "/incident" else dice.randint(1, 4)}}}


def _refreshed(dice: random.Random, replicas: int) -> dict[str, Any]:
    reason = dice.choice(("refresh_requested", "refresh_requested", "link_disabled", "warning"))
    return {"order": {"refresh": {"reason": reason, "count": dice.randint(1, 2 * replicas)}}}


def _wrong_clock(dice: random.Random, replicas: int) -> dict[str, Any]:
    return {
        "replica": dice.randrange(replicas),
        "seconds": dice.choice((-240, -60, 30, 1860)),
        "ms": dice.randint(300, 3000),
    }
