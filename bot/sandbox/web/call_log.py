"""Every Web API call that reached the workspace, for people and tests to look at."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bot.sandbox.state.model import Json

MOST = 100_000  # older calls are forgotten


@dataclass(frozen=True, kw_only=True)
class LoggedCall:
    """One call; the token is left out."""

    method: str
    args: Json
    answer: Any  # the body; None where the connection was cut before anything happened
    status: int  # 0 where no answer was sent
    started: float  # workspace time
    ended: float
    app: str | None  # the app's id, where the token told

    def to_json(self) -> Json:
        return asdict(self)


class CallLog:
    """The calls in the order in which they ended."""

    def __init__(self) -> None:
        self._calls: deque[LoggedCall] = deque(maxlen=MOST)

    def __iter__(self) -> Iterator[LoggedCall]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, call: LoggedCall) -> None:
        self._calls.append(call)

    def clear(self) -> None:
        self._calls.clear()

    def of(self, method: str) -> list[LoggedCall]:
        """The calls of one method."""
        return [call for call in self._calls if call.method == method]
