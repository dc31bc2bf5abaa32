"""Does what is due: each job in the transaction that marks it as done, so that a slot happens once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.clock import Pause
from bot.metrics import DUE_JOB_LATENESS_SECONDS
from bot.service import postmortem, prompts, roles, waiting
from bot.service.desk import DUE_JOBS, Desk, UnitOfWork
from bot.service.notifications import report_failed_job
from bot.store import due_jobs
from bot.store.outages import first_line
from bot.store.tables import DueJob

log = logging.getLogger(__name__)

# Jobs of other processes are found at the next round.
_ROUND_SECONDS = 2.0
_MOST_ATTEMPTS = 5
# Jobs that are due together share a commit, but not for so long that a command waits behind them for the database.
_SECONDS_TOGETHER = 0.03
_SECONDS_UNTIL_FREE = 0.05


@dataclass(frozen=True, kw_only=True)
class Job:
    """One kind of thing that falls due."""

    run: Callable[[UnitOfWork, DueJob], Awaitable[None]]
    what: str  # what could not be done where it fails for good, in the words of the sentence that tells a person


def jobs(write_draft: postmortem.DraftWriter) -> dict[str, Job]:
    """All that there are, by the kind that their rows have."""
    return {
        postmortem.JOB: Job(run=partial(postmortem.write_draft, write=write_draft), what="write the postmortem draft"),
        **_JOBS,
    }


_JOBS = {
    roles.JOB: Job(run=roles.vacate, what="free the role of somebody who has left"),
    waiting.JOB: Job(run=waiting.mark, what="show on the card what waits"),
    prompts.JOB: Job(run=prompts.prompt, what="ask for the update that is due"),
}


class DueJobs:
    def __init__(self, desk: Desk, jobs: dict[str, Job]) -> None:
        self._desk = desk
        self._jobs = jobs
        self._changed = desk.signals.listen(DUE_JOBS)
        self._pause = Pause(self._changed, desk.clock)

    @property
    def rests(self) -> bool:
        """Whether it has seen all that is due."""
        return self._pause.lasts

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self._changed.clear()
            until = await self.next_due()
            if until is None or until > self._desk.clock.now():
                await self._pause.wait(until, at_most=_ROUND_SECONDS)
            elif not await self._do_some():
                await asyncio.sleep(_SECONDS_UNTIL_FREE)

    async def next_due(self) -> datetime | None:
        """When the next job is due; in the past where one waits to be done."""
        async with self._desk.look() as uow:
            return await due_jobs.next_due(uow.session, uow.team_id)

    async def _do_some(self) -> bool:
        """Does some of what is due in one transaction; False where all of it is in other processes' hands."""
        started, done = asyncio.get_running_loop().time(), 0
        async with self._desk.work() as uow:
            while asyncio.get_running_loop().time() - started < _SECONDS_TOGETHER or not done:
                job = await due_jobs.take(uow.session, uow.team_id, now=uow.now)
                if job is None:
                    break
                await self._do(uow, job)
                await uow.session.flush()
                done += 1
        return done > 0

    async def _do(self, uow: UnitOfWork, job: DueJob) -> None:
        try:
            async with uow.session.begin_nested():
                await self._jobs[job.kind].run(uow, job)
        except Exception as problem:
            # A supervisor's catch: the job is kept with its error, and the others go on.
            log.exception("The job %s failed.", job.key, extra={"action": "job_failed", "kind": job.kind})
            job.attempts, job.error = job.attempts + 1, first_line(problem)
            job.due_at = uow.now + timedelta(seconds=2.0**job.attempts)
            if job.attempts >= _MOST_ATTEMPTS:
                job.state = "failed"
                await report_failed_job(uow, job, what=self._jobs[job.kind].what)
        else:
            job.state, job.done_at = "done", uow.now
            DUE_JOB_LATENESS_SECONDS.observe((uow.now - job.due_at).total_seconds())
