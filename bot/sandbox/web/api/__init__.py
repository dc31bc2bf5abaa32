"""Slack's Web API over the workspace; other parts add their own families to the same table of methods."""

from bot.sandbox.web.api import (
    auth,
    bookmarks,
    bots,
    chat,
    conversations,
    conversations_read,
    files,
    pins,
    reactions,
    usergroups,
    users,
)
from bot.sandbox.web.api.files import receive_upload
from bot.sandbox.web.api.registry import METHODS, ApiError, Call, Method, call, invalid_arguments, method

__all__ = [
    "METHODS",
    "ApiError",
    "Call",
    "Method",
    "auth",
    "bookmarks",
    "bots",
    "call",
    "chat",
    "conversations",
    "conversations_read",
    "files",
    "invalid_arguments",
    "method",
    "pins",
    "reactions",
    "receive_upload",
    "usergroups",
    "users",
]
