"""What is measured, against what it should be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One row of the table."""

    name: str
    what: str
    unit: str
    values: tuple[float, ...] = field(repr=False)
    # The target, where there is one: the median's upper or lower bound.
    at_most: float | None = None
    at_least: float | None = None

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def met(self) -> bool | None:
        if self.at_most is not None:
            return self.median <= self.at_most
        return None if self.at_least is None else self.median >= self.at_least

    @property
    def target(self) -> str:
        """≤ 250 ms; empty where there is none."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g} {self.unit}".rstrip()
        return "" if self.at_least is None else f"≥ {self.at_least:g} {self.unit}".rstrip()

    def shown(self, value: float) -> str:
        """The value with its unit, in as many digits as tell something."""
        digits = {"s": 2, "×": 2, "ms": 1 if value < 100 else 0}.get(self.unit, 0)
        return f"{value:,.{digits}f} {self.unit}".rstrip()

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "median": round(self.median, 3),
            "least": round(min(self.values), 3),
            "most": round(max(self.values), 3),
            "runs": len(self.values),
            "target": self.at_most if self.at_most is not None else self.at_least,
            "bound": "at_most" if self.at_most is not None else "at_least" if self.at_least is not None else None,
            "met": self.met,
        }


def percentile(values: Sequence[float], share: float) -> float:
    """The least of `values` that is not below `share` (0 to 1) of them."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
