"""Slack's Web API over the workspace: a module for each family of methods."""

from bot.sandbox.web.api import (
    apps,
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
    views,
)
from bot.sandbox.web.api.files import receive_upload
from bot.sandbox.web.api.registry import METHODS, ApiError, Call, Method, call, invalid_arguments, method

__all__ = [
    "METHODS",
    "ApiError",
    "Call",
    "Method",
    "apps",
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
    "views",
]
