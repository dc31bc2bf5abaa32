"""Which runbook is offered: the one that says most closely what has broken."""

from typing import Any

import pytest

from bot.domain.runbook import Action, Escalation, Match, Runbook, RunbookStep, best_runbook


def runbook(slug: str, **match: Any) -> Runbook:
    return Runbook(
        slug=slug,
        title=slug,
        summary="Look first.",
        match=Match(**match),
        symptoms=("It is slow",),
        first_checks=(Action(do="Look"),),
        mitigations=(Action(do="Mend"),),
        escalation=(Escalation(to="on-call", when="at once", how="page"),),
        steps=(RunbookStep(do="Decide", owner="incident_commander"),),
    )


BY_WORDS = runbook("by words", words=("checkout",))
BY_CATEGORY = runbook("by category", categories=("network",))
BY_SERVICE = runbook("by service", services=("checkout",))
BY_SUBCATEGORY = runbook("by subcategory", categories=("network/dns",))


@pytest.mark.parametrize(
    ("offered", "best"),
    [
        ([BY_WORDS, BY_CATEGORY, BY_SERVICE, BY_SUBCATEGORY], BY_SUBCATEGORY),
        ([BY_WORDS, BY_CATEGORY, BY_SERVICE], BY_SERVICE),
        ([BY_WORDS, BY_CATEGORY], BY_CATEGORY),
        ([BY_WORDS], BY_WORDS),
    ],
    ids=lambda value: value.slug if isinstance(value, Runbook) else None,
)
def test_subcategory_beats_service_beats_category_beats_words(offered: list[Runbook], best: Runbook) -> None:
    facts = {"category": "network", "subcategory": "dns", "service": "Checkout", "title": "Checkout is down"}

    assert best_runbook(offered, **facts) is best
    assert best_runbook(reversed(offered), **facts) is best


@pytest.mark.parametrize(
    ("facts", "best"),
    [
        ({"category": "network", "subcategory": "vpn"}, BY_CATEGORY),  # a subcategory that no runbook names
        ({"category": "network"}, BY_CATEGORY),
        ({"service": "CHECKOUT"}, BY_SERVICE),  # as people write it
        ({"title": "CHECKOUT is slow"}, BY_WORDS),
        ({"subcategory": "dns"}, None),  # of which category?
        ({"category": "storage", "subcategory": "dns", "service": "search", "title": "Search is slow"}, None),
        ({}, None),
    ],
)
def test_only_what_is_known_counts(facts: dict[str, str], best: Runbook | None) -> None:
    known: dict[str, Any] = {"category": None, "subcategory": None, "service": None, "title": "It broke", **facts}

    assert best_runbook([BY_WORDS, BY_CATEGORY, BY_SERVICE, BY_SUBCATEGORY], **known) is best


def test_more_words_of_the_title_fit_better() -> None:
    one, two = runbook("one", words=("queue", "disk")), runbook("two", words=("queue", "backlog"))
    facts = {"category": None, "subcategory": None, "service": None, "title": "Queue backlog grows"}

    assert best_runbook([one, two], **facts) is two
    assert best_runbook([two, one], **facts) is two


def test_many_words_of_the_title_do_not_outweigh_the_category() -> None:
    """Five words once beat a category, and nine a subcategory."""
    words = ("one", "two", "three", "four", "five", "six")
    wordy = runbook("wordy", words=words)
    facts = {"category": "network", "subcategory": None, "service": None, "title": " ".join(words)}

    assert best_runbook([wordy, BY_CATEGORY], **facts) is BY_CATEGORY


def test_of_two_that_fit_alike_the_first_is_offered() -> None:
    first, second = runbook("first", categories=("network",)), runbook("second", categories=("network",))
    facts = {"category": "network", "subcategory": None, "service": None, "title": "It broke"}

    assert best_runbook([first, second], **facts) is first


def test_without_runbooks_none_is_offered() -> None:
    assert best_runbook([], category="network", subcategory=None, service=None, title="It broke") is None
