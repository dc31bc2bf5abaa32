"""What monitors have told."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Row


class Alert(Row, Base):
    """One message of a monitor; those about one thing have the same key, by which its incident is found."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_key", "team_id", "source", "integration", "key", "occurred_at"),
        Index(None, "incident_id"),
        Index(None, "state", "received_at"),  # for the purge
    )

    source: Mapped[str]  # as the inbox has it
    integration: Mapped[str]  # its name in config.yaml
    key: Mapped[str]  # what it is about
    status: Mapped[str]  # open, update, resolved, or a word of the monitor's
    severity: Mapped[str] = mapped_column(default="")
    service: Mapped[str] = mapped_column(default="")
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    occurred_at: Mapped[datetime | None]  # by the monitor's clock, where it says; it orders its messages
    received_at: Mapped[datetime]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"))
    # declared: an incident; attached: to one, by a rule; added: to the one that it belongs to; recorded: nothing more;
    # late: something newer was known.
    state: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(deferred=True)  # as it came, up to 1 MiB
