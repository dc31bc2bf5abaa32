"""Runbooks: the packaged ones are complete and fit into a message, the right one is offered, mistakes are named."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import Settings, load_settings
from bot.domain.runbook import Runbook, RunbookStep, best_runbook
from bot.errors import ConfigError
from bot.render.words import Words
from bot.resources import packaged
from bot.runbooks import load_runbooks

BRIEFING_FITS = 3500  # characters: read on a telephone, and below Slack's advice of 4,000 for a message
SLUGS = sorted(path.stem for path in packaged("runbooks").glob("*.yaml"))
EXPECTED = {
    "certificate-expiry",
    "cloud-provider-outage",
    "database-failover",
    "dns-failure",
    "elevated-errors-after-deploy",
    "exposed-secret",
    "network-outage",
    "queue-backlog",
    "slow-database",
    "suspected-breach",
}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(packaged("config.yaml"))


@pytest.fixture(scope="module")
def runbooks(settings: Settings) -> dict[str, Runbook]:
    return {one.slug: one for one in load_runbooks(settings)}


def briefing(runbook: Runbook) -> str:
    return str(Words(packaged("templates")).chat("briefing", it=None, runbook=runbook, similar=[]))


# the packaged ones


def test_the_promised_runbooks_are_there(runbooks: dict[str, Runbook]) -> None:
    assert set(runbooks) >= EXPECTED


@pytest.mark.parametrize("slug", SLUGS)
def test_a_packaged_runbook_is_complete(slug: str, runbooks: dict[str, Runbook]) -> None:
    runbook = runbooks[slug]

    assert runbook.title
    assert runbook.summary
    assert runbook.match.categories
    assert runbook.match.words
    assert len(runbook.symptoms) >= 3
    assert len(runbook.first_checks) >= 3
    assert len(runbook.mitigations) >= 3
    assert len(runbook.escalation) >= 2
    assert {"incident_commander", "tech_lead", "comms_lead"} <= {step.owner for step in runbook.steps}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_packaged_runbook_says_what_to_type_and_what_to_expect(slug: str, runbooks: dict[str, Runbook]) -> None:
    for action in (*runbooks[slug].first_checks, *runbooks[slug].mitigations):
        assert action.command is None or action.expect, f"{action.command!r} does not say what one sees when it worked"
        # the briefing shows commands between backticks, on one line
        assert not re.search(r"[`\n]", action.command or "")


@pytest.mark.parametrize("slug", SLUGS)
def test_words_to_match_are_lower_case_because_titles_are_compared_so(slug: str, runbooks: dict[str, Runbook]) -> None:
    match = runbooks[slug].match

    assert [word for word in (*match.words, *match.services) if word != word.lower()] == []


@pytest.mark.parametrize("slug", SLUGS)
def test_the_briefing_fits_into_one_message(slug: str, runbooks: dict[str, Runbook]) -> None:
    text = briefing(runbooks[slug])

    assert runbooks[slug].title in text
    assert len(text) < BRIEFING_FITS


# which one is offered


def test_where_nothing_fits_none_is_offered(runbooks: dict[str, Runbook]) -> None:
    facts = {"category": None, "subcategory": None, "service": None, "title": "The coffee machine is empty"}

    assert best_runbook(runbooks.values(), **facts) is None
    assert best_runbook([], **facts) is None


@pytest.mark.parametrize("slug", SLUGS)
def test_each_packaged_runbook_is_offered_for_its_own_categories(slug: str, runbooks: dict[str, Runbook]) -> None:
    for name in runbooks[slug].match.categories:
        category, _, below = name.partition("/")
        found = best_runbook(
            runbooks.values(), category=category, subcategory=below or None, service=None, title="Something is wrong"
        )
        assert found is runbooks[slug], name


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Database primaries promoted in the wrong region", "database-failover"),
        ("503s on checkout since the deploy", "elevated-errors-after-deploy"),
        ("Packet loss between Frankfurt and Dublin", "network-outage"),
        ("api.example.com does not resolve, SERVFAIL", "dns-failure"),
        ("x509: certificate has expired", "certificate-expiry"),
        ("Webhooks delayed, Kafka backlog grows", "queue-backlog"),
        ("Slow queries, connection pool exhausted", "slow-database"),
        ("Suspicious login to the admin account", "suspected-breach"),
        ("API key leaked on a public repository", "exposed-secret"),
        ("us-east-1: the cloud provider reports errors", "cloud-provider-outage"),
    ],
)
def test_a_title_alone_finds_the_runbook(title: str, slug: str, runbooks: dict[str, Runbook]) -> None:
    found = best_runbook(runbooks.values(), category=None, subcategory=None, service=None, title=title)

    assert found is runbooks[slug]


# the organisation's own

GOOD: dict[str, Any] = {
    "title": "Checkout is down",
    "summary": "Take the payment provider out first.",
    "match": {"services": ["checkout"]},
    "symptoms": ["Nobody can pay"],
    "first_checks": [{"do": "Look at the payment provider's status page"}],
    "mitigations": [{"do": "Switch to the other provider"}],
    "escalation": [{"to": "payments on-call", "when": "at once", "how": "page them"}],
    "steps": [{"do": "Decide on the switch", "owner": "incident_commander"}],
}


def own(tmp_path: Path, files: dict[str, dict[str, Any] | str]) -> tuple[Settings, Path]:
    """Settings whose `runbooks` is a folder with these files in it."""
    folder = tmp_path / "my-runbooks"
    folder.mkdir()
    for name, content in files.items():
        text = content if isinstance(content, str) else yaml.safe_dump(content)
        (folder / name).write_text(text, encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text(packaged("config.yaml").read_text(encoding="utf-8") + "\nrunbooks: ./my-runbooks\n", "utf-8")
    return load_settings(config), folder


def test_an_own_runbook_comes_beside_the_packaged_ones(tmp_path: Path) -> None:
    settings, _ = own(tmp_path, {"checkout.yaml": GOOD})

    found = {one.slug: one for one in load_runbooks(settings)}

    assert set(found) == {*SLUGS, "checkout"}
    assert found["checkout"].steps == (RunbookStep(do="Decide on the switch", owner="incident_commander"),)


def test_an_own_runbook_takes_the_place_of_the_packaged_one_of_the_same_name(tmp_path: Path) -> None:
    settings, _ = own(tmp_path, {"dns-failure.yaml": GOOD})

    found = {one.slug: one for one in load_runbooks(settings)}

    assert set(found) == set(SLUGS)
    assert found["dns-failure"].title == "Checkout is down"


MISTAKES: dict[str, tuple[dict[str, Any] | str, str]] = {
    # what is wrong: the file, and what follows its path
    "a list is missing": (
        {key: value for key, value in GOOD.items() if key != "escalation"},
        ": escalation: is missing; add it",
    ),
    "a list is empty": (GOOD | {"symptoms": []}, ": symptoms: is empty; a runbook needs at least one"),
    "an unknown role": (
        GOOD | {"steps": [GOOD["steps"][0], {"do": "Mend", "owner": "plumber"}]},
        ": steps.1.owner: there is no role 'plumber'; there are incident_commander, tech_lead, comms_lead",
    ),
    "an unknown category": (
        GOOD | {"match": {"categories": ["plumbing"]}},
        ": match.categories: there is no category 'plumbing' in the configuration",
    ),
    "an unknown subcategory": (
        GOOD | {"match": {"categories": ["network/pipes"]}},
        ": match.categories: there is no category 'network/pipes' in the configuration",
    ),
    "an unknown key": (GOOD | {"sumary": "Look first."}, ": sumary: "),
    "an unknown key further down": (
        GOOD | {"first_checks": [{"do": "Look", "comand": "uptime"}]},
        ": first_checks.0.comand: ",
    ),
    "nothing to match": (GOOD | {"match": {}}, ": match: names neither categories nor services nor words"),
    "no YAML": ("title: [Checkout\nsummary: x\n", ":2: is not valid YAML: "),
    "no mapping": ("Checkout is down", ": (the whole file): "),
}


def problems(settings: Settings) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_runbooks(settings)
    return caught.value.problems


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_its_file_and_path(mistake: str, tmp_path: Path) -> None:
    content, complaint = MISTAKES[mistake]
    settings, folder = own(tmp_path, {"checkout.yaml": content})

    found = problems(settings)

    assert len(found) == 1, found
    assert found[0].startswith(f"{folder / 'checkout.yaml'}{complaint}")


def test_the_mistakes_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    files = {f"{number}.yaml": content for number, (content, _) in enumerate(MISTAKES.values())}
    settings, folder = own(tmp_path, files)

    found = problems(settings)

    assert len(found) == len(MISTAKES)
    for name, (_, complaint) in zip(files, MISTAKES.values(), strict=True):
        assert any(line.startswith(f"{folder / name}{complaint}") for line in found), name


def test_several_mistakes_of_one_file_are_reported_at_once(tmp_path: Path) -> None:
    settings, folder = own(
        tmp_path,
        {
            "checkout.yaml": GOOD
            | {
                "match": {"categories": ["plumbing", "network/pipes"]},
                "steps": [{"do": "Mend", "owner": "plumber"}],
            }
        },
    )

    found = problems(settings)

    assert len(found) == 3
    assert all(line.startswith(f"{folder / 'checkout.yaml'}: ") for line in found)
