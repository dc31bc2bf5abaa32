"""What contributors expect to find does what the rest of the repository says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands(workflow: Any) -> list[str]:
    """Every line that a workflow runs."""
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    return [line.strip() for step in steps for line in step.get("run", "").splitlines()]


def make_targets(lines: list[str]) -> set[str]:
    return {line.split()[1] for line in lines if line.startswith("make ")}


def test_every_supported_python_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tried = read(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    declared = [one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r"Python :: 3\.\d+$", one)]
    assert tried == declared
    assert project["requires-python"] == f">={tried[0]}"


def test_ci_on_github_makes_what_ci_here_makes() -> None:
    here = re.search(r"for target in (.*?); do", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert here is not None
    made = make_targets(commands(read(ROOT / ".github/workflows/ci.yml")))
    assert made == set(re.findall(r"\b(check|demo|test)\b", here[1])) == {"check", "demo", "test"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_makes_only_what_there_is(path: Path) -> None:
    for target in make_targets(commands(read(path))):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_pre_commit_runs_make_check() -> None:
    [repository] = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [one["entry"] for one in repository["hooks"]] == ["make check"]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_for_issues_is_complete(path: Path) -> None:
    form = read(path)
    assert {"name", "description", "body"} <= set(form)
    ids = [part["id"] for part in form["body"]]
    assert len(ids) == len(set(ids))
    assert all(isinstance(part["attributes"]["label"], str) for part in form["body"])
    options = [one for part in form["body"] for one in part["attributes"].get("options", [])]
    assert all(isinstance(one.get("label") if isinstance(one, dict) else one, str) for one in options)
