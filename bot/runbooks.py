"""Loads the runbooks and checks them."""

from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bot.config import Settings, describe, load_yaml
from bot.domain.runbook import Runbook
from bot.errors import ConfigError
from bot.resources import packaged

_LISTS = ("symptoms", "first_checks", "mitigations", "escalation", "steps")


def load_runbooks(settings: Settings) -> tuple[Runbook, ...]:
    """The packaged runbooks and the organisation's own, which take the place of those of the same name.

    Raises ConfigError with every problem in every file.
    """
    files = {path.stem: path for path in sorted(packaged("runbooks").glob("*.yaml"))}
    if settings.runbooks is not None:
        files |= {path.stem: path for path in sorted(settings.runbooks.glob("*.yaml"))}
    found: list[Runbook] = []
    problems: list[str] = []
    for slug, path in files.items():
        try:
            runbook = _read(path)
        except ConfigError as error:
            problems += error.problems
            continue
        problems += [f"{path}: {problem}" for problem in _cross_checks(runbook, settings)]
        found.append(replace(runbook, slug=slug))
    if problems:
        raise ConfigError(problems)
    return tuple(found)


def _read(path: Path) -> Runbook:
    raw = load_yaml(path)
    try:
        # YAML has lists where we have tuples: pydantic's lax mode takes them.
        runbook = TypeAdapter(Runbook).validate_python(raw)
    except ValidationError as problems:
        raise ConfigError([f"{path}: {line}" for line in describe(problems)]) from problems
    if empty := [name for name in _LISTS if not getattr(runbook, name)]:
        raise ConfigError([f"{path}: {name}: is empty; a runbook needs at least one" for name in empty])
    return runbook


def _cross_checks(runbook: Runbook, settings: Settings) -> list[str]:
    problems = []
    for place, step in enumerate(runbook.steps):
        if step.owner not in settings.roles:
            problems.append(
                f"steps.{place}.owner: there is no role '{step.owner}'; there are {', '.join(settings.roles)}"
            )
    for name in runbook.match.categories:
        category, _, below = name.partition("/")
        known = settings.categories.get(category)
        if known is None or (below and below not in known.subcategories):
            problems.append(f"match.categories: there is no category '{name}' in the configuration")
    problems += [
        f"match: '{name}' must be in lower case, or it never matches"
        for name in (*runbook.match.services, *runbook.match.words)
        if name != name.lower()
    ]
    if not (runbook.match.categories or runbook.match.services or runbook.match.words):
        problems.append("match: names neither categories nor services nor words, so it would never be offered")
    return problems
