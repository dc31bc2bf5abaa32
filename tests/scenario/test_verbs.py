"""Each verb once, as it is usually typed: the scenarios of `make test-fast`, on SQLite alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commands import find_commands
from tests.databases import Databases
from tests.world import World, open_world


@pytest.fixture
async def world(sqlite: Databases, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(sqlite.fresh(tmp_path)) as opened:
        yield opened


# {verb: (what is typed before, what is typed, a piece of the answer)}, by Ben in the channel of INC-1.
TYPED: dict[str, tuple[tuple[str, ...], str, str]] = {
    "declare": ((), "declare p2 Search is slow since:14:10Z service:search", "INC-2"),
    "list": ((), "list", "INC-1"),
    "status": ((), "status identified", "INC-1 is now *identified*"),
    "take": ((), "take commander", "You are now incident commander of INC-1"),
    "assign": ((), "assign comms @chloe", "is now comms lead of INC-1"),
    "drop": (("take comms",), "drop comms", "You are no longer comms lead of INC-1"),
    "update": ((), "update status:identified next:20m We know why", "INC-1"),
    "note": ((), "note at:14:05Z Paged the network team", "INC-1"),
    "timeline": (("note Rolled back",), "timeline", "Rolled back"),
    "action": ((), "action Alert on 5xx owner:@dev due:2026-04-01", "INC-1"),
    "priority": ((), "priority p2 Fewer people than thought", "INC-1 is now P2"),
    "resolve": ((), "resolve Error rate is back to normal", "INC-1 is resolved"),
    "close": (("resolve All green",), "close", "INC-1 is closed"),
    "reopen": (("resolve All green",), "reopen It is back", "INC-1 is open again"),
    "cancel": ((), "cancel A test of the alert", "INC-1 is cancelled"),
    "postmortem": (("resolve All green",), "postmortem", "INC-1"),
    "help": ((), "help", "/incident declare"),
}


def test_no_verb_is_left_out() -> None:
    assert set(TYPED) == set(find_commands())


@pytest.mark.parametrize("verb", TYPED)
async def test_a_verb_does_what_its_answer_says(world: World, verb: str) -> None:
    before, typed, expected = TYPED[verb]
    channel = await world.declare("p1 Checkout returns 503", who="ben")
    for text in before:
        assert (await world.command("ben", text, channel=channel)).ok
    answer = await world.command("ben", typed, channel=channel)
    assert answer.ok, answer
    assert expected in answer.text
