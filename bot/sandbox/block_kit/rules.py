"""Small rules that Block Kit's tables are made of; each tells what is wrong with a value, in Slack's words."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

_ADDRESS = re.compile(r"(?:https?://[^\s/?#]+|(?!https?:)[a-z][a-z0-9+.-]*:)\S*", re.IGNORECASE)

# A rule looks at a value found at a JSON pointer and adds sentences about what is wrong with it.
Rule = Callable[[Any, str, list[str]], None]


def tell(problems: list[str], sentence: str, pointer: str) -> None:
    problems.append(f"{sentence} [json-pointer:{pointer}]")


def string(most: int | None = None, *, least: int = 0, pattern: str | None = None) -> Rule:
    shape = re.compile(pattern) if pattern else None

    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, str):
            tell(problems, "must provide a string", pointer)
        elif len(value) < least:
            tell(problems, f"must be more than {least - 1} characters", pointer)
        elif most is not None and len(value) > most:
            tell(problems, f"must be less than {most + 1} characters", pointer)
        elif shape is not None and not shape.fullmatch(value):
            tell(problems, "failed to match schema", pointer)

    return rule


def address(most: int) -> Rule:
    """An address that a browser can open; what is not on the web, such as `slack://`, counts too."""
    length = string(most, least=1)

    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        before = len(problems)
        length(value, pointer, problems)
        if len(problems) == before and not _ADDRESS.fullmatch(value):
            tell(problems, "must be a valid URL", pointer)

    return rule


def picture(most: int) -> Rule:
    """The address of a picture that Slack can fetch: on the web, not on this machine or in this network."""
    valid = address(most)

    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        before = len(problems)
        valid(value, pointer, problems)
        if len(problems) == before and not _is_public(value):
            tell(problems, "downloading image failed", pointer)

    return rule


def _is_public(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    try:
        return parts.scheme in {"http", "https"} and ipaddress.ip_address(host).is_global
    except ValueError:  # a name
        return parts.scheme in {"http", "https"} and "." in host and not host.endswith((".localhost", ".local"))


def boolean(value: Any, pointer: str, problems: list[str]) -> None:
    if not isinstance(value, bool):
        tell(problems, "must provide a boolean", pointer)


def integer(least: int | None = None, most: int | None = None) -> Rule:
    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            tell(problems, "must provide an integer", pointer)
        elif least is not None and value < least:
            tell(problems, f"must be greater than {least - 1}", pointer)
        elif most is not None and value > most:
            tell(problems, f"must be less than {most + 1}", pointer)

    return rule


def one_of(*values: Any) -> Rule:
    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        if not any(value == one and type(value) is type(one) for one in values):
            tell(problems, "must be a valid enum value", pointer)

    return rule


def items(inner: Rule, *, least: int = 0, most: int | None = None) -> Rule:
    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, list):
            tell(problems, "must provide an array", pointer)
            return
        if len(value) < least:
            tell(problems, f"must provide at least {least} items", pointer)
        if most is not None and len(value) > most:
            tell(problems, f"no more than {most} items allowed", pointer)
        for at, item in enumerate(value):
            inner(item, f"{pointer}/{at}", problems)

    return rule


def record(
    *,
    required: Mapping[str, Rule] | None = None,
    optional: Mapping[str, Rule] | None = None,
    also: Rule | None = None,
) -> Rule:
    """An object with these keys and no others; `also` looks at the whole once its keys are right."""
    must, may = dict(required or {}), dict(optional or {})

    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            tell(problems, "must provide an object", pointer)
            return
        before = len(problems)
        for key in must:
            if key not in value:
                tell(problems, f"missing required field: {key}", pointer)
        for key, inner in value.items():
            found = must.get(key) or may.get(key)
            if found is None:
                tell(problems, f"invalid additional property: {key}", pointer)
            else:
                found(inner, f"{pointer}/{key}", problems)
        if also is not None and len(problems) == before:
            also(value, pointer, problems)

    return rule


def typed(table: Mapping[str, Rule]) -> Rule:
    """An object whose `type` says which rule it follows."""

    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            tell(problems, "must provide an object", pointer)
            return
        kind = value.get("type")
        if "type" not in value:
            tell(problems, "missing required field: type", pointer)
        elif not isinstance(kind, str) or kind not in table:
            tell(problems, f"unsupported type: {kind}", f"{pointer}/type")
        else:
            table[kind](value, pointer, problems)

    return rule


def exactly_one(*keys: str) -> Rule:
    """Of these keys one is there, and only one."""

    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        there = [key for key in keys if key in value]
        if not there:
            tell(problems, f"missing required field: {keys[0]}", pointer)
        elif len(there) > 1:
            tell(problems, f"must provide only one of {', '.join(keys)}", pointer)

    return rule


def at_least_one(*keys: str) -> Rule:
    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        if not any(key in value for key in keys):
            tell(problems, f"missing required field: {keys[0]}", pointer)

    return rule


def all_of(*rules: Rule) -> Rule:
    def rule(value: Any, pointer: str, problems: list[str]) -> None:
        for one in rules:
            one(value, pointer, problems)

    return rule


# --- texts


def plain(most: int, *, least: int = 1) -> Rule:
    """A plain_text object."""
    return typed({"plain_text": _text_object("plain_text", most, least)})


def any_text(most: int) -> Rule:
    """A plain_text or mrkdwn object."""
    return typed({kind: _text_object(kind, most, 1) for kind in ("plain_text", "mrkdwn")})


def _text_object(kind: str, most: int, least: int) -> Rule:
    switch = "emoji" if kind == "plain_text" else "verbatim"
    return record(required={"type": one_of(kind), "text": string(most, least=least)}, optional={switch: boolean})
