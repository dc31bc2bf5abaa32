"""A runbook, and which one fits an incident."""

from collections.abc import Iterable
from dataclasses import dataclass


class _Strict:
    """Read from files: an unknown key is a mistake, which whoever reads them (pydantic) is to report."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads it from the class


@dataclass(frozen=True, kw_only=True)
class Match(_Strict):
    """What an incident must have for the runbook to be offered: any one of these; services and words in lower case."""

    categories: tuple[str, ...] = ()  # `network` or `network/dns`
    services: tuple[str, ...] = ()
    words: tuple[str, ...] = ()  # found in the title; they count where categories and services are equal


@dataclass(frozen=True, kw_only=True)
class Action(_Strict):
    """Something to do; `command` can be copied as it stands."""

    do: str
    command: str | None = None
    expect: str | None = None  # what one sees when it worked


@dataclass(frozen=True, kw_only=True)
class RunbookStep(_Strict):
    do: str
    owner: str  # a role of config.yaml


@dataclass(frozen=True, kw_only=True)
class Escalation(_Strict):
    to: str
    when: str  # "no progress after 15 minutes"
    how: str


@dataclass(frozen=True, kw_only=True)
class Runbook(_Strict):
    title: str
    summary: str
    match: Match
    symptoms: tuple[str, ...]
    first_checks: tuple[Action, ...]
    mitigations: tuple[Action, ...]
    escalation: tuple[Escalation, ...]
    steps: tuple[RunbookStep, ...]
    slug: str = ""  # the file's name without its ending; set by whoever loads it


def _fit(
    runbook: Runbook, category: str | None, subcategory: str | None, service: str | None, title: str
) -> tuple[bool, bool, bool, int]:
    """How well it fits, compared from left to right: subcategory, service, category, words of the title."""
    categories, lowered = runbook.match.categories, title.lower()
    return (
        f"{category}/{subcategory}" in categories,
        service is not None and service.lower() in runbook.match.services,
        category in categories,
        len([word for word in runbook.match.words if word in lowered]),
    )


def best_runbook(
    runbooks: Iterable[Runbook], *, category: str | None, subcategory: str | None, service: str | None, title: str
) -> Runbook | None:
    """The runbook that fits best: subcategory before service before category before words of the title."""
    scored = [(_fit(one, category, subcategory, service, title), one) for one in runbooks]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best and any(best[0]) else None
