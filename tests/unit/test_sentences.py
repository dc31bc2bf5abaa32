"""Every sentence that people read stands in tests/sentences.txt, so that a change of one is seen and read."""

import ast

import pytest

from tests.sentences import SNAPSHOT, _sentences, collected


def test_the_snapshot_holds_every_sentence() -> None:
    assert SNAPSHOT.read_text("utf-8") == collected(), "read the change aloud, then: make sentences"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('raise UserError("Say why it was no incident.")', ["Say why it was no incident."]),
        ('text = f"{name} is resolved. " "Reopen it."', ["{name} is resolved. Reopen it."]),
        ('Mrkdwn("{} is {} already.").format(a, b)', ["{} is {} already."]),
        ('"""A docstring of the module."""\ndef f():\n    """One of a function."""', []),
        ('key, sql = "post_card", "SELECT id FROM incidents"', []),
        ('say("Noted", "")', []),  # a word alone is read in its place
    ],
)
def test_what_counts_as_a_sentence(code: str, found: list[str]) -> None:
    assert list(_sentences(ast.parse(code))) == found
