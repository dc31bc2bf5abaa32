"""The configuration as people break it: every mistake at once, each with its place and what to write instead."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.config import DEFAULT_API_URL, DEFAULT_DATABASE_URL, Environment, Settings, load_settings, load_yaml
from bot.errors import ConfigError
from bot.resources import packaged

PACKAGED = packaged("config.yaml")
REMOVED = object()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def changed(**changes: Any) -> dict[str, Any]:
    """The packaged configuration with other values at `roles__tech_lead__deputy` and the like."""
    raw: dict[str, Any] = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    for place, value in changes.items():
        *above, last = place.split("__")
        block = raw
        for key in above:
            block = block.setdefault(key, {})
        if value is REMOVED:
            del block[last]
        else:
            block[last] = value
    return raw


def problems(file: Path, content: Any) -> list[str]:
    """What is wrong with the content, without the file's own name."""
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    file.write_text(text, encoding="utf-8")
    try:
        load_settings(file)
    except ConfigError as error:
        return [problem.removeprefix(f"{file}: ") for problem in error.problems]
    return []


# a good file


def test_the_packaged_file_is_good() -> None:
    settings = load_settings(PACKAGED)

    assert list(settings.priorities) == ["p1", "p2", "p3", "p4"]
    assert settings.priorities["p1"].respond_within == timedelta(minutes=15)  # process 12
    assert settings.urgencies == ("critical", "high", "medium", "low")
    assert [key for key in settings.priorities if settings.is_major(key)] == ["p1", "p2"]  # process 9
    assert settings.update_every("p4") is None


def test_what_may_be_left_out_has_a_default(file: Path) -> None:
    left_out = dict.fromkeys(("categories", "channels", "updates", "priorities__p1__aliases"), REMOVED)
    assert problems(file, changed(**left_out)) == []

    settings = load_settings(file)
    assert settings.channels.incident_name == "inc-{number}-{title}"
    assert settings.updates.ask_deputy_after == timedelta(minutes=5)
    assert settings.templates is None


def test_the_scale_is_the_organisations(file: Path) -> None:
    raw = {
        "priorities": {
            "sev-zero": {"name": "Alles kaputt", "respond_within": "5m", "resolve_within": "1h30m", "aliases": ["s0"]},
            "sev-one": {"name": "Halb so wild", "respond_within": "1d", "resolve_within": "2w"},
        },
        "matrix": {"all": {"now": "sev-zero", "later": "sev-one"}},
        "priority_when_unstated": "sev-one",
        "roles": {"chef": {"name": "Leitung", "expects": "Entscheiden."}},
        "commander_role": "chef",
        "updates": {"asked_role": "chef"},
    }
    assert problems(file, raw) == []

    settings = load_settings(file)
    assert settings.scale.find("S0") == "sev-zero"
    assert settings.priorities["sev-zero"].resolve_within == timedelta(minutes=90)
    assert settings.role_aliases == {"chef": "chef", "leitung": "chef"}


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = load_settings(PACKAGED)

    with pytest.raises(ValueError, match="frozen"):
        settings.priority_when_unstated = "p4"  # type: ignore[misc]


