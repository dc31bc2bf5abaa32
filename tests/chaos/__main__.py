"""`python -m tests.chaos [--runs 200] [--first-seed 1] [--seed N] [--database KIND] [--jobs 2]`: many runs, judged.

A line for each run, a summary with figures, and for each seed that failed the command that runs it again. Exit codes:
0 every promise was kept, 1 not so.
"""

import argparse
import asyncio
import logging
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from bot.domain.times import span
from tests.chaos.plan import DATABASES, Plan, draw
from tests.chaos.run import Outcome, carry_out
from tests.chaos.stores import Store, open_store


class _Tally:
    """What the runs came to."""

    def __init__(self, again: str, *, runs: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._runs = runs
        self._clock = clock
        self._began = clock()
        self._again = again  # what the command says besides its seed
        self._ended = 0
        self.outcomes: list[Outcome] = []
        self.failed: dict[int, str] = {}  # {seed: what is wrong}

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        verdict = "ok"
        if outcome.wrong:
            self.failed[outcome.plan.seed] = "\n".join(f"  {one}" for one in outcome.wrong)
            verdict = f"FAILED; what it left is in {outcome.folder}\n{self.failed[outcome.plan.seed]}"
        _say(f"{self._place()}  {_name(outcome.plan)}  {outcome.seconds:5.1f} s  {_listed(outcome.figures)}  {verdict}")

    def break_down(self, plan: Plan) -> None:
        """The harness itself failed; only within `except`."""
        self.failed[plan.seed] = traceback.format_exc()
        _say(f"{self._place()}  {_name(plan)}  BROKE DOWN\n{self.failed[plan.seed]}")

    def _place(self) -> str:
        """Which run this was, and about how long the others will take."""
        self._ended += 1
        left = (self._clock() - self._began) / self._ended * (self._runs - self._ended)
        return f"{self._ended}/{self._runs}, {span(timedelta(seconds=round(left)))} left"

    def summary(self) -> str:
        figures = sum((one.figures for one in self.outcomes), Counter[str]())
        kinds = Counter(one.plan.database for one in self.outcomes)
        recoveries = sorted((one.recovery, one.plan.seed) for one in self.outcomes)
        lines = ["", f"{len(self.outcomes)} runs ({_listed(kinds)}): {_listed(figures)}"]
        if recoveries:
            median, (longest, seed) = recoveries[len(recoveries) // 2][0], recoveries[-1]
            lines.append(f"Recovery: median {median:.1f} s, longest {longest:.1f} s (seed {seed})")
        lines.append(f"{len(self.failed)} failed" if self.failed else "Every promise was kept.")
        lines += [f"  make chaos SEED={seed}{self._again}" for seed in sorted(self.failed)]
        return "\n".join(lines)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _name(plan: Plan) -> str:
    return f"seed {plan.seed:5d}  {plan.database:10s}  {plan.replicas} replica{'s' if plan.replicas > 1 else ' '}"


def _listed(figures: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(figures.items()))


async def _work(plans: "asyncio.Queue[Plan]", stores: Mapping[str, Store], folder: Path, tally: _Tally) -> None:
    """One worker: a run after the other, in databases of its own."""
    while not plans.empty():
        plan = plans.get_nowait()
        own = folder / f"seed-{plan.seed}"
        own.mkdir()
        try:
            tally.add(await carry_out(plan, stores[plan.database], own))
        except Exception:  # noqa: BLE001 - one run must not end the others; break_down tells it
            tally.break_down(plan)
        if plan.seed not in tally.failed:
            shutil.rmtree(own)


async def _work_side_by_side(
    plans: Sequence[Plan], stores: Sequence[Mapping[str, Store]], folder: Path, tally: _Tally
) -> None:
    queue: asyncio.Queue[Plan] = asyncio.Queue()
    for plan in plans:
        queue.put_nowait(plan)
    await asyncio.gather(*(_work(queue, one, folder, tally) for one in stores))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200, help="how many seeds (default 200)")
    parser.add_argument("--first-seed", type=int, default=1, help="the others follow it (default 1)")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--database", choices=DATABASES, help="for every run; otherwise the seed decides")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side (default 2)")
    arguments = parser.parse_args()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.runs)
    if arguments.seed is not None:
        seeds = range(arguments.seed, arguments.seed + 1)
    plans = [draw(seed, database=arguments.database) for seed in seeds]
    logging.basicConfig(level=logging.ERROR)  # the workspace warns of events that it gives up: that is meant here
    folder = Path(tempfile.mkdtemp(prefix="incident-bot-chaos-"))
    tally = _Tally(f" DATABASE={arguments.database}" if arguments.database else "", runs=len(plans))
    with ExitStack() as opened:
        stores = [
            {
                kind: opened.enter_context(open_store(kind, folder / f"{kind}-{job}"))
                for kind in sorted({one.database for one in plans})
            }
            for job in range(min(arguments.jobs, len(plans)))
        ]
        asyncio.run(_work_side_by_side(plans, stores, folder, tally))
    _say(tally.summary())
    if not tally.failed:
        shutil.rmtree(folder)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
