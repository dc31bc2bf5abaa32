"""JSON pointers, as RFC 6901 has them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.json_pointer import look_up, parse_pointer

# Section 5 of the RFC.
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
EXAMPLES: list[tuple[str, Any]] = [
    ("", DOCUMENT),
    ("/foo", ["bar", "baz"]),
    ("/foo/0", "bar"),
    ("/", 0),
    ("/a~1b", 1),
    ("/c%d", 2),
    ("/e^f", 3),
    ("/g|h", 4),
    ("/i\\j", 5),
    ('/k"l', 6),
    ("/ ", 7),
    ("/m~0n", 8),
]


@pytest.mark.parametrize(("pointer", "value"), EXAMPLES)
def test_the_examples_of_the_standard(pointer: str, value: Any) -> None:
    assert look_up(DOCUMENT, parse_pointer(pointer)) == value


@pytest.mark.parametrize("pointer", ["foo", "#/foo", "/~", "/m~2n", " /foo"])
def test_what_is_no_pointer_is_refused(pointer: str) -> None:
    with pytest.raises(ValueError, match="JSON pointer"):
        parse_pointer(pointer)


@pytest.mark.parametrize("pointer", ["/bar", "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/-1", "/foo/x", "/foo/0/1"])
def test_what_is_not_there_is_nothing(pointer: str) -> None:
    assert look_up(DOCUMENT, parse_pointer(pointer)) is None


json = st.recursive(
    st.integers() | st.text() | st.booleans(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=20,
)


def places(value: Any, pointer: str = "") -> list[tuple[str, Any]]:
    """Every place in a document, written down from what the standard says of writing."""
    found = [(pointer, value)]
    if isinstance(value, dict):
        for name, below in value.items():
            found += places(below, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            found += places(below, f"{pointer}/{index}")
    return found


@given(json)
def test_every_place_in_a_document_is_found(document: Any) -> None:
    for pointer, value in places(document):
        assert look_up(document, parse_pointer(pointer)) is value


@given(json, st.text())
def test_no_text_and_no_document_is_too_much(document: Any, pointer: str) -> None:
    try:
        parts = parse_pointer(pointer)
    except ValueError:
        return
    look_up(document, parts)
