"""What is measured, against what it should be."""

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
    at_most: float | None = None  # the target, where there is one

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def met(self) -> bool | None:
        return None if self.at_most is None else self.median <= self.at_most

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "median": round(self.median, 3),
            "least": round(min(self.values), 3),
            "most": round(max(self.values), 3),
            "runs": len(self.values),
            "target": self.at_most,
            "met": self.met,
        }
