"""What is known about the running bot at any time, without asking the database or Slack."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.store.outages import fault_in

# A loop that fails is started again; one that has kept failing for so long will not mend itself.
_SECONDS_TO_MEND = 60.0


@dataclass(kw_only=True)
class _Spell:
    """Failures of one loop that followed each other closely; in seconds of machine time."""

    first: float
    last: float
    problem: str  # the kind of the last one


class Health:
    def __init__(self, *, machine_time: Callable[[], float]) -> None:
        self.stopping = False  # set by the application when a stop begins
        self._machine_time = machine_time
        self._spells: dict[str, _Spell] = {}

    def loop_failed(self, name: str, problem: Exception) -> None:
        """A loop ended with this error and is started again."""
        fault = fault_in(problem)
        if fault is None:
            return  # who would start a new process for it would start all replicas anew, and help nobody
        now, kind = self._machine_time(), type(fault).__name__
        spell = self._spells.get(name)
        if spell is None or now - spell.last > _SECONDS_TO_MEND:
            self._spells[name] = _Spell(first=now, last=now, problem=kind)
        else:
            spell.last, spell.problem = now, kind

    def failing(self) -> dict[str, str]:
        """The loops that have been failing for over a minute by faults of ours, each with a sentence."""
        now = self._machine_time()
        return {
            name: f"has been failing for {now - spell.first:.0f} s, last with {spell.problem}"
            for name, spell in self._spells.items()
            if now - spell.first > _SECONDS_TO_MEND >= now - spell.last
        }