# one mistake, one sentence


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        # wrong types
        ({"priorities": ["p1"]}, "priorities: must be a block of keys and values, not ['p1']"),
        ({"priorities__p1": "Critical"}, "priorities.p1: must be a block of keys and values, not 'Critical'"),
        ({"priorities__p1__name": 5}, "priorities.p1.name: must be text, not 5; put it in quotes"),
        ({"priorities__p1__aliases": "sev1"}, "priorities.p1.aliases: must be a list such as [a, b], not 'sev1'"),
        ({"priorities__p1__aliases": [1]}, "priorities.p1.aliases.0: must be text, not 1; put it in quotes"),
        ({"priorities__p1__major": "yes"}, "priorities.p1.major: must be true or false, not 'yes'"),
        ({"channels": None}, "channels: must be a block of keys and values, not None"),  # only its title is left
        ({"matrix__minor": "p4"}, "matrix.minor: must be a block of keys and values, not 'p4'"),
        ({"templates": 5}, "templates: must be a folder, not 5"),
        # words that do not fit
        ({"priorities__p1__emoji": "red"}, "priorities.p1.emoji: 'red' does not fit; write it as :name:"),
        (
            {"priorities__p1__aliases": ["SEV1"]},
            "priorities.p1.aliases.0: 'SEV1' cannot be used as a key; write one lower-case word",
        ),
        (
            {"categories__Power": {"name": "Power"}},
            "categories.Power: 'Power' cannot be used as a key; write one lower-case word",
        ),
        ({"roles__comms_lead__expects": ""}, "roles.comms_lead.expects: must not be empty"),
        ({"matrix": {}}, "matrix: is empty; it needs at least one entry"),
        # missing and unknown
        ({"priorities__p1__respond_within": REMOVED}, "priorities.p1.respond_within: is missing; add it"),
        ({"matrix": REMOVED}, "matrix: is missing; add it"),
        (
            {"chanels": {}},
            "chanels: is not a setting; take it out or correct its spelling (did you mean 'channels'?)",
        ),
        (
            {"priorities__p1__respond_whithin": "5m"},
            "priorities.p1.respond_whithin: is not a setting; take it out or correct its spelling"
            " (did you mean 'respond_within'?)",
        ),
        (
            {"channels__anouncements": "#x"},
            "channels.anouncements: is not a setting; take it out or correct its spelling"
            " (did you mean 'announcements'?)",
        ),
        ({"xyzzy": 1}, "xyzzy: is not a setting; take it out or correct its spelling"),
        # names of other places
        ({"matrix__minor__low": "p5"}, "matrix.minor.low: there is no priority 'p5'; there are p1, p2, p3, p4"),
        (
            {"matrix__minor__low": REMOVED},
            "matrix.minor: the urgency 'low' is missing; every impact needs every urgency",
        ),
        (
            {"priority_when_unstated": "sev1"},
            "priority_when_unstated: there is no priority 'sev1'; there are p1, p2, p3, p4",
        ),
        (
            {"roles__tech_lead__deputy": "boss"},
            "roles.tech_lead.deputy: there is no role 'boss'; there are incident_commander, tech_lead, comms_lead",
        ),
        (
            {"updates__asked_role": "scribe"},
            "updates.asked_role: there is no role 'scribe'; there are incident_commander, tech_lead, comms_lead",
        ),
        (
            {"roles__comms_lead": REMOVED},  # which is asked unless another is named
            "updates.asked_role: there is no role 'comms_lead'; there are incident_commander, tech_lead",
        ),
        (
            {"commander_role": "boss"},
            "commander_role: there is no role 'boss'; there are incident_commander, tech_lead, comms_lead",
        ),
        # a word that would stand for two
        (
            {"priorities__p2__aliases": ["sev1"]},
            "priorities.p2.aliases: 'sev1' already stands for p1; take one of them out",
        ),
        (
            {"priorities__p1__aliases": ["p2"]},
            "priorities.p1.aliases: 'p2' already stands for p2; take one of them out",
        ),
        (
            {"roles__tech_lead__aliases": ["ic"]},
            "roles.tech_lead.aliases: 'ic' already stands for incident_commander; take one of them out",
        ),
        (
            {"roles__comms_lead__name": "Tech lead"},
            "roles.comms_lead.name: 'Tech lead' already stands for tech_lead; choose another",
        ),
        (
            {"roles__comms_lead__name": "Commander"},
            "roles.comms_lead.name: 'Commander' already stands for incident_commander; choose another",
        ),
        # who stands in for whom
        (
            {"roles__tech_lead__deputy": "tech_lead"},
            "roles.tech_lead.deputy: the deputies go in a circle (tech_lead → tech_lead); one of them must have none",
        ),
        (
            {"roles__incident_commander__deputy": "comms_lead"},
            "roles.incident_commander.deputy: the deputies go in a circle"
            " (incident_commander → comms_lead → incident_commander); one of them must have none",
        ),
        (
            {"roles__comms_lead__holders": ["U1", "U2"]},
            "roles.comms_lead.holders: more than one, but the role is single; set several: true or name one",
        ),
        # who may tell of alerts
        (
            {"intake__generic__monitoring": {}},
            "intake.generic.monitoring.key_env: is missing; add it",
        ),
        (
            {"intake__generic__monitoring": {"key_env": "KEY", "rulez": []}},
            "intake.generic.monitoring.rulez: is not a setting; take it out or correct its spelling"
            " (did you mean 'rules'?)",
        ),
        (
            {"intake__generic__monitoring": {"key_env": "KEY", "rules": [{"do": "declare", "priority": "p9"}]}},
            "intake.generic.monitoring.rules.0.priority: there is no priority 'p9'; there are p1, p2, p3, p4",
        ),
        (
            {"intake__generic__monitoring": {"key_env": "KEY", "rules": [{"do": "attach", "priority": "p1"}]}},
            "intake.generic.monitoring.rules.0.priority: only do: declare has one; take it out",
        ),
        (
            {
                "intake__generic__monitoring": {
                    "key_env": "KEY",
                    "rules": [{"do": "declare", "when": {"status": ["firing", "recovered"]}}],
                }
            },
            "intake.generic.monitoring.rules.0.when: rules are asked about alerts that open or are updated only; "
            "write open or update (not {'status': ['firing', 'recovered']})",
        ),
        (
            {"intake__generic__monitoring": {"key_env": "KEY", "rules": [{"do": "close"}]}},
            "intake.generic.monitoring.rules.0.do: input should be 'declare', 'attach' or 'record'",
        ),
        (
            {"intake__generic__monitoring": {"key_env": "KEY", "rules": [{"do": "record", "when": {"x": [""]}}]}},
            "intake.generic.monitoring.rules.0.when.x: a rule can ask for severity, service, status and labels.NAME"
            " (not 'x')",
        ),
        (
            {"intake__generic__monitoring": {"key_env": "KEY", "mapping": {"title": "alert/name"}}},
            "intake.generic.monitoring.mapping.title: a JSON pointer begins with /, such as /alert/name"
            " (not 'alert/name')",
        ),
        (
            {"intake__generic__monitoring": {"key_env": "KEY", "mapping": {"titel": "/x"}}},
            "intake.generic.monitoring.mapping.titel: there's no such field; there are id, key, status, title,"
            " severity, service, description, url, occurred_at, labels (not 'titel')",
        ),
        # folders
        ({"templates": "my-words"}, "templates: there is no folder {folder}/my-words; make it or take the setting out"),
        (
            {"runbooks": "config.yaml"},
            "runbooks: there is no folder {folder}/config.yaml; make it or take the setting out",
        ),
    ],
)
def test_a_mistake_is_told_once_with_its_place_and_what_to_write(
    file: Path, changes: dict[str, Any], problem: str
) -> None:
    assert problems(file, changed(**changes)) == [problem.replace("{folder}", str(file.parent))]


