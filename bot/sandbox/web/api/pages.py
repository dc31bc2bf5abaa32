"""Cursor pagination: opaque cursors that name the item which the next page begins with."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.sandbox.web.api.registry import ApiError, Call

T = TypeVar("T")


def page_of(
    call: Call, items: Sequence[T], key: Callable[[T], str], *, kind: str, default: int, most: int, strict: bool = False
) -> tuple[list[T], str]:
    """One page of `items` by the call's `limit` and `cursor`, and the cursor of the next page ("" on the last).

    A limit out of range is brought into it, or refused where the method is `strict`.
    """
    limit = call.number("limit", default)
    if strict and not 0 < limit <= most:
        raise ApiError("invalid_limit")
    limit = min(limit, most) if limit > 0 else default
    start = 0
    if call.given("cursor"):
        wanted = _decoded(call.text("cursor"), kind)
        start = next((at for at, item in enumerate(items) if key(item) == wanted), -1)
        if start < 0:
            raise ApiError("invalid_cursor")
    rest = items[start + limit :]
    return list(items[start : start + limit]), _encoded(key(rest[0]), kind) if rest else ""


def _encoded(key: str, kind: str) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def _decoded(cursor: str, kind: str) -> str:
    try:
        found, _, key = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise ApiError("invalid_cursor") from error
    if found != kind:
        raise ApiError("invalid_cursor")
    return key
