"""Who typed a command, clicked or sent a form, and how they can be answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from slack_bolt.async_app import AsyncBoltContext

from bot.slack.inbound.origin import is_from_elsewhere


@dataclass(frozen=True, kw_only=True)
class Requester:
    """A person, and what Slack sent with what they did."""

    person: str
    from_elsewhere: bool = False  # from another organisation, as Slack says of what they typed, clicked or sent
    key: str | None  # what delivered it: the same key again is not done again
    trigger_id: str | None
    response_url: str | None
    channel_id: str | None = None  # where; what a button of the answer stands for is typed there
    replaces: bool = False  # the answer takes the place of the message whose button was pressed

    @classmethod
    def from_body(cls, body: Mapping[str, Any], context: AsyncBoltContext) -> Self:
        """Of a slash command, a click or a form that was sent."""
        trigger = body.get("trigger_id") or None
        key = trigger
        if body.get("type") == "view_submission":
            # The view, not the trigger: a form that is sent twice is one request. Its hash changes when it's corrected.
            key = f"view:{body['view']['id']}:{body['view'].get('hash')}"
        return cls(
            person=body["user_id"] if "user_id" in body else body["user"]["id"],
            from_elsewhere=is_from_elsewhere(context),
            key=key,
            trigger_id=trigger,
            response_url=body.get("response_url") or None,  # a form has none; its answer comes as a private message
            channel_id=body.get("channel_id") or None,  # a command's; a button knows its channel itself
        )
