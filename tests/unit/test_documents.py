"""The guides are held true: what they name is there, what is there is named, and their examples work."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import SandboxServer, SteppedClock, default_workspace
from bot.sandbox.delivery import faults
from bot.sandbox.scenario import reader as scenario_reader
from bot.sandbox.scenario.loader import ScenarioError, parse_scenario
from bot.sandbox.web import api
from bot.sandbox.web.control import Control

DOCS = Path(__file__).resolve().parents[2] / "docs"
SANDBOX = (DOCS / "sandbox.md").read_text(encoding="utf-8")
SCENARIOS = (DOCS / "scenarios.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def first_cells(text: str) -> str:
    """The first column of every table: where the guides name what they explain."""
    return "\n".join(re.findall(r"^\| (.*?) \|", text, re.MULTILINE))


def routes() -> set[str]:
    """`POST message`, `GET messages/{channel}` and so on, as the server has them."""
    control = Control(SandboxServer(default_workspace(SteppedClock(0))))
    looking = {resource.canonical.removeprefix("/") for resource in control.application().router.resources()}
    return {f"GET {path}" for path in looking - {"{action}"}} | {f"POST {name}" for name in control._actions}


# docs/sandbox.md


def test_every_control_route_is_explained_and_every_explained_one_exists() -> None:
    explained = re.findall(r"^`((?:GET|POST) [a-z]+(?:/\{channel\})?)`: ", SANDBOX, re.MULTILINE)

    assert sorted(explained) == sorted(routes())


def test_every_control_route_has_an_example_that_curl_can_run() -> None:
    examples = set(re.findall(r"curl -s \"?\$C/([a-z]+)", "\n".join(blocks(SANDBOX, "bash"))))

    assert examples == {re.split(r"[ /]", route)[1] for route in routes()}


@pytest.mark.parametrize("body", re.findall(r"curl .* -d '(\{.*\})'", SANDBOX))
def test_what_an_example_sends_is_json(body: str) -> None:
    assert isinstance(json.loads(re.sub(r"'\$\w+'", "", body)), dict)


def test_every_fault_is_explained_and_every_example_is_understood() -> None:
    assert set(re.findall(r"`([a-z_]+)`", first_cells(SANDBOX))) >= set(faults.NAMES)
    (orders,) = (block for block in blocks(SANDBOX, "text") if "latency_ms" in block)
    for line in orders.splitlines():
        order, _ = json.JSONDecoder().raw_decode(line)
        faults.Faults().set(order)


def test_the_number_of_methods_is_right() -> None:
    assert f"{len(api.METHODS)} Web API methods" in SANDBOX


async def test_the_example_of_a_test_passes() -> None:
    (example,) = blocks(SANDBOX, "python")
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - our own guide
    await names["test_a_burst_of_messages_is_slowed_down"]()


# docs/scenarios.md


def test_every_scenario_key_is_explained_and_every_explained_one_exists() -> None:
    reader = scenario_reader
    known = {*reader._TOP_KEYS, *reader._PERSON_KEYS, *reader._STEP_KEYS, "name", "text"}  # the last two: of a file

    cells = "\n".join(re.findall(r"`[^`]*`", first_cells(SCENARIOS)))
    assert set(re.findall(r"\b([a-z_]+)(?=[:`])", cells)) == known


def test_the_example_can_be_played_and_the_wrong_one_is_refused_as_shown() -> None:
    right, wrong = blocks(SCENARIOS, "yaml")
    assert parse_scenario(right, file="right.yaml").steps

    with pytest.raises(ScenarioError) as caught:
        parse_scenario(wrong, file="wrong.yaml")
    assert "\n".join(caught.value.problems) + "\n" in blocks(SCENARIOS, "text")


PAGES = sorted([*DOCS.parent.glob("*.md"), *DOCS.rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_section_stands_twice_in_a_document(page: Path) -> None:
    headings = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings))
