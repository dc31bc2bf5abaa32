"""JSON pointers: where in a document something stands. https://www.rfc-editor.org/rfc/rfc6901"""

import re
from collections.abc import Sequence
from typing import Any

_ESCAPED = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")  # no leading zeros; no list is longer


def parse_pointer(text: str) -> tuple[str, ...]:
    """`/alert/labels/0` as its parts; "" is the whole document. Raises ValueError for what is no pointer."""
    if text and not text.startswith("/"):
        raise ValueError("a JSON pointer begins with /, such as /alert/name")
    if _ESCAPED.search(text):
        raise ValueError("in a JSON pointer ~ is written ~0, and / within a name ~1")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def look_up(document: Any, parts: Sequence[str]) -> Any:
    """What stands there; None where there is nothing, as where there is null."""
    found = document
    for part in parts:
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list) and _INDEX.fullmatch(part) and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found
