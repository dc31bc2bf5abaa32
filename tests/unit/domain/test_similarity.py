"""Have we seen this before? What is offered is worth reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.similarity import SIMILAR_FROM, likeness, most_alike

TITLE = "Checkout returns 503 errors"


def alike(other: str, *, service: bool = False, category: bool = False) -> bool:
    return likeness(TITLE, other, same_service=service, same_category=category) >= SIMILAR_FROM


@pytest.mark.parametrize(
    ("other", "service", "category"),
    [
        ("checkout: 503 ERRORS!", False, False),  # the same words
        ("Checkout gives 503 errors again", False, False),  # half of them
        ("Checkout unreachable", True, False),  # a few of them, and the same service
        ("Checkout 503 in Europe, Asia", False, True),  # a third of them, and the same category
        ("Something else", True, True),  # the same service in the same category
    ],
)
def test_an_incident_that_looks_alike_is_offered(other: str, service: bool, category: bool) -> None:
    assert alike(other, service=service, category=category)


@pytest.mark.parametrize(
    ("other", "service", "category"),
    [
        ("Printer on fire", False, False),
        ("Printer on fire", False, True),  # a category holds much
        ("The printer returns from the fire", False, False),  # words that every title has do not count
        ("", False, False),
        ("決済が失敗", False, False),
    ],
)
def test_noise_is_not_offered(other: str, service: bool, category: bool) -> None:
    assert not alike(other, service=service, category=category)


@pytest.mark.parametrize(
    ("title", "other", "service", "category", "score"),
    [
        ("Checkout returns 503", "503 on CHECKOUT", False, False, 0.6),  # words alone are no proof
        ("Checkout slow", "Checkout broken", False, False, 0.2),  # a third of them
        ("Checkout slow", "Checkout slow", True, False, 0.85),
        ("Checkout slow", "Checkout slow", False, True, 0.8),
        ("Checkout slow", "Checkout slow", True, True, 1.0),  # no more than certain
        ("The API returns", "Return from that API", False, False, 0.6),  # common words in capitals do not count
        ("決", "", False, False, 0.0),  # titles without a word share none
    ],
)
def test_words_weigh_more_than_the_service_and_that_more_than_the_category(
    title: str, other: str, service: bool, category: bool, score: float
) -> None:
    assert likeness(title, other, same_service=service, same_category=category) == pytest.approx(score)


def test_the_same_service_alone_is_not_enough() -> None:
    assert not alike("Invoices arrive late", service=True)


@given(one=st.text(max_size=60), other=st.text(max_size=60), service=st.booleans(), category=st.booleans())
def test_likeness_is_a_share_and_the_same_from_both_sides(one: str, other: str, service: bool, category: bool) -> None:
    score = likeness(one, other, same_service=service, same_category=category)

    assert 0 <= score <= 1
    assert score == likeness(other, one, same_service=service, same_category=category)


def test_the_best_come_first_and_no_more_than_anyone_reads() -> None:
    scored = [(0.3, "c"), (0.9, "a"), (0.1, "noise"), (0.5, "b"), (0.3, "d")]

    assert most_alike(scored) == ["a", "b", "c"]
    assert most_alike(scored, most=1) == ["a"]
    assert most_alike([]) == []