@pytest.mark.parametrize("value", ["soon", 15, "15", "-5m", "0m", "1.5h", None, ["15m"], "9" * 5000 + "m"])
def test_a_duration_that_is_none_is_refused_with_examples(file: Path, value: Any) -> None:
    found = problems(file, changed(priorities__p1__respond_within=value))

    assert len(found) == 1
    assert found[0].startswith("priorities.p1.respond_within: write a duration such as 45s, 30m, 4h or 2d (not ")


@pytest.mark.parametrize(
    "pattern",
    [
        "inc-{nr}",  # no such field
        "inc-{}",  # none
        "inc-{number",  # never closed
        "inc-{title:d}",  # a format that text does not have
        "inc-{number.real}",  # below a field
        "inc-{title[0]}",  # which a title in another script does not have
        "inc-{title.__class__}",
    ],
)
def test_a_channel_pattern_that_could_fail_during_an_incident_is_refused(file: Path, pattern: str) -> None:
    assert problems(file, changed(channels__incident_name=pattern)) == [
        f"channels.incident_name: use {{number}}, {{title}} and {{date}} only (not {pattern!r})"
    ]


def test_a_subcategory_without_a_name_is_refused_because_the_form_could_not_be_opened(file: Path) -> None:
    found = problems(file, changed(categories__network__subcategories={"dns": ""}))

    assert found == ["categories.network.subcategories.dns: must not be empty"]


def test_a_matrix_without_urgencies_is_refused_because_the_form_could_not_be_opened(file: Path) -> None:
    assert problems(file, changed(matrix={"all": {}})) == ["matrix.all: is empty; it needs at least one entry"]


def test_a_wrong_type_does_not_make_every_mention_of_it_a_mistake(file: Path) -> None:
    found = problems(file, changed(priorities__p1="Critical", roles__comms_lead="Comms"))

    assert [problem.split(":")[0] for problem in found] == ["priorities.p1", "roles.comms_lead"]


