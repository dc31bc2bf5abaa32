"""config.yaml and the environment as frozen settings; every problem at once, with its path and a way to fix it."""

import os
import string
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.domain.command_line import nearest
from bot.domain.event_types import EVENT_TYPES
from bot.domain.priority import Scale
from bot.domain.times import parse_duration
from bot.errors import ConfigError
from bot.resources import packaged

DEFAULT_API_URL = "https://slack.com/api/"
DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///incident-bot.db"


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
# A key is typed in commands and stands in exports: one lower-case word.
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Priority(_Section):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    emoji: Annotated[str, Field(pattern=r"^:[a-z0-9_+-]+:$")] = ":rotating_light:"
    aliases: Annotated[tuple[Key, ...], Field(strict=False)] = ()
    example: str = ""
    major: bool = False
    respond_within: Duration
    resolve_within: Duration
    update_every: Duration | None = None
    longest_promise: Duration = timedelta(days=7)


class Category(_Section):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    subcategories: Mapping[Key, Annotated[str, Field(min_length=1, max_length=60)]] = {}


class Role(_Section):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    aliases: Annotated[tuple[Key, ...], Field(strict=False)] = ()
    several: bool = False
    deputy: Key | None = None
    holders: Annotated[tuple[str, ...], Field(strict=False)] = ()
    expects: Text


class Channels(_Section):
    incident_name: Annotated[str, AfterValidator(_pattern)] = "inc-{number}-{title}"
    announcements: Annotated[str, Field(min_length=1)] = "#incidents"


class Updates(_Section):
    ask_deputy_after: Duration = timedelta(minutes=5)
    asked_role: Key = "comms_lead"


class Guests(_Section):
    """What people with a guest's account, or of another organisation, may do; all may read and write where they are."""

    list: bool = False
    declare: bool = False
    resolve: bool = False
    cancel: bool = False
    close: bool = False
    priority: bool = False


class SocketMode(_Section):
    # Slack allows 10 for an app; two, so that the refresh of one loses no command.
    connections: Annotated[int, Field(ge=1, le=10)] = 2
    give_up_after: Duration = timedelta(minutes=10)


class Http(_Section):
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


class Webhook(_Section):
    url: Annotated[str, AfterValidator(_webhook_address)]
    secret_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    events: Annotated[tuple[Annotated[str, AfterValidator(_event_type)], ...], Field(strict=False, min_length=1)] = (
        tuple(EVENT_TYPES)
    )
    private: bool = False
    allow_private_addresses: bool = False

    @property
    def destination(self) -> str:
        """What the outbox calls it: the same as long as the address is."""
        return f"webhook:{sha256(self.url.encode()).hexdigest()[:12]}"


class Destinations(_Section):
    webhooks: Annotated[tuple[Webhook, ...], Field(strict=False)] = ()


# As Slack writes a person's id.
PersonId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]


class Settings(_Section):
    """What config.yaml says; docs/configuration.md explains each key."""

    priorities: Annotated[Mapping[Key, Priority], Field(min_length=1)]
    matrix: Annotated[Mapping[Key, Annotated[Mapping[Key, str], Field(min_length=1)]], Field(min_length=1)]
    priority_when_unstated: str
    categories: Mapping[Key, Category] = {}
    roles: Annotated[Mapping[Key, Role], Field(min_length=1)]
    channels: Channels = Channels()
    updates: Updates = Updates()
    guests: Guests = Guests()
    socket_mode: SocketMode = SocketMode()
    http: Http = Http()
    destinations: Destinations = Destinations()
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


def _blocks(value: Any) -> dict[str, dict[str, Any]]:
    """The entries of a block that are blocks themselves; what has another type is reported elsewhere."""
    if not isinstance(value, dict):
        return {}
    return {str(key): entry for key, entry in value.items() if isinstance(entry, dict)}


def _unknown(name: Any, section: Any, what: str) -> str:
    """A sentence where `name` is not a key of `section`; what has another type is reported elsewhere."""
    keys = [str(key) for key in section] if isinstance(section, dict) else []
    if not isinstance(name, str) or not keys or name in keys:
        return ""
    return f"there is no {what} '{name}'; there are {', '.join(keys)}"


