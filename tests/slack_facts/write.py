"""Writes the facts beside it anew: `python -m tests.slack_facts.write FOLDER`, FOLDER as README.md describes."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# What apps and people put into messages: Block Kit's rules stand in the workspace itself.
CONTENT = {"blocks", "attachments", "title_blocks", "assistant_app_thread"}
# What tells payloads apart; every other value is left out.
KINDS = {"type", "subtype", "channel_type"}
# In the schema of the manifest: words for people, which no validation reads.
WORDS = {"description", "title", "examples", "default", "$comment"}
# An id of somebody's channel as a key means "any channel".
_ID = re.compile(r"[CDG][A-Z0-9]{7,}")


def shape(sample: Any, key: str = "") -> Any:
    """The keys of a payload with blank values; a list has one element, with the keys of all."""
    if isinstance(sample, dict):
        named = [("*" if _ID.fullmatch(name) else name, value) for name, value in sample.items()]
        return {name: [] if name in CONTENT else shape(value, name) for name, value in named}
    if isinstance(sample, list):
        element = None
        for one in sample:
            element = merged(element, shape(one))
        return [] if element is None else [element]
    if isinstance(sample, str):
        return sample if key in KINDS else ""
    return sample if sample is None else type(sample)()


def merged(one: Any, other: Any) -> Any:
    """The keys of both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: merged(one.get(key), other.get(key)) for key in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        both = None
        for element in [*one, *other]:
            both = merged(both, element)
        return [] if both is None else [both]
    return other if one is None else one


def method(reference: Mapping[str, Any], tier: str | None) -> dict[str, Any]:
    """What holds for a call of one method."""
    args = reference.get("args") or {}
    return {
        "tier": tier,
        "scopes": sorted((reference.get("scope") or {}).get("bot") or ()),
        "json": bool(reference.get("json_input_supported")),
        "required": sorted(args.get("required") or ()),
        "args": sorted(args.get("properties") or ()),
        "errors": sorted(reference.get("errors") or ()),
    }


def without_words(schema: Any, *, names: bool = False) -> Any:
    """A JSON Schema as machines read it; `names` where the keys are names of properties."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if names or key not in WORDS}
        return {key: without_words(one, names=key in {"properties", "definitions"}) for key, one in kept.items()}
    return [without_words(one) for one in schema] if isinstance(schema, list) else schema


def read(folder: Path) -> Iterator[tuple[str, Any]]:
    """The name of each JSON file in a folder and what is in it."""
    for file in sorted(folder.rglob("*.json")):
        yield file.stem, json.loads(file.read_text(encoding="utf-8"))


def facts(source: Path) -> dict[str, dict[str, Any]]:
    """What each file of facts holds."""
    tiers = json.loads((source / "rate_limit_tiers.json").read_text(encoding="utf-8"))
    schema = json.loads(next(source.glob("manifest.schema.*.json")).read_text(encoding="utf-8"))
    methods = dict(read(source / "reference" / "methods"))
    return {
        "responses": {name: shape(sample) for name, sample in read(source / "samples" / "api")},
        "events": {name.removesuffix("Payload"): shape(one) for name, one in read(source / "samples" / "events")},
        "requests": {
            name.removesuffix("Payload"): shape(one) for name, one in read(source / "samples" / "app-backend")
        },
        "methods": {name: method(reference, tiers.get(name)) for name, reference in methods.items()},
        "event_scopes": {name: sorted(one.get("scopes") or ()) for name, one in read(source / "reference" / "events")},
        "manifest": without_words(schema),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path, help="the collected samples and reference")
    for name, found in facts(arguments.parse_args().folder).items():
        # One line an entry: a difference shows what changed.
        lines = [f"{json.dumps(key)}: {json.dumps(one, separators=(',', ':'))}" for key, one in found.items()]
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
