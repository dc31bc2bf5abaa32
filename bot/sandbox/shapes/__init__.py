"""How Slack writes users, channels, messages and files in JSON."""

from bot.sandbox.shapes.channels import channel_json
from bot.sandbox.shapes.files import file_json, text_content
from bot.sandbox.shapes.messages import (
    listed_message_json,
    message_json,
    permalink,
    pinned_item_json,
    reactions_json,
    rich_text,
    root_json,
)
from bot.sandbox.shapes.people import bot_profile_json, profile_json, user_json

__all__ = [
    "bot_profile_json",
    "channel_json",
    "file_json",
    "listed_message_json",
    "message_json",
    "permalink",
    "pinned_item_json",
    "profile_json",
    "reactions_json",
    "rich_text",
    "root_json",
    "text_content",
    "user_json",
]