def _cross_checks(raw: Mapping[str, Any]) -> Iterator[str]:
    """What only shows when several places are seen together; on the raw data, so that a wrong type hides none of it."""
    levels, roles, matrix = _blocks(raw.get("priorities")), _blocks(raw.get("roles")), _blocks(raw.get("matrix"))
    urgencies = dict.fromkeys(urgency for row in matrix.values() for urgency in row)

    for impact, row in matrix.items():
        for urgency in urgencies:
            if urgency not in row:
                yield f"matrix.{impact}: the urgency '{urgency}' is missing; every impact needs every urgency"
        for urgency, level in row.items():
            if why := _unknown(level, raw.get("priorities"), "priority"):
                yield f"matrix.{impact}.{urgency}: {why}"
    if why := _unknown(raw.get("priority_when_unstated"), raw.get("priorities"), "priority"):
        yield f"priority_when_unstated: {why}"

    yield from _aliases_taken_twice("priorities", levels)
    yield from _aliases_taken_twice("roles", roles)
    yield from _role_names_taken_twice(roles)

    yield from _promises_too_short(levels)
    for key, role in roles.items():
        holders = role.get("holders")
        if why := _unknown(role.get("deputy"), raw.get("roles"), "role"):
            yield f"roles.{key}.deputy: {why}"
        if isinstance(holders, list) and len(holders) > 1 and role.get("several") is not True:
            yield f"roles.{key}.holders: more than one, but the role is single; set several: true or name one"
    yield from _deputy_cycles(roles)
    updates = raw.get("updates")
    asked = updates.get("asked_role", "comms_lead") if isinstance(updates, dict) else "comms_lead"
    if why := _unknown(asked, raw.get("roles"), "role"):
        yield f"updates.asked_role: {why}"
    yield from _webhooks_named_twice(raw.get("destinations"))
    for name in ("templates", "runbooks"):
        folder = raw.get(name)
        if isinstance(folder, Path) and not folder.is_dir():
            yield f"{name}: there is no folder {folder}; make it or take the setting out"


def _webhooks_named_twice(destinations: Any) -> Iterator[str]:
    webhooks = destinations.get("webhooks") if isinstance(destinations, dict) else None
    urls = [one.get("url") for one in webhooks if isinstance(one, dict)] if isinstance(webhooks, list) else []
    for place, url in enumerate(urls):
        if isinstance(url, str) and url in urls[:place]:
            yield f"destinations.webhooks.{place}.url: is there twice; list all its events once"


