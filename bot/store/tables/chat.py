"""What people wrote, in every version, and who they are."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, Row


class Workspace(Base):
    """What Slack said of the workspace when the bot last started; the command line works from it without Slack."""

    __tablename__ = "workspaces"

    team_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    url: Mapped[str]  # https://example.slack.com/
    bot_user_id: Mapped[str]
    bot_id: Mapped[str]
    enterprise_id: Mapped[str | None]  # the organisation that it is part of (Enterprise Grid)


class Person(Row, Base):
    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    user_id: Mapped[str]
    handle: Mapped[str]  # ana
    name: Mapped[str]  # Ana Torres
    tz: Mapped[str]
    is_bot: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)  # has left the workspace
    # Where they belong (bot.domain.outsiders); `home_team` is None until Slack was asked.
    is_restricted: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_ultra_restricted: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_stranger: Mapped[bool] = mapped_column(default=False, server_default=false())
    home_team: Mapped[str | None]
    home_enterprise: Mapped[str | None]


class Message(Row, Base):
    """A message by (channel, ts). Events come in any order: a row may be a deletion or an edit before its message."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("team_id", "channel_id", "ts"),)

    channel_id: Mapped[str]
    ts: Mapped[str]
    thread_ts: Mapped[str | None]
    person: Mapped[str | None]  # None while only a deletion is known, and for integrations without a user
    author_name: Mapped[str | None]  # what an integration calls itself
    subtype: Mapped[str | None]
    text: Mapped[str] = mapped_column(default="")  # the newest version, as Slack sends it
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    # Nobody told of the deletion: the message was missing when the channel was read, so the time is when that was seen.
    found_missing: Mapped[bool] = mapped_column(default=False, server_default=false())
    files: Mapped[list[Any]] = mapped_column(default=list)  # [{id, name, mimetype, size, permalink}]
    # Its words were taken out for good; whatever is told of it later brings none of them back.
    erased_at: Mapped[datetime | None]
    erased_by: Mapped[str | None]


class MessageVersion(Row, Base):
    """One version of a message's text; the first is as it was written."""

    __tablename__ = "message_versions"
    __table_args__ = (UniqueConstraint("message_id", "version_ts"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    version_ts: Mapped[str]  # the message's ts for the first, `edited.ts` for the others; orders them
    text: Mapped[str]


class KeyMark(Row, Base):
    """One person's mark on a message. A message is a key event while it has at least one.

    Marks know their message by (channel, ts) only: the mark's event may come before the message's.
    """

    __tablename__ = "key_marks"
    __table_args__ = (
        UniqueConstraint("team_id", "channel_id", "message_ts", "source", "person"),
        Index(None, "team_id", "channel_id", "message_ts"),
    )

    channel_id: Mapped[str]
    message_ts: Mapped[str]
    source: Mapped[str]  # reaction, pin
    person: Mapped[str]
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
