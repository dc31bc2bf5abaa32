"""`python -m tests.sentences`: writes every sentence that people read into one file, to be proofread in one go.

What counts as one: a template's text, and each text in the code that has at least two words and is no docstring, with
`{…}` where something is put in.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SNAPSHOT = ROOT / "tests" / "sentences.txt"
_ROOMS = ("commands", "bot")
# The local workspace speaks as Slack does; a migration speaks to databases.
_SILENT = ("bot/sandbox", "bot/store/migrations")
_WORDS = re.compile(r"[^\W\d_]{2,}\S*\s+\S*[^\W\d_]{1,}|\s[^\W\d_]{2,}|[^\W\d_]{2,}[.:?!]?\s")
_SQL = re.compile(
    r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA|LOCK TABLE|SET LOCAL|BEGIN|VACUUM|ALTER|CREATE)\b"
)


def collected() -> str:
    """All of them, by the file that says them, each file's in its order."""
    parts = [f"== {path.relative_to(ROOT)}\n{path.read_text('utf-8').strip()}" for path in _templates()]
    for path in sorted(one for room in _ROOMS for one in (ROOT / room).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        found = list(dict.fromkeys(_sentences(ast.parse(path.read_text("utf-8")))))
        if found and not name.startswith(_SILENT):
            parts.append("\n".join([f"== {name}", *found]))
    return "\n\n".join(parts) + "\n"


def _templates() -> list[Path]:
    return sorted((ROOT / "templates").glob("*.j2"))


def _sentences(tree: ast.Module) -> Iterator[str]:
    silent = {id(one) for one in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent |= {id(one) for one in ast.walk(node) if one is not node}
    for node in _in_order(tree):
        if id(node) in silent:
            continue
        text = _text(node)
        if text is not None and _WORDS.search(text) and not _SQL.search(text):
            yield " ".join(text.split())


def _in_order(tree: ast.Module) -> list[ast.expr]:
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Those of modules, classes and functions, and texts that stand by themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{" + ast.unparse(part.value) + "}"
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
    return None


if __name__ == "__main__":
    SNAPSHOT.write_text(collected(), encoding="utf-8")
    sys.stdout.write(f"{SNAPSHOT.relative_to(ROOT)} is written: read it aloud.\n")
