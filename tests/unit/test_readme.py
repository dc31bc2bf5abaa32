"""The README, the recipes and the configuration reference say what is."""

import argparse
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from bot.cli.arguments import parser
from bot.config import Environment, Settings
from bot.slack.outbound.identity import SCOPES
from commands import find_commands

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ALL_DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def setting_paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """`roles.*.name` and so on, as the reference names them."""
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        yield from _below(field.annotation, f"{prefix}{name}.")


def _below(annotation: Any, prefix: str) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from setting_paths(annotation, prefix)
    elif get_origin(annotation) is Mapping:
        value = get_args(annotation)[1]
        value = get_args(value)[0] if get_origin(value) is Annotated else value
        if get_origin(value) is Mapping:
            yield f"{prefix}*"
        yield from _below(value, f"{prefix}*.")


def test_the_configuration_reference_names_every_setting_and_no_other() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_.*]+)` \|", text, flags=re.MULTILINE))
    assert documented == set(setting_paths(Settings))


def test_the_configuration_reference_names_every_environment_variable() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, flags=re.MULTILINE))
    read: set[str] = set()

    class Watching(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            read.add(key)
            return super().get(key, default)

    Environment.read(Watching())
    assert documented == read
    assert len(read) == len([one for one in fields(Environment) if one.name != "variables"])


def test_the_readme_lists_every_command_as_it_is() -> None:
    rows = dict(re.findall(r"^\| `/incident ([^`]+)` \| (.+) \|$", README, flags=re.MULTILINE))
    expected = {
        f"{command.name} {command.usage}".strip().replace("|", "\\|"): command.summary
        for command in find_commands().values()
    }
    assert rows == expected


def test_the_readme_gives_a_reason_for_every_scope() -> None:
    rows = re.findall(r"^\| ((?:`[a-z:.]+`(?:, )?)+) \|", README, flags=re.MULTILINE)
    assert {scope for row in rows for scope in re.findall(r"`([a-z:.]+)`", row)} == set(SCOPES)


@pytest.mark.parametrize("document", ALL_DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_and_subcommand_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", text)) | set(re.findall(r"^make ([a-z]+)", text, flags=re.MULTILINE))
    assert named <= targets
    choices: set[str] = set()
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            choices |= set(action.choices)
    used = set(re.findall(r"`(?:\.venv/bin/)?incident-bot ([a-z-]+)", text))
    assert used <= choices


@pytest.mark.parametrize("document", ALL_DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_links_or_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    named = re.findall(r"`((?:bot|commands|templates|runbooks|tests|docs)/[A-Za-z0-9_./-]+)`", text)
    missing = [target for target in linked if not (document.parent / target).exists()]
    missing += [name for name in named if "NAME" not in name and not (ROOT / name).exists()]
    assert missing == []


def test_the_recipes_name_functions_that_exist() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    for name in ("release", "prompt", "cross_checks", "schedule", "record"):
        assert f"def {name}(" in code
        assert name in CONTRIBUTING
