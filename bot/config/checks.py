"""What in config.yaml only shows when several places are seen together."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.domain.times import parse_duration


def _blocks(value: Any) -> dict[str, dict[str, Any]]:
    """The entries of a block that are blocks themselves; what has another type is reported elsewhere."""
    if not isinstance(value, dict):
        return {}
    return {str(key): entry for key, entry in value.items() if isinstance(entry, dict)}


def _unknown(name: Any, section: Any, what: str) -> str:
    """A sentence where `name` is not a key of `section`; what has another type is reported elsewhere."""
    keys = [str(key) for key in section] if isinstance(section, dict) else []
    if not isinstance(name, str) or not keys or name in keys:
        return ""
    return f"there is no {what} '{name}'; there are {', '.join(keys)}"


def cross_checks(raw: Mapping[str, Any]) -> Iterator[str]:
    """`path: sentence` for each finding; on the raw data, so that a wrong type hides none of it."""
    levels, roles, matrix = _blocks(raw.get("priorities")), _blocks(raw.get("roles")), _blocks(raw.get("matrix"))
    yield from _holes_in(matrix, raw.get("priorities"))
    if why := _unknown(raw.get("priority_when_unstated"), raw.get("priorities"), "priority"):
        yield f"priority_when_unstated: {why}"

    yield from _aliases_taken_twice("priorities", levels)
    yield from _aliases_taken_twice("roles", roles)
    yield from _role_names_taken_twice(roles)

    yield from _promises_too_short(levels)
    for key, role in roles.items():
        holders = role.get("holders")
        if why := _unknown(role.get("deputy"), raw.get("roles"), "role"):
            yield f"roles.{key}.deputy: {why}"
        if isinstance(holders, list) and len(holders) > 1 and role.get("several") is not True:
            yield f"roles.{key}.holders: more than one, but the role is single; set several: true or name one"
    yield from _deputy_cycles(roles)
    if why := _unknown(raw.get("commander_role", "incident_commander"), raw.get("roles"), "role"):
        yield f"commander_role: {why}"
    updates = raw.get("updates")
    asked = updates.get("asked_role", "comms_lead") if isinstance(updates, dict) else "comms_lead"
    if why := _unknown(asked, raw.get("roles"), "role"):
        yield f"updates.asked_role: {why}"
    yield from _webhooks_named_twice(raw.get("destinations"))
    yield from _unknown_priorities_in_rules(raw)
    for name in ("templates", "runbooks"):
        folder = raw.get(name)
        if isinstance(folder, Path) and not folder.is_dir():
            yield f"{name}: there is no folder {folder}; make it or take the setting out"


def _holes_in(matrix: Mapping[str, Mapping[str, Any]], priorities: Any) -> Iterator[str]:
    urgencies = dict.fromkeys(urgency for row in matrix.values() for urgency in row)
    for impact, row in matrix.items():
        for urgency in urgencies:
            if urgency not in row:
                yield f"matrix.{impact}: the urgency '{urgency}' is missing; every impact needs every urgency"
        for urgency, level in row.items():
            if why := _unknown(level, priorities, "priority"):
                yield f"matrix.{impact}.{urgency}: {why}"


def _unknown_priorities_in_rules(raw: Mapping[str, Any]) -> Iterator[str]:
    intake = raw.get("intake")
    for name, integration in _blocks(intake.get("generic") if isinstance(intake, dict) else None).items():
        rules = integration.get("rules")
        for place, rule in enumerate(rules if isinstance(rules, list) else []):
            path = f"intake.generic.{name}.rules.{place}.priority"
            if not isinstance(rule, dict) or rule.get("priority") is None:
                continue
            if why := _unknown(rule["priority"], raw.get("priorities"), "priority"):
                yield f"{path}: {why}"
            if rule.get("do") in ("attach", "record"):
                yield f"{path}: only do: declare has one; take it out"


def _webhooks_named_twice(destinations: Any) -> Iterator[str]:
    webhooks = destinations.get("webhooks") if isinstance(destinations, dict) else None
    urls = [one.get("url") for one in webhooks if isinstance(one, dict)] if isinstance(webhooks, list) else []
    for place, url in enumerate(urls):
        if isinstance(url, str) and url in urls[:place]:
            yield f"destinations.webhooks.{place}.url: is there twice; list all its events once"


def _promises_too_short(levels: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key, level in levels.items():
        every, longest = (
            parse_duration(value) if isinstance(value, str) else None
            for value in (level.get("update_every"), level.get("longest_promise", "7d"))
        )
        if every is not None and longest is not None and longest < every:
            yield f"priorities.{key}.longest_promise: is shorter than update_every; make it as long, or longer"


def _aliases(entry: Mapping[str, Any]) -> list[str]:
    names = entry.get("aliases")
    return [str(alias) for alias in names] if isinstance(names, list) else []


def _aliases_taken_twice(section: str, entries: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    owners = {key: key for key in entries}
    for key, entry in entries.items():
        for alias in _aliases(entry):
            if owners.setdefault(alias, key) != key:
                yield f"{section}.{key}.aliases: '{alias}' already stands for {owners[alias]}; take one of them out"


def _role_names_taken_twice(roles: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A role is also called by its name, and the card shows the roles by name."""
    owners = {word: key for key, role in roles.items() for word in (key, *_aliases(role))}
    for key, role in roles.items():
        name = role.get("name")
        if isinstance(name, str) and owners.setdefault(name.lower(), key) != key:
            yield f"roles.{key}.name: '{name}' already stands for {owners[name.lower()]}; choose another"


def _deputy_cycles(roles: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    reported: set[str] = set()
    for start in roles:
        chain = [start]
        while isinstance(deputy := roles.get(chain[-1], {}).get("deputy"), str):
            if deputy in chain:
                cycle = chain[chain.index(deputy) :]
                if not reported.intersection(cycle):
                    way = " → ".join([*cycle, deputy])
                    yield f"roles.{cycle[0]}.deputy: the deputies go in a circle ({way}); one of them must have none"
                reported.update(cycle)
                break
            chain.append(deputy)
