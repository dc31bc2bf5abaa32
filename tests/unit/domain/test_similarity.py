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
