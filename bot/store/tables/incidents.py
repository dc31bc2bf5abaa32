"""Incidents, who holds which role in them, and what happened."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.domain.lifecycle import LIVE, Status
from bot.store.base import Base, Row


class Counter(Base):
    """The last number that was given out; numbers are never given twice (process 1)."""

    __tablename__ = "counters"

    team_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class Incident(Row, Base):
    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("team_id", "number"),
        UniqueConstraint("team_id", "declaration_key"),
        Index(None, "team_id", "status", "priority"),
        Index(None, "team_id", "declared_at"),
        # Asked for every few seconds, and nearly always empty.
        Index(
            "ix_incidents_history_wanted",
            "team_id",
            sqlite_where=text("history_wanted = 1"),
            postgresql_where=text("history_wanted"),
        ),
    )

    number: Mapped[int]
    declaration_key: Mapped[str | None]  # what declared it (a view, a trigger): a second delivery finds it
    kind: Mapped[str] = mapped_column(default="incident")
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    status: Mapped[Status]
    priority: Mapped[str]
    priority_because: Mapped[str]
    impact: Mapped[str | None]
    urgency: Mapped[str | None]
    category: Mapped[str | None]
    subcategory: Mapped[str | None]
    service: Mapped[str | None]
    runbook: Mapped[str | None]
    is_private: Mapped[bool] = mapped_column(default=False)
    reporter: Mapped[str | None]  # a person's id in Slack, as everywhere; None where an integration has reported it
    reporter_integration: Mapped[str | None]  # its name in config.yaml

    impact_started_at: Mapped[datetime]
    detected_at: Mapped[datetime]
    declared_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    mitigated_at: Mapped[datetime | None]  # the first time; the timeline tells whether it held
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str | None]  # how it was verified (process 34)
    last_update_at: Mapped[datetime | None]
    next_update_due_at: Mapped[datetime | None]

    # Where it is shown; loaded with it.
    postings: Mapped[list["Posting"]] = relationship(lazy="selectin", order_by="Posting.id")

    # What people did with the channel.
    bot_left_at: Mapped[datetime | None]  # set while the bot is not in the channel
    channel_is_archived: Mapped[bool] = mapped_column(default=False, server_default=false())
    channel_followed_until: Mapped[str | None]  # the ts of the newest message about the channel that was followed
    # How far the channel's history has been read: everything up to this ts is on record.
    history_read_until: Mapped[str | None]
    history_wanted: Mapped[bool] = mapped_column(default=False, server_default=false())  # the bot was away from it
    history_reading: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # a reading under way
    # When the channel's member list was last compared with Slack's, as a whole.
    members_confirmed_at: Mapped[datetime | None]

    @property
    def name(self) -> str:
        """INC-1."""
        return f"INC-{self.number}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def posting(self, what: str, *, destination: str = "slack") -> "Posting | None":
        """Its channel, card or announcement there, or why there is none; the first where there are several."""
        return next((one for one in self.postings if (one.what, one.destination) == (what, destination)), None)

    def post(self, what: str, external_id: str, *, place: str = "", name: str | None = None) -> None:
        """Keeps what Slack answered."""
        found = self._slacks(what)
        found.external_id, found.place, found.name, found.problem = external_id, place, name, None

    def not_posted(self, what: str, problem: str) -> None:
        """Keeps why Slack refused it; part of a sentence."""
        self._slacks(what).problem = problem

    def _slacks(self, what: str) -> "Posting":
        found = self.posting(what)
        if found is None:
            found = Posting(team_id=self.team_id, destination="slack", what=what, place="")
            self.postings.append(found)
        return found

    @property
    def channel_id(self) -> str | None:
        """The incident's channel in Slack."""
        found = self.posting("channel")
        return found.external_id if found else None

    @property
    def channel_name(self) -> str | None:
        found = self.posting("channel")
        return found.name if found else None

    @property
    def channel_problem(self) -> str | None:
        """Why there is no channel."""
        found = self.posting("channel")
        return found.problem if found else None


class Posting(Row, Base):
    """One place where an incident is shown: its channel, its card, its announcement; a destination may have several."""

    __tablename__ = "postings"
    __table_args__ = (
        UniqueConstraint("incident_id", "destination", "what", "place"),
        Index("ix_postings_external_id", "team_id", "destination", "what", "external_id"),
    )

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    destination: Mapped[str]
    what: Mapped[str]  # channel, card, announcement
    place: Mapped[str] = mapped_column(default="")  # what it is in: the channel of a message
    external_id: Mapped[str | None]  # what it is called there, a channel's id or a message's ts; None: there is none
    name: Mapped[str | None]  # what people call it
    problem: Mapped[str | None]  # why there is none


class ImpactInterval(Row, Base):
    """A stretch of time with impact. One that was resolved and reopened has several; the gaps between had none."""

    __tablename__ = "impact_intervals"
    __table_args__ = (Index(None, "incident_id"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RoleAssignment(Row, Base):
    """One person's time in one role; an open end means now."""

    __tablename__ = "role_assignments"
    __table_args__ = (Index(None, "incident_id", "role"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    role: Mapped[str]
    person: Mapped[str]
    assigned_by: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Participant(Row, Base):
    """Who took part, and whether Slack has them in the incident's channel: for a private incident, who may see it."""

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("incident_id", "person"), Index(None, "team_id", "person"))

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    person: Mapped[str]
    joined_at: Mapped[datetime | None]  # when they last came into the channel
    left_at: Mapped[datetime | None]  # when they left it, unless they came back
    is_member: Mapped[bool | None]  # None until Slack has said


class TimelineEntry(Row, Base):
    """Something that the bot did or was told, with what it changed: at once the timeline and the audit trail.

    Messages of the chat are on the timeline through their key marks, not as rows here.
    """

    __tablename__ = "timeline_entries"
    __table_args__ = (Index(None, "incident_id", "at"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    at: Mapped[datetime]
    kind: Mapped[str]  # declared, status, priority, role, update, note, runbook …
    person: Mapped[str | None]  # None: the bot by itself, or the integration that `data` names
    words: Mapped[str]  # people's own, as they were typed
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what changed (bot.domain.entries)
