"""Who the bot is in its workspace, and whether it may do what it needs."""

from typing import Any

from bot.errors import SlackRefused
from bot.slack.outbound.gateway import Gateway
from bot.store.tables import Workspace

# Every bot scope and its reason; a test holds it against manifest.yaml and the README.
SCOPES = {
    "channels:history": "hear what is said in public incident channels",
    "channels:manage": "make incident channels, set their topic, invite people",
    "channels:read": "see who joins and leaves incident channels",
    "chat:write": "post and edit messages",
    "chat:write.public": "announce in the stakeholders' channel without being invited",
    "commands": "/incident",
    "files:read": "know the names of files in incident channels",
    "files:write": "put the postmortem draft into the channel",
    "groups:history": "hear what is said in private incident channels",
    "groups:read": "see who joins and leaves private incident channels",
    "groups:write": "make private incident channels",
    "im:history": "find out whether a private message of its own has arrived, before sending it again",
    "im:write": "tell role holders privately what their role expects",
    "pins:read": "take pinned messages as key events",
    "pins:write": "pin the live card",
    "reactions:read": "take messages marked with a pushpin as key events",
    "users:read": "names and time zones",
}


async def identify(slack: Gateway) -> Workspace:
    """Asks Slack who the token belongs to; raises SlackRefused for a bad token or a missing scope."""
    answer, granted = await slack.call_with_scopes("auth.test", {})
    missing = sorted(set(SCOPES) - granted) if granted is not None else []
    if missing:
        raise SlackRefused("auth.test", "missing_scope", needed=", ".join(missing))
    return Workspace(
        team_id=answer["team_id"],
        name=answer.get("team") or "",
        url=answer.get("url") or "https://slack.com/",
        bot_user_id=answer["user_id"],
        bot_id=_text(answer.get("bot_id")),
        enterprise_id=_text(answer.get("enterprise_id")) or None,
    )


def _text(value: Any) -> str:
    return str(value) if value else ""