def _promises_too_short(levels: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key, level in levels.items():
        every, longest = (
            parse_duration(value) if isinstance(value, str) else None
            for value in (level.get("update_every"), level.get("longest_promise", "7d"))
        )
        if every is not None and longest is not None and longest < every:
            yield f"priorities.{key}.longest_promise: is shorter than update_every; make it as long, or longer"


def _aliases(entry: Mapping[str, Any]) -> list[str]:
    names = entry.get("aliases")
    return [str(alias) for alias in names] if isinstance(names, list) else []


def _aliases_taken_twice(section: str, entries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    owners = {key: key for key in entries}
    for key, entry in entries.items():
        for alias in _aliases(entry):
            if owners.setdefault(alias, key) != key:
                yield f"{section}.{key}.aliases: '{alias}' already stands for {owners[alias]}; take one of them out"


def _role_names_taken_twice(roles: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A role is also called by its name, and the card shows the roles by name."""
    owners = {word: key for key, role in roles.items() for word in (key, *_aliases(role))}
    for key, role in roles.items():
        name = role.get("name")
        if isinstance(name, str) and owners.setdefault(name.lower(), key) != key:
            yield f"roles.{key}.name: '{name}' already stands for {owners[name.lower()]}; choose another"


def _deputy_cycles(roles: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    reported: set[str] = set()
    for start in roles:
        chain = [start]
        while isinstance(deputy := roles.get(chain[-1], {}).get("deputy"), str):
            if deputy in chain:
                cycle = chain[chain.index(deputy) :]
                if not reported.intersection(cycle):
                    way = " → ".join([*cycle, deputy])
                    yield f"roles.{cycle[0]}.deputy: the deputies go in a circle ({way}); one of them must have none"
                reported.update(cycle)
                break
            chain.append(deputy)


def _sentence(error: Mapping[str, Any]) -> str:  # noqa: PLR0911, PLR0912 - one return for each kind of finding
    """One of pydantic's findings, in words that say what to write instead."""
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            return "is missing; add it"
        case "extra_forbidden" | "unexpected_keyword_argument":
            return "is not a setting; take it out or correct its spelling"
        case "string_type":
            return f"must be text, not {error['input']!r}; put it in quotes"
        case "string_pattern_mismatch" if "[a-z]" in context.get("pattern", ""):
            return f"{error['input']!r} cannot be used as a key; write one lower-case word"
        case "string_pattern_mismatch" if "[UW]" in context.get("pattern", ""):
            return f"{error['input']!r} is no person's id; copy it from their profile in Slack (U012AB3CD)"
        case "string_pattern_mismatch" if "[A-Za-z_]" in context.get("pattern", ""):
            return f"{error['input']!r} is no name of an environment variable; write for example WEBHOOK_SECRET"
        case "string_pattern_mismatch":
            return f"{error['input']!r} does not fit; write it as :name:"
        case "bool_type" | "bool_parsing":
            return f"must be true or false, not {error['input']!r}"
        case "value_error":
            return f"{error['msg'].removeprefix('Value error, ')} (not {error['input']!r})"
        case "model_type" | "mapping_type" | "dict_type" | "is_instance_of" | "model_attributes_type":
            return f"must be a block of keys and values, not {error['input']!r}"
        case "string_too_short":
            return "must not be empty"
        case "too_short":
            return "is empty; it needs at least one entry"
        case "path_type":
            return f"must be a folder, not {error['input']!r}"
        case "tuple_type" | "list_type":
            return f"must be a list such as [a, b], not {error['input']!r}"
        case _:
            message: str = error["msg"]
            return message[:1].lower() + message[1:]


# Whose keys a block has: `roles.comms_lead.nmae` is meant to be one of Role.
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "priorities": Priority,
    "categories": Category,
    "roles": Role,
    "channels": Channels,
    "updates": Updates,
    "guests": Guests,
    "socket_mode": SocketMode,
    "http": Http,
    "destinations": Destinations,
}


def _settings_beside(place: Sequence[int | str], model: type[BaseModel]) -> Collection[str]:
    """The settings that there are where the unknown key at `place` stands."""
    return (model if len(place) == 1 else _SECTIONS.get(str(place[0]), model)).model_fields


def describe(problems: ValidationError, model: type[BaseModel] | None = None) -> list[str]:
    """`path: sentence` for each of pydantic's findings."""
    lines = []
    for error in problems.errors():
        path = ".".join(str(part) for part in error["loc"] if part != "[key]") or "(the whole file)"
        hint = ""
        if error["type"] == "extra_forbidden" and model is not None:
            close = nearest(str(error["loc"][-1]), _settings_beside(error["loc"], model))
            hint = f" (did you mean '{close}'?)" if close else ""
        lines.append(f"{path}: {_sentence(error)}{hint}")
    return lines


def load_yaml(path: Path) -> Any:
    """The file's content; one sentence with the line where it is no YAML."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return yaml.safe_load(text)
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError([f"{path}: cannot be read: {problem}"]) from problem
    except yaml.reader.ReaderError as problem:  # a control character, which has no mark
        line = text.count("\n", 0, problem.position) + 1
        raise ConfigError([f"{path}:{line}: is not valid YAML: {str(problem).splitlines()[0]}"]) from problem
    except RecursionError:
        raise ConfigError([f"{path}: is nested too deeply; nothing here needs more than four levels"]) from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError([f"{where}: is not valid YAML: {getattr(problem, 'problem', None) or problem}"]) from problem
    except ValueError as problem:  # a day that the calendar lacks, a number of thousands of digits
        raise ConfigError([f"{path}: holds a value that cannot be read: {problem}; put it in quotes"]) from problem


def load_settings(path: Path) -> Settings:
    """The settings in `path`; folders in it are relative to the file. Raises ConfigError with every problem."""
    raw = load_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError([f"{path}: must be a block of keys and values; start from the packaged config.yaml"])
    for name in ("templates", "runbooks"):
        if isinstance(raw.get(name), str):
            raw[name] = path.parent / raw[name]
    found = list(_cross_checks(raw))
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as problems:
        found = describe(problems, Settings) + found
    if found:
        raise ConfigError([f"{path}: {line}" for line in found])
    return settings


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What the surroundings say: secrets and addresses."""

    bot_token: str
    app_token: str
    signing_secret: str
    api_url: str  # ends in /
    database_url: str
    config_path: Path
    log_format: str
    log_level: str  # "": the usual one
    metrics_token: str  # "": none is asked for
    # For secrets that the configuration names.
    variables: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        env = os.environ if environ is None else environ
        api_url = env.get("SLACK_API_URL") or DEFAULT_API_URL
        named = env.get("INCIDENT_BOT_CONFIG")
        here = Path("config.yaml")
        return cls(
            bot_token=env.get("SLACK_BOT_TOKEN", "").strip(),
            app_token=env.get("SLACK_APP_TOKEN", "").strip(),
            signing_secret=env.get("SLACK_SIGNING_SECRET", "").strip(),
            api_url=api_url if api_url.endswith("/") else api_url + "/",
            database_url=env.get("DATABASE_URL") or DEFAULT_DATABASE_URL,
            config_path=Path(named) if named else here if here.exists() else packaged("config.yaml"),
            log_format=env.get("LOG_FORMAT") or "text",
            log_level=env.get("LOG_LEVEL", ""),
            metrics_token=env.get("METRICS_TOKEN", "").strip(),
            variables=dict(env),
        )
