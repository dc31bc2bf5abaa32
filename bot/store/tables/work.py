"""Work that is promised: what came in, what goes out, and what falls due."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Row


class InboxItem(Row, Base):
    """A payload under its key; committed before its sender is answered, applied once.

    Commands and clicks are applied in the transaction that stores them: state `applied` from the start.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("team_id", "key"),
        Index(None, "state", "source", "lane", "id"),
    )

    source: Mapped[str] = mapped_column(default="slack", server_default="slack")
    key: Mapped[str]  # event_id, trigger_id …; other sources put their name in front
    lane: Mapped[str]  # payloads of one lane of a source (of Slack's: a channel) are applied in order
    body: Mapped[dict[str, Any]]  # empty once it has been applied: no second copy of what people wrote
    state: Mapped[str]  # waiting, applied, failed
    received_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


class OutboxItem(Row, Base):
    """One thing to tell somebody, committed with the change that it tells.

    It is rendered when it is sent, so a late card shows the present: most payloads are references. Answers, the rest
    of long messages, reasons and hints are kept as text, and bot.store.forgetting erases them.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "state", "destination", "lane", "id"),
        Index(None, "team_id", "coalesce_key", "state"),
        Index(None, "after_id"),  # for the purge
    )

    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    destination: Mapped[str] = mapped_column(default="slack", server_default="slack")
    lane: Mapped[str]  # items of one lane go out one after the other
    step: Mapped[str]  # what is told, by a name that the destination knows
    payload: Mapped[dict[str, Any]]
    after_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))  # waits until that one is finished
    coalesce_key: Mapped[str | None]  # a waiting item with the same key makes a new one needless
    urgency: Mapped[int] = mapped_column(default=5)  # lower goes first
    state: Mapped[str] = mapped_column(default="waiting")  # waiting, sending, done, refused, needless
    attempts: Mapped[int] = mapped_column(default=0)  # those that failed; being asked to wait is no failure
    unclear: Mapped[bool] = mapped_column(default=False)  # an attempt may have had its effect: look before repeating
    not_before: Mapped[datetime | None]
    leased_until: Mapped[float | None]  # seconds since the epoch by the database's clock
    leased_by: Mapped[str | None]  # the process; only it writes down what became of the item
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class DueJob(Row, Base):
    """Something to do at a time. The unique key names the slot, so that a slot happens once."""

    __tablename__ = "due_jobs"
    __table_args__ = (UniqueConstraint("team_id", "key"), Index(None, "state", "due_at"))

    key: Mapped[str]
    kind: Mapped[str]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))  # locked while the job is done
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting")  # waiting, done, cancelled, failed
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    done_at: Mapped[datetime | None]


class SwitchedOff(Row, Base):
    """A destination that said that it wants to hear no more."""

    __tablename__ = "switched_off"
    __table_args__ = (UniqueConstraint("team_id", "destination"),)

    destination: Mapped[str]
    at: Mapped[datetime]
    reason: Mapped[str]