# several


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    found = problems(
        file,
        changed(
            priorities__p1__respond_within="soon",
            priorities__p2__aliases=["sev1"],
            matrix__minor__low="p9",
            matrix__moderate__low=REMOVED,
            roles__incident_commander__deputy="comms_lead",
            channels__incident_name="{nr}",
            chanels={},
            templates="nowhere",
        ),
    )

    assert {problem.split(":")[0] for problem in found} == {
        "priorities.p1.respond_within",
        "priorities.p2.aliases",
        "matrix.minor.low",
        "matrix.moderate",
        "roles.incident_commander.deputy",
        "channels.incident_name",
        "chanels",
        "templates",
    }


def test_a_circle_of_deputies_is_told_once_however_many_are_in_it(file: Path) -> None:
    names = [f"role{number}" for number in range(5)]
    roles = {
        name: {"name": f"Name of {name}", "expects": "x", "deputy": following}
        for name, following in zip(names, [*names[1:], names[2]], strict=True)
    }

    found = problems(file, changed(roles=roles, updates__asked_role="role0", commander_role="role0"))

    assert found == [
        "roles.role2.deputy: the deputies go in a circle (role2 → role3 → role4 → role2); one of them must have none"
    ]


def test_a_promise_may_be_as_long_as_the_interval(tmp_path: Path) -> None:
    found = problems(tmp_path / "config.yaml", changed(priorities__p1__longest_promise="10m"))

    assert found == ["priorities.p1.longest_promise: is shorter than update_every; make it as long, or longer"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)
places = st.sampled_from(
    [
        "priorities",
        "priorities__p1",
        "priorities__p1__aliases",
        "priorities__p1__update_every",
        "priorities__p1__longest_promise",
        "matrix",
        "matrix__minor",
        "matrix__minor__low",
        "priority_when_unstated",
        "categories",
        "categories__network__subcategories",
        "roles",
        "roles__comms_lead",
        "roles__comms_lead__aliases",
        "roles__comms_lead__name",
        "roles__comms_lead__deputy",
        "roles__comms_lead__holders",
        "channels",
        "channels__incident_name",
        "updates",
        "updates__asked_role",
        "templates",
    ]
)


@given(changes=st.lists(st.tuples(places, json_values), max_size=3, unique_by=lambda one: one[0].split("__")[0]))
def test_no_value_at_any_place_makes_the_check_itself_fail(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, Any]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"

    assert all(": " in problem for problem in problems(file, changed(**dict(changes))))


# the file itself


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("priorities:\n  p1: [a\nmatrix: {}\n", "{file}:3: is not valid YAML: "),  # a bracket never closed
        ("a: 1\nb:\n\t- c\n", "{file}:3: is not valid YAML: "),  # a tab
        ("a: b: c\n", "{file}:1: is not valid YAML: "),
        ("a: 1\nb: !!python/object:os.system x\n", "{file}:2: is not valid YAML: "),  # code
        ("a: 'äöü→→'\nb: '\x07'\nc: 1\n", "{file}:2: is not valid YAML: unacceptable character #x0007"),
        ("a: 1\nb: '\x07'\n", "{file}:2: is not valid YAML: unacceptable character #x0007"),  # from a terminal
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(file: Path, content: str, problem: str) -> None:
    (found,) = problems(file, content)

    assert found.startswith(problem.replace("{file}", str(file)))
    assert "\n" not in found


@pytest.mark.parametrize("value", ["2026-02-30", "9" * 5000])
def test_a_value_that_yaml_itself_cannot_read_is_told_as_a_problem(file: Path, value: str) -> None:
    (found,) = problems(file, f"priority_when_unstated: {value}\n")

    assert "cannot be read" in found
    assert "put it in quotes" in found


@pytest.mark.parametrize("content", ["", "# nothing\n", "- a\n- b\n", "just words\n"])
def test_a_file_without_settings_is_refused(file: Path, content: str) -> None:
    assert problems(file, content) == ["must be a block of keys and values; start from the packaged config.yaml"]


def missing(path: Path) -> None:
    del path


def latin(path: Path) -> None:
    path.write_bytes("name: Zürich".encode("latin-1"))


