"""Makes go wrong what a plan says, when it says so; and heals all of it at the end."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from bot.sandbox import SandboxServer
from bot.sandbox.delivery.delivery import RETRY_AFTER
from tests.chaos.clocks import PassingClock
from tests.chaos.plan import Fault, Plan
from tests.chaos.replicas import Replica
from tests.chaos.stores import Store
from tests.chaos.witness import Witness


class Trouble:
    def __init__(
        self,
        plan: Plan,
        *,
        server: SandboxServer,
        witness: Witness,
        replicas: Sequence[Replica],
        clock: PassingClock,
        store: Store,
        url: str,
        declaring: asyncio.Event,
        ack_within: float,
    ) -> None:
        self._plan = plan
        self._server = server
        self._witness = witness
        self._replicas = replicas
        self._clock = clock
        self._store = store
        self._url = url
        self._declaring = declaring
        self._ack_within = ack_within
        self._database = asyncio.Lock()  # a server that is stopped has no connections to be cut
        self._causing: dict[asyncio.Task[None], Fault] = {}
        self._begun: set[int] = set()  # by id: faults that have come so far
        self.caused: Counter[str] = Counter()

    def begin(self) -> None:
        """The faults come from now on, each at its moment."""
        self._causing = {asyncio.create_task(self._cause(one), name=one.kind): one for one in self._plan.faults}

    async def end(self) -> None:
        """Returns when every fault has come that still will, and has run its time."""
        for task, fault in self._causing.items():
            if fault.since == "call" and id(fault) not in self._begun:
                task.cancel()  # nobody makes that many calls any more
        await asyncio.gather(*self._causing, return_exceptions=True)
        for task in self._causing:
            if not task.cancelled() and (problem := task.exception()) is not None:
                raise problem

    async def heal(self) -> None:
        """Everything is well from here on; returns when every replica is connected."""
        self._server.faults.set({})
        for replica in self._replicas:
            replica.clock.set_wrong(0)
        self._start_all()
        await asyncio.gather(*(one.connected() for one in self._replicas))

    def _kill_all(self) -> bool:
        return sum(one.kill() for one in self._replicas) > 0

    def _start_all(self) -> None:
        for replica in self._replicas:
            replica.start()

    def pass_time(self, seconds: float) -> None:
        """For everybody: the workspace and every bot's machine."""
        self._clock.jump(seconds)
        for replica in self._replicas:
            replica.clock.write()

    async def _cause(self, fault: Fault) -> None:
        killed = await self._moment(fault)
        self._begun.add(id(fault))
        replica = self._replicas[fault.replica]
        match fault.kind:
            case "kill" | "stop":
                self.caused[fault.kind] += replica.stop() if fault.kind == "stop" else killed or replica.kill()
                await asyncio.sleep(fault.ms / 1000)
                replica.start()
            case "outage":
                self.caused["outage"] += self._kill_all()
                await asyncio.sleep(fault.ms / 1000)
                self._start_all()
            case "long_outage":
                self.caused["long_outage"] += self._kill_all()
                for pause in RETRY_AFTER:
                    self.pass_time(pause)
                    await asyncio.sleep(self._ack_within * 1.1)  # as long as Slack waits for a connection
                self._start_all()
            case "freeze":
                self.caused["freeze"] += replica.freeze()
                await asyncio.sleep(fault.ms / 1000)
                replica.thaw()
            case "database":
                async with self._database:
                    self.caused["database"] += 1
                    await self._store.disturb(self._url, fault.ms / 1000)
            case "cut_off":
                async with self._database:
                    self.caused["cut_off"] += await self._store.cut_off(self._url)
            case "time_passes":
                self.caused["time_passes"] += 1
                self.pass_time(fault.seconds)
            case "wrong_clock":
                self.caused["wrong_clock"] += 1
                replica.clock.set_wrong(fault.seconds)
                await asyncio.sleep(fault.ms / 1000)
                replica.clock.set_wrong(0)
            case "refresh":
                self.caused["refresh"] += 1
                self._server.refresh(**fault.order["refresh"])
            case "silence":
                self.caused["silence"] += self._server.silence(**fault.order["silence"])
            case _:
                self._server.faults.set(fault.order)

    async def _moment(self, fault: Fault) -> bool:
        """Whether it has killed a process already: after a call that has to be done before the caller hears."""
        match fault.since:
            case "declaration":
                await self._declaring.wait()
                await asyncio.sleep(fault.at / 1000)
            case "call":
                return await self._after_call(fault)
            case _:
                await asyncio.sleep(fault.at / 1000)
        return False

    async def _after_call(self, fault: Fault) -> bool:
        reached: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        goal = self._witness.calls + fault.at

        def look(calls: int) -> None:
            if calls >= goal and not reached.done():
                reached.set_result(fault.kind == "kill" and self._replicas[fault.replica].kill())

        self._witness.on_call.append(look)
        return await reached
