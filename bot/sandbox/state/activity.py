"""What can be seen in the workspace: happenings for an onlooker, and the answer that one person was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.state.model import Json

Kind = Literal[
    "message",
    "edit",
    "delete",
    "reaction",
    "reaction_removed",
    "file",
    "pin",
    "unpin",
    "channel_created",
    "topic",
    "join",
    "leave",
    "archive",
    "command",
    "answer",
    "modal",
    "click",
    "submit",
]


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One thing that an onlooker would see, for the demo's screen and for transcripts."""

    at: float  # workspace time
    kind: Kind
    user: str | None  # id of who did it; a bot user's id for what the app does
    channel: str | None  # id
    text: str = ""  # a message's text as sent (mrkdwn with <@U…>); the fallback text where there are blocks
    ts: str | None = None
    thread_ts: str | None = None
    blocks: tuple[Json, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)  # reaction name, file name, old text, command and so on


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one person was shown in reply to a command, click, submission or shortcut."""

    ok: bool
    error: str | None = None  # "operation_timeout": not acknowledged in 3 s; "dispatch_failed": no app connected
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    response_type: str = "ephemeral"
    view: Json | None = None  # a modal that was opened or updated for this person meanwhile
    errors: dict[str, str] = field(default_factory=dict)  # response_action=errors, by block_id
