"""Carries a plan out: a workspace, the bot's processes, people and trouble; then peace, and the promises checked."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.sandbox import SandboxServer, default_workspace
from bot.sandbox.delivery.delivery import RETRY_AFTER
from tests.chaos.clocks import BotClock, PassingClock
from tests.chaos.facts import Facts, gather, work_left
from tests.chaos.invariants import check, missed_at_the_start
from tests.chaos.people import People
from tests.chaos.plan import Plan
from tests.chaos.replicas import Replica
from tests.chaos.stores import Store
from tests.chaos.trouble import Trouble
from tests.chaos.witness import Witness, until
from tests.processes import for_workspace

# Seconds until everything has to be done once nothing goes wrong any more. A step that was told to wait while the clock
# was ahead waits for up to a minute.
_QUIET_WITHIN = 100.0
# What is still wrong when all is quiet may be on its way: a channel that is being read anew.
_RIGHT_WITHIN = 10.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a run."""

    plan: Plan
    wrong: Sequence[str]
    figures: Counter[str]  # what really happened, and how often
    recovery: float  # seconds from the end of all trouble until nothing was left to do
    seconds: float
    folder: Path  # with what the bots said, where something is wrong


async def carry_out(plan: Plan, store: Store, folder: Path) -> Outcome:
    """`folder` is empty and the run's own."""
    began = time.monotonic()
    clock = PassingClock()
    url = await store.fresh(folder)
    try:
        async with SandboxServer(default_workspace(clock), ack_within=plan.ack_within) as server:
            witness = Witness(server)
            people = People(plan, server.workspace, witness)
            async with _replicas(plan, server.base_url, url, folder, clock) as replicas:
                end = _End(plan, server=server, witness=witness, url=url, replicas=replicas)
                trouble = Trouble(
                    plan,
                    server=server,
                    witness=witness,
                    replicas=replicas,
                    clock=clock,
                    store=store,
                    url=url,
                    declaring=people.declaring,
                    ack_within=plan.ack_within,
                )
                await asyncio.gather(*(one.connected() for one in replicas))
                trouble.begin()
                await people.play()
                await trouble.end()
                await trouble.heal()
                wrong, recovery = await end.come(trouble)
            wrong += [f"seed {plan.seed}: {one}" for replica in replicas for one in replica.wrong]
            if wrong:
                _leave_behind(folder, plan, replicas, server)
            given_up = sum(len(app.delivery.given_up) for app in server.workspace.apps)
            figures = _figures(trouble, witness, server, replicas) + Counter(errors=people.refused, given_up=given_up)
    finally:
        await store.drop(url)
    return Outcome(
        plan=plan,
        wrong=wrong,
        figures=figures,
        recovery=recovery,
        seconds=time.monotonic() - began,
        folder=folder,
    )


@asynccontextmanager
async def _replicas(
    plan: Plan, base_url: str, url: str, folder: Path, clock: PassingClock
) -> AsyncIterator[list[Replica]]:
    env = for_workspace(base_url, folder / "unused.db", DATABASE_URL=url)
    replicas = [
        Replica(number, env=env, folder=folder, clock=BotClock(folder / f"clock-{number}", clock))
        for number in range(plan.replicas)
    ]
    try:
        for one in replicas:
            one.start()
        yield replicas
    finally:
        await asyncio.gather(*(one.close() for one in replicas))


class _End:
    """The end of a run, when nothing goes wrong any more."""

    def __init__(
        self, plan: Plan, *, server: SandboxServer, witness: Witness, url: str, replicas: Sequence[Replica]
    ) -> None:
        self._plan = plan
        self._server = server
        self._witness = witness
        self._url = url
        self._replicas = replicas

    async def come(self, trouble: Trouble) -> tuple[list[str], float]:
        """What is wrong when all is quiet, and the seconds until then."""
        began = time.monotonic()
        if not await until(self._is_quiet, within=_QUIET_WITHIN, every=0.2):
            left = await work_left(self._url)
            return [f"seed {self._plan.seed}: after {_QUIET_WITHIN:g} s still: {one}" for one in left], _QUIET_WITHIN
        recovery = time.monotonic() - began
        started = max(one.connected_at for one in self._replicas)
        missed = await self._still_wrong(lambda facts: missed_at_the_start(facts, before=started))
        [app] = self._server.workspace.apps
        # Slack sends events to a connection that has fallen silent until it finds that out.
        if not await until(self._no_silence, within=_QUIET_WITHIN, every=0.2):
            missed.append(f"seed {self._plan.seed}: the workspace still takes a dead connection as open")
        # Slack repeats an event after one minute and after five: let them pass, until none waits for its time.
        while retries := list(app.delivery._retries):
            trouble.pass_time(max(RETRY_AFTER) + 1)
            await asyncio.gather(*retries, return_exceptions=True)
            await until(self._is_quiet, within=_QUIET_WITHIN, every=0.2)
        if app.delivery.given_up:
            await self._read_what_had_ended(started)
        return missed + await self._still_wrong(check), recovery

    async def _no_silence(self) -> bool:
        return not any(app.sockets.silent for app in self._server.workspace.apps)

    async def _read_what_had_ended(self, started: float) -> None:
        """By hand, as docs/operations.md says: a start reads the channels of live incidents only."""
        facts = await gather(self._plan.seed, self._url, self._server.workspace, self._witness)
        for incident in facts.incidents:
            if incident.resolved_at is not None and incident.resolved_at.timestamp() < started:
                await self._replicas[0].run("backfill", incident.name)

    async def _still_wrong(self, look: Callable[[Facts], list[str]]) -> list[str]:
        wrong: list[str] = []

        async def all_is_right() -> bool:
            wrong[:] = look(await gather(self._plan.seed, self._url, self._server.workspace, self._witness))
            return not wrong

        await until(all_is_right, within=_RIGHT_WITHIN, every=0.5)
        return wrong

    async def _is_quiet(self) -> bool:
        if self._server.workspace.unacknowledged():
            return False
        try:
            return not await work_left(self._url)
        except SQLAlchemyError:  # a server that has just come back
            return False


def _figures(trouble: Trouble, witness: Witness, server: SandboxServer, replicas: Sequence[Replica]) -> Counter[str]:
    calls = Counter(
        "drops" if call.status == 0 else "429s" if call.status == 429 else "5xx"
        for call in server.calls
        if call.status != 200
    )
    return (
        Counter(
            calls=witness.calls,
            commands=len(witness.asked),
            replicas=len(replicas),
            starts=sum(one.starts for one in replicas),
            failed_starts=sum(one.failed_starts for one in replicas),
        )
        + calls
        + trouble.caused
    )


def _leave_behind(folder: Path, plan: Plan, replicas: Sequence[Replica], server: SandboxServer) -> None:
    """For whoever looks for the cause."""
    said = [line for one in replicas for line in one.said]
    (folder / "bots.log").write_text("\n".join(said) + "\n", encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(asdict(plan), indent=2), encoding="utf-8")
    calls = [json.dumps(call.to_json(), ensure_ascii=False) for call in server.calls]
    (folder / "calls.jsonl").write_text("\n".join(calls) + "\n", encoding="utf-8")
