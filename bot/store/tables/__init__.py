"""The tables; the rows are the entities that the services work on."""

from bot.store.base import Base
from bot.store.tables.alerts import Alert
from bot.store.tables.chat import KeyMark, Message, MessageVersion, Person, Workspace
from bot.store.tables.incidents import (
    Counter,
    ImpactInterval,
    Incident,
    Participant,
    Posting,
    RoleAssignment,
    TimelineEntry,
)
from bot.store.tables.reports import ActionItem, Postmortem, Prompt, Update
from bot.store.tables.work import DueJob, InboxItem, OutboxItem, SwitchedOff

__all__ = [
    "ActionItem",
    "Alert",
    "Base",
    "Counter",
    "DueJob",
    "ImpactInterval",
    "InboxItem",
    "Incident",
    "KeyMark",
    "Message",
    "MessageVersion",
    "OutboxItem",
    "Participant",
    "Person",
    "Posting",
    "Postmortem",
    "Prompt",
    "RoleAssignment",
    "SwitchedOff",
    "TimelineEntry",
    "Update",
    "Workspace",
]
