"""What each command does when it is done: the bot's words to its person, and the traces that it leaves."""

import re
from collections.abc import Mapping

from tests.chaos.facts import Facts, by_bot
from tests.chaos.witness import Asked

# How the answer of a command that was done begins; everything else is a refusal.
ANSWERED_WITH: Mapping[str, str] = {
    "action": r"^Action item added to INC-",
    "assign": r"^<@\w+> is now ",
    "drop": r"^You are no longer ",
    "note": r"^Noted on the timeline",
    "priority": r"^INC-\d+ is now ",
    "resolve": r"^INC-\d+ is resolved\. I'll post the postmortem",
    "take": r"^You are now ",
    "update": r"^INC-\d+'s update is saved",
}
# What begins its message in the channel, its kind on the timeline, and whether stakeholders are told.
_TOLD = {
    "action": (":ballot_box_with_check:", "action", False),
    "note": (":memo:", "note", False),
    "priority": (":arrows_counterclockwise:", "priority", True),
    "resolve": (":white_check_mark:", "status", True),
    "update": (":loudspeaker:", "update", True),
}


def named(asked: Asked) -> str:
    """For a sentence about it."""
    outcome = "" if asked.acknowledged else f" ({asked.error})"
    return f"{asked.who}'s “{asked.text}”{outcome}"


def traces(facts: Facts, asked: Asked) -> dict[str, int] | None:
    """How often each part of what it does is there, found by its mark; None for one that has none of these parts."""
    if asked.verb not in _TOLD:
        return None
    beginning, kind, to_stakeholders = _TOLD[asked.verb]

    def marked(text: str) -> bool:
        return re.search(rf"\b{re.escape(asked.mark)}\b", text) is not None

    posts = [(channel.id, one) for channel in facts.channels if not channel.is_im for one in by_bot(facts, channel)]
    posts = [(where, one) for where, one in posts if one.text.startswith(beginning) and marked(one.text)]
    found = {
        "on the timeline": sum(one.kind == kind and marked(one.words) for one in facts.entries),
        "in the channel": sum(where != facts.announcements for where, _ in posts),
    }
    if to_stakeholders:
        found["to stakeholders"] = sum(where == facts.announcements and one.is_reply for where, one in posts)
    if asked.verb == "update":
        found["as an update"] = sum(marked(one.text) for one in facts.updates)
    return found