@pytest.mark.parametrize(
    ("make", "said"),
    [(missing, "there is no such file"), (Path.mkdir, "cannot be read"), (latin, "cannot be read")],
)
def test_a_file_that_cannot_be_read_is_named(file: Path, make: Callable[[Path], None], said: str) -> None:
    make(file)

    with pytest.raises(ConfigError, match=said) as refused:
        load_yaml(file)

    assert refused.value.problems[0].startswith(f"{file}: ")


def test_folders_are_relative_to_the_file_and_not_to_where_the_bot_was_started(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file.parent / "words").mkdir()
    monkeypatch.chdir("/")

    assert problems(file, changed(templates="words", runbooks="./words")) == []
    assert load_settings(file).templates == file.parent / "words"


def test_an_absolute_folder_stays_where_it_is(file: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    assert problems(file, changed(runbooks=str(elsewhere))) == []
    assert load_settings(file).runbooks == elsewhere


# names for what the configuration has, and for what it no longer has


@pytest.mark.parametrize(
    ("category", "subcategory", "shown"),
    [
        ("network", "dns", "Network / DNS"),
        ("network", None, "Network"),
        ("network", "gone", "Network / gone"),  # declared before the configuration was changed
        ("gone", "dns", "gone/dns"),
        (None, None, ""),
    ],
)
def test_a_category_keeps_a_name(category: str | None, subcategory: str | None, shown: str) -> None:
    assert load_settings(PACKAGED).category_name(category, subcategory) == shown


def test_a_priority_and_a_role_that_are_gone_still_have_words() -> None:
    settings = load_settings(PACKAGED)

    assert (settings.priority_label("p9"), settings.is_major("p9"), settings.update_every("p9")) == ("P9", False, None)
    assert settings.role_name("support_lead") == "support lead"


@pytest.mark.parametrize(
    ("word", "key"),
    [("ic", "incident_commander"), ("comms lead", "comms_lead"), ("comms_lead", "comms_lead"), ("tl", "tech_lead")],
)
def test_a_role_is_called_by_key_alias_or_name(word: str, key: str) -> None:
    assert load_settings(PACKAGED).role_aliases[word] == key


# the environment


def test_an_empty_environment_has_slacks_address_a_local_database_and_the_packaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert Environment.read({}) == Environment(
        bot_token="",
        app_token="",
        signing_secret="",
        api_url=DEFAULT_API_URL,
        database_url=DEFAULT_DATABASE_URL,
        config_path=PACKAGED,
        log_format="text",
        log_level="",
        metrics_token="",
    )


def test_the_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environment = Environment.read(
        {
            "SLACK_BOT_TOKEN": " xoxb-1\n",  # pasted with what stood around it
            "SLACK_APP_TOKEN": "xapp-1",
            "SLACK_SIGNING_SECRET": "secret",
            "SLACK_API_URL": "http://127.0.0.1:9000/api",  # without the slash that the SDK needs
            "DATABASE_URL": "postgresql+asyncpg://db/bot",
            "INCIDENT_BOT_CONFIG": "/etc/bot.yaml",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "DEBUG",
            "METRICS_TOKEN": " s3cret\n",
        }
    )

    assert environment == Environment(
        bot_token="xoxb-1",
        app_token="xapp-1",
        signing_secret="secret",
        api_url="http://127.0.0.1:9000/api/",
        database_url="postgresql+asyncpg://db/bot",
        config_path=Path("/etc/bot.yaml"),
        log_format="json",
        log_level="DEBUG",
        metrics_token="s3cret",
    )


def test_a_variable_that_is_set_to_nothing_counts_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("SLACK_API_URL", "DATABASE_URL", "INCIDENT_BOT_CONFIG", "LOG_FORMAT", "LOG_LEVEL", "METRICS_TOKEN")

    assert Environment.read(dict.fromkeys(names, "")) == Environment.read({})


def test_a_config_file_in_the_working_directory_comes_before_the_packaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").touch()

    assert Environment.read({}).config_path == Path("config.yaml")


def test_the_processs_own_environment_is_read_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-2")

    assert Environment.read().bot_token == "xoxb-2"


def test_every_setting_has_a_place_in_the_packaged_file() -> None:
    text = PACKAGED.read_text(encoding="utf-8")

    assert [name for name in Settings.model_fields if f"{name}:" not in text] == []
