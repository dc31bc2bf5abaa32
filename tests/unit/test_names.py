"""One name for one thing."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_no_two_classes_have_one_name() -> None:
    """The sandbox is a project of its own, and has Slack's names."""
    where: dict[str, list[str]] = defaultdict(list)
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "commands").rglob("*.py")]:
        place = path.relative_to(ROOT)
        if place.parts[:2] == ("bot", "sandbox"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                where[node.name].append(str(place))
    assert {name: places for name, places in where.items() if len(places) > 1} == {}


def test_the_glossary_is_in_order() -> None:
    lines = (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines()
    words = [line.split("**")[1] for line in lines if line.startswith("**")]
    sections = [lines.index(line) for line in lines if line.startswith("## ")]
    assert len(words) == len(set(words))
    for start, end in zip(sections, [*sections[1:], len(lines)], strict=True):
        section = [line.split("**")[1].lower() for line in lines[start:end] if line.startswith("**")]
        assert section == sorted(section)
