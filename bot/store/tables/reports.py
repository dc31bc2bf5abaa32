"""What is told to stakeholders and what is learnt."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.lifecycle import Status
from bot.store.base import Base, Row


class Update(Row, Base):
    """An update to stakeholders, with the time at which it was owed."""

    __tablename__ = "updates"
    __table_args__ = (Index(None, "incident_id", "at"), UniqueConstraint("team_id", "key"))

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    key: Mapped[str | None]  # the view that sent it: a second delivery finds it
    at: Mapped[datetime]
    person: Mapped[str]
    status: Mapped[Status]
    text: Mapped[str]
    was_due_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]


class Prompt(Row, Base):
    """The bot asked for an update that was due."""

    __tablename__ = "prompts"
    __table_args__ = (UniqueConstraint("incident_id", "due_at", "level"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    due_at: Mapped[datetime]
    level: Mapped[int]  # 0: the role that is asked first, 1: its deputy, and so on
    sent_at: Mapped[datetime]
    asked: Mapped[str | None]  # a person; None: nobody holds the role, so the channel was asked
    outcome: Mapped[str] = mapped_column(default="open")  # open, answered, missed, ended
    answered_at: Mapped[datetime | None]


class ActionItem(Row, Base):
    """Something to do so that it does not happen again (process 40)."""

    __tablename__ = "action_items"
    __table_args__ = (Index(None, "incident_id"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    text: Mapped[str]
    owner: Mapped[str | None]
    due_on: Mapped[str | None]  # a date, YYYY-MM-DD
    added_by: Mapped[str]
    added_at: Mapped[datetime]


class Postmortem(Row, Base):
    """A draft as it was put into the channel; a later one does not overwrite an earlier one."""

    __tablename__ = "postmortems"
    __table_args__ = (Index(None, "incident_id", "made_at"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    made_at: Mapped[datetime]
    markdown: Mapped[str]
