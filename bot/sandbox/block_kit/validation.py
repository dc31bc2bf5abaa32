"""Whether Slack would take these blocks or this view, and if not, why."""

from __future__ import annotations

import json
from typing import Any, Literal

from bot.sandbox.block_kit.rules import items, tell, typed
from bot.sandbox.block_kit.tables import BLOCKS, ELEMENT_SURFACES, MOST_BLOCKS, SURFACES, VIEWS

Surface = Literal["message", "modal", "home"]

LONGEST_MESSAGE = 13_200  # characters over all blocks of a message; found by trial, undocumented
LARGEST_VIEW = 250_000  # bytes of JSON


def check_blocks(blocks: Any, *, surface: Surface, pointer: str = "/blocks") -> list[str]:
    """What is wrong with the blocks, each with its JSON pointer; empty where Slack takes them. Never raises."""
    problems: list[str] = []
    allowed = typed({kind: BLOCKS[kind] for kind in SURFACES[surface]})
    items(allowed, most=MOST_BLOCKS[surface])(blocks, pointer, problems)
    if isinstance(blocks, list):
        _check_ids(blocks, pointer, problems)
        _check_elements(blocks, surface, pointer, problems)
    return problems


def check_answer(blocks: Any) -> list[str]:
    """What is wrong with the blocks of an answer, which may have none."""
    if not blocks:
        return []
    problems = check_blocks(blocks, surface="message")
    if total_length(blocks) > LONGEST_MESSAGE:
        tell(problems, f"must be less than {LONGEST_MESSAGE + 1} characters together", "/blocks")
    return problems


def check_view(view: Any) -> list[str]:
    """What is wrong with a modal or a home tab; empty where Slack takes it. Never raises."""
    problems: list[str] = []
    typed(VIEWS)(view, "/view", problems)
    if not isinstance(view, dict):
        return problems
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return problems
    blocks = view.get("blocks", [])
    problems += check_blocks(blocks, surface=kind, pointer="/view/blocks")
    if kind == "modal" and "submit" not in view and isinstance(blocks, list):
        for at, block in enumerate(blocks):
            if isinstance(block, dict) and block.get("type") == "input":
                tell(problems, "must define `submit` to use an `input` block in modals", f"/view/blocks/{at}/input")
    if len(json.dumps(view, ensure_ascii=False, default=str).encode(errors="replace")) > LARGEST_VIEW:
        tell(problems, f"must be less than {LARGEST_VIEW + 1} bytes", "/view")
    return problems


def total_length(blocks: Any) -> int:
    """The characters of all texts in the blocks, which together must not pass LONGEST_MESSAGE."""
    if isinstance(blocks, list):
        return sum(total_length(one) for one in blocks)
    if isinstance(blocks, dict):
        own = blocks.get("text")
        length = len(own) if isinstance(own, str) else 0
        return length + sum(total_length(one) for one in blocks.values() if isinstance(one, dict | list))
    return 0


def _check_ids(blocks: list[Any], pointer: str, problems: list[str]) -> None:
    """A block_id serves once in the message, an action_id once in its block."""
    seen: set[str] = set()
    for at, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in seen:
                tell(problems, f'`block_id` "{block_id}" already exists', f"{pointer}/{at}/block_id")
            seen.add(block_id)
        elements = block.get("elements")
        if isinstance(elements, list):
            _check_action_ids(elements, f"{pointer}/{at}/elements", problems)


def _check_elements(blocks: list[Any], surface: Surface, pointer: str, problems: list[str]) -> None:
    """Some elements are bound to some surfaces."""
    for at, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        inside = {key: block.get(key) for key in ("element", "accessory")}
        listed = block.get("elements")
        inside |= {f"elements/{place}": one for place, one in enumerate(listed)} if isinstance(listed, list) else {}
        for where, element in inside.items():
            kind = element.get("type") if isinstance(element, dict) else None
            if isinstance(kind, str) and surface not in ELEMENT_SURFACES.get(kind, (surface,)):
                tell(problems, f"unsupported type: {kind}", f"{pointer}/{at}/{where}/type")


def _check_action_ids(elements: list[Any], pointer: str, problems: list[str]) -> None:
    seen: set[str] = set()
    for at, element in enumerate(elements):
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if isinstance(action_id, str):
            if action_id in seen:
                tell(problems, f'`action_id` "{action_id}" already exists', f"{pointer}/{at}/action_id")
            seen.add(action_id)
