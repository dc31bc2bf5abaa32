"""config.yaml as frozen settings; docs/configuration.md explains each key."""

import string
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from bot.config.intake import Intake
from bot.config.section import EnvironmentName, Key, Section
from bot.domain.command_line import nearest
from bot.domain.event_types import EVENT_TYPES
from bot.domain.priority import Scale
from bot.domain.times import parse_duration


def _duration(value: Any) -> timedelta:
    found = parse_duration(value) if isinstance(value, str) else None
    if not found:
        raise ValueError("write a duration such as 45s, 30m, 4h or 2d")
    return found


def _pattern(value: str) -> str:
    try:
        # {title[0]} would fail on a title without a letter that a channel can have.
        names = {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
        value.format(number=1, title="x", date="x")
    except (KeyError, IndexError, ValueError, AttributeError) as problem:
        raise ValueError("use {number}, {title} and {date} only") from problem
    if not names <= {"number", "title", "date"}:
        raise ValueError("use {number}, {title} and {date} only")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class Priority(Section):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    emoji: Annotated[str, Field(pattern=r"^:[a-z0-9_+-]+:$")] = ":rotating_light:"
    aliases: Annotated[tuple[Key, ...], Field(strict=False)] = ()
    example: str = ""
    major: bool = False
    respond_within: Duration
    resolve_within: Duration
    update_every: Duration | None = None
    longest_promise: Duration = timedelta(days=7)


class Category(Section):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    subcategories: Mapping[Key, Annotated[str, Field(min_length=1, max_length=60)]] = {}


class Role(Section):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    aliases: Annotated[tuple[Key, ...], Field(strict=False)] = ()
    several: bool = False
    deputy: Key | None = None
    holders: Annotated[tuple[str, ...], Field(strict=False)] = ()
    expects: Text


class Channels(Section):
    incident_name: Annotated[str, AfterValidator(_pattern)] = "inc-{number}-{title}"
    announcements: Annotated[str, Field(min_length=1)] = "#incidents"


class Updates(Section):
    ask_deputy_after: Duration = timedelta(minutes=5)
    asked_role: Key = "comms_lead"


class Guests(Section):
    """What people with a guest's account, or of another organisation, may do; all may read and write where they are."""

    list: bool = False
    declare: bool = False
    resolve: bool = False
    cancel: bool = False
    close: bool = False
    priority: bool = False


class SocketMode(Section):
    # Slack allows 10 for an app; two, so that the refresh of one loses no command.
    connections: Annotated[int, Field(ge=1, le=10)] = 2
    give_up_after: Duration = timedelta(minutes=10)


class Http(Section):
    # Half-open connections once held every descriptor; a balancer in front has one address for all.
    connections: Annotated[int, Field(ge=1)] = 400
    connections_per_address: Annotated[int, Field(ge=1)] = 100
    headers_within: Duration = timedelta(seconds=10)
    body_within: Duration = timedelta(seconds=20)


def _webhook_address(value: str) -> str:
    try:
        address = urlsplit(value)
        host, _ = address.hostname or "", address.port
    except ValueError as problem:  # a port that is no number, half of an IPv6 address
        raise ValueError("write an address such as https://example.com/incidents") from problem
    if "@" in address.netloc:
        raise ValueError("leave user and password out of the address; events are signed with the secret instead")
    if address.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("write https://; http is for this machine only")
    if address.scheme not in ("http", "https") or not host:
        raise ValueError("write an address such as https://example.com/incidents")
    return value


def _event_type(value: str) -> str:
    if value not in EVENT_TYPES:
        guess = nearest(value, EVENT_TYPES)
        meant = f"; did you mean {guess}?" if guess else ""
        raise ValueError(f"there's no such event{meant} There are: {', '.join(EVENT_TYPES)}")
    return value


class Webhook(Section):
    url: Annotated[str, AfterValidator(_webhook_address)]
    secret_env: EnvironmentName
    events: Annotated[tuple[Annotated[str, AfterValidator(_event_type)], ...], Field(strict=False, min_length=1)] = (
        tuple(EVENT_TYPES)
    )
    private: bool = False
    allow_private_addresses: bool = False

    @property
    def destination(self) -> str:
        """What the outbox calls it: the same as long as the address is."""
        return f"webhook:{sha256(self.url.encode()).hexdigest()[:12]}"


class Destinations(Section):
    webhooks: Annotated[tuple[Webhook, ...], Field(strict=False)] = ()


# As Slack writes a person's id.
PersonId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]


class Settings(Section):
    """What config.yaml says."""

    priorities: Annotated[Mapping[Key, Priority], Field(min_length=1)]
    matrix: Annotated[Mapping[Key, Annotated[Mapping[Key, str], Field(min_length=1)]], Field(min_length=1)]
    priority_when_unstated: str
    categories: Mapping[Key, Category] = {}
    roles: Annotated[Mapping[Key, Role], Field(min_length=1)]
    commander_role: Key = "incident_commander"
    channels: Channels = Channels()
    updates: Updates = Updates()
    guests: Guests = Guests()
    socket_mode: SocketMode = SocketMode()
    http: Http = Http()
    destinations: Destinations = Destinations()
    intake: Intake = Intake()
    administrators: Annotated[tuple[PersonId, ...], Field(strict=False)] = ()
    templates: Path | None = Field(default=None, strict=False)
    runbooks: Path | None = Field(default=None, strict=False)

    @property
    def scale(self) -> Scale:
        return Scale(
            levels=tuple(self.priorities),
            aliases={alias: key for key, level in self.priorities.items() for alias in level.aliases},
            matrix=self.matrix,
            when_unstated=self.priority_when_unstated,
        )

    @property
    def urgencies(self) -> tuple[str, ...]:
        return tuple(next(iter(self.matrix.values())))

    @property
    def role_aliases(self) -> dict[str, str]:
        """Every word that names a role -> the role's key."""
        names = {alias: key for key, role in self.roles.items() for alias in role.aliases}
        return names | {key: key for key in self.roles} | {role.name.lower(): key for key, role in self.roles.items()}

    def priority_label(self, key: str) -> str:
        return key.upper()

    def is_major(self, key: str) -> bool:
        return key in self.priorities and self.priorities[key].major

    def update_every(self, key: str) -> timedelta | None:
        return self.priorities[key].update_every if key in self.priorities else None

    def longest_promise(self, key: str) -> timedelta:
        """How far away the next update may be promised; a priority that is gone has no limit of its own."""
        return self.priorities[key].longest_promise if key in self.priorities else timedelta(days=7)

    def role_name(self, key: str) -> str:
        """The role's name; its key where the configuration no longer has it."""
        return self.roles[key].name if key in self.roles else key.replace("_", " ")

    def category_name(self, category: str | None, subcategory: str | None) -> str:
        if not category:
            return ""
        known = self.categories.get(category)
        if known is None:
            return "/".join(filter(None, (category, subcategory)))
        below = known.subcategories.get(subcategory, subcategory) if subcategory else None
        return f"{known.name} / {below}" if below else known.name
