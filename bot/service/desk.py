"""Where work is done: opens units of work and wakes those who carry their results on."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.config import Settings
from bot.domain.runbook import Runbook
from bot.store import due_jobs
from bot.store.database import Database
from bot.store.tables import DueJob, Incident, OutboxItem, TimelineEntry


class Permalinks(Protocol):
    """Where something is found in the chat; wired in from the chat's own room."""

    def channel(self, workspace_url: str, channel_id: str) -> str: ...

    def message(self, workspace_url: str, channel_id: str, ts: str, thread_ts: str | None) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What the caller asks Slack where a rule needs it (by raising), and what Slack has not answered just now."""

    members_since: datetime  # who is in a channel counts as known where its list was compared since then
    withheld: frozenset[int] = frozenset()  # incidents that are shown to nobody whom their members decide about
    undescribed: frozenset[str] = frozenset()  # people of whom only what is on record is known
    from_elsewhere: bool = False  # Slack says that whoever asks belongs to another organisation


@dataclass(frozen=True, kw_only=True)
class UnitOfWork:
    """One transaction, and what every use case needs in it."""

    session: AsyncSession
    now: datetime
    team_id: str
    settings: Settings
    runbooks: Sequence[Runbook]
    permalinks: Permalinks
    actor: str | None  # who asked for it, a person's id; None: the bot by itself
    # Others may write to the database at the same time: an incident is locked where it is loaded (service.incidents).
    # Nothing else is waited for while one is held, and never a second one, so that nobody waits in a circle.
    locks: bool
    asking: Asking | None = None  # None: Slack can't be asked, and what is on record counts
    wakes: set[str] = field(default_factory=set)  # whom the commit gives something to do (Signals)
    # Incidents that were loaded by a unit that only reads: it sees one state of things, so once is enough.
    seen: dict[int, Incident] | None = None

    def record(
        self, incident: Incident, kind: str, words: str = "", *, at: datetime | None = None, **data: Any
    ) -> TimelineEntry:
        """Puts something that happened on the incident's timeline.

        `words` are people's own, as they were typed; `data` is what changed. bot.domain.entries makes a sentence of it.
        """
        entry = TimelineEntry(
            team_id=self.team_id,
            incident_id=incident.id,
            at=at or self.now,
            kind=kind,
            person=self.actor,
            words=words,
            data=data,
        )
        self.session.add(entry)
        return entry

    async def tell(
        self,
        step: str,
        *,
        lane: str,
        incident: Incident | None = None,
        after: OutboxItem | None = None,
        coalesce: bool = False,
        urgency: int = 5,
        payload: Mapping[str, Any] | None = None,
        destination: str = "slack",
    ) -> OutboxItem:
        """Promises to tell somebody: `step` is a name that the destination knows, `payload` its references.

        With `coalesce`, an item of the same step and lane that still waits serves for this one too: it is rendered
        when it is sent.
        """
        self.wakes.add(destination)
        key = f"{step}:{lane}" if coalesce else None
        if key is not None:
            waiting = await self.session.scalar(
                select(OutboxItem)
                .where(
                    OutboxItem.team_id == self.team_id, OutboxItem.coalesce_key == key, OutboxItem.state == "waiting"
                )
                # The dispatcher must not take it, and render the old state, before we commit. One that somebody is
                # just taking, or waiting with, is as good as gone.
                .with_for_update(skip_locked=True)
                .limit(1)
            )
            if waiting is not None:
                return waiting
        if after is not None and after.id is None:
            await self.session.flush()  # as seldom as possible: one flush writes many items, in order
        item = OutboxItem(
            team_id=self.team_id,
            incident_id=incident.id if incident else None,
            destination=destination,
            lane=lane,
            step=step,
            payload=dict(payload or {}),
            after_id=after.id if after else None,
            coalesce_key=key,
            urgency=urgency,
            created_at=self.now,
        )
        self.session.add(item)
        return item

    async def schedule(self, kind: str, *, key: str, due_at: datetime, incident: Incident, **payload: Any) -> None:
        """Promises to do something at a time; a slot that was done is not done again, one that was cancelled is."""
        self.wakes.add(DUE_JOBS)
        known = await due_jobs.of_slot(self.session, self.team_id, key)
        if known is not None and known.state == "cancelled":
            known.state, known.due_at, known.payload, known.done_at = "waiting", due_at, payload, None
        elif known is None:
            self.session.add(
                DueJob(
                    team_id=self.team_id, key=key, kind=kind, incident_id=incident.id, payload=payload, due_at=due_at
                )
            )


DUE_JOBS = "due jobs"


class Signals:
    """Rung after a commit: the loops that have something to do look at once instead of at their next round."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def listen(self, name: str) -> asyncio.Event:
        """That of a destination, or of the due jobs."""
        return self._events.setdefault(name, asyncio.Event())

    def ring(self, names: Iterable[str]) -> None:
        for name in names:
            self.listen(name).set()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a use case is done with, for one workspace."""

    database: Database
    clock: Clock
    settings: Settings
    runbooks: Sequence[Runbook]
    team_id: str
    permalinks: Permalinks
    signals: Signals = field(default_factory=Signals)

    @asynccontextmanager
    async def work(
        self,
        *,
        actor: str | None = None,
        asking: Asking | None = None,
    ) -> AsyncIterator[UnitOfWork]:
        """A unit of work: everything in it is committed together, or nothing."""
        async with self.database.write() as session:
            unit = replace(self._unit(session, actor, locks=self.database.shared), asking=asking)
            yield unit
        self.signals.ring(unit.wakes)

    @asynccontextmanager
    async def look(self, *, actor: str | None = None) -> AsyncIterator[UnitOfWork]:
        """Reading only."""
        async with self.database.read() as session:
            yield replace(self._unit(session, actor, locks=False), seen={})

    def _unit(self, session: AsyncSession, actor: str | None, *, locks: bool) -> UnitOfWork:
        return UnitOfWork(
            session=session,
            now=self.clock.now(),
            team_id=self.team_id,
            settings=self.settings,
            runbooks=self.runbooks,
            permalinks=self.permalinks,
            actor=actor,
            locks=locks,
        )
