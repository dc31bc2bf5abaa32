"""What is known of Slack's platform: the keys of its payloads, and what holds for each method."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def responses() -> Json:
    """The keys of each method's answers, by the method's name."""
    return copy.deepcopy(_read("responses"))


def events() -> Json:
    """A delivery of each event with blank values, by names such as `MessageChanged`."""
    return copy.deepcopy(_read("events"))


def requests() -> Json:
    """Commands and interactions with blank values, by names such as `SlashCommand` and `ViewSubmission`."""
    return copy.deepcopy(_read("requests"))


def methods() -> Json:
    """`tier`, `scopes` (of bots), `json` (whether the body may be), `required`, `args` and `errors` of each method."""
    return copy.deepcopy(_read("methods"))


def event_scopes() -> Json:
    """Any one of these scopes lets an app hear the event."""
    return copy.deepcopy(_read("event_scopes"))


def manifest_schema() -> Json:
    """The JSON Schema of an app's manifest."""
    return copy.deepcopy(_read("manifest"))


@cache
def _read(name: str) -> Json:
    found: Json = json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
    return found
