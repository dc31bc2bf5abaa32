"""The words and blocks of a message, checked as Slack checks them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.block_kit import inputs, validation
from bot.sandbox.state.model import Json
from bot.sandbox.state.typed_text import posted_text
from bot.sandbox.web.api.registry import ApiError, Call

_LONGEST_TEXT = 40_000  # more is cut, not refused
_LONGEST_MARKDOWN = 12_000
_MOST_ATTACHMENTS = 100


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a call says; None where it says nothing about that part."""

    text: str | None
    blocks: list[Json] | None
    attachments: list[Json] | None


def content_of(call: Call, *, longest: int | None = None, metadata: bool = False) -> Content:
    """Text, blocks and attachments of a call; `longest` refuses longer texts (chat.update).

    `metadata` says that the call has something else to change, so that it may come without words.
    """
    blocks = _blocks(call)
    attachments = _attachments(call)
    text = call.text("text") if call.args.get("text") is not None else None
    markdown = call.text("markdown_text")
    if markdown:
        if text or blocks:
            raise ApiError("markdown_text_conflict")
        if len(markdown) > _LONGEST_MARKDOWN:
            raise ApiError("msg_too_long")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    if not (text or blocks or attachments or metadata):
        raise ApiError("no_text")
    if text is not None:
        if longest is not None and len(text) > longest:
            raise ApiError("msg_too_long")
        text = text[:_LONGEST_TEXT] if call.text("parse") == "none" else posted_text(text[:_LONGEST_TEXT])
    named = None if blocks is None else inputs.named(blocks, prefix=call.workspace.new_id("b"))
    return Content(text=text, blocks=named, attachments=attachments)


def _blocks(call: Call) -> list[Json] | None:
    blocks = call.json("blocks")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if problems := validation.check_blocks(blocks, surface="message"):
        raise invalid_blocks(problems)
    if validation.total_length(blocks) > validation.LONGEST_MESSAGE:
        raise ApiError("msg_blocks_too_long")
    return blocks


def invalid_blocks(problems: list[str]) -> ApiError:
    return ApiError(
        "invalid_blocks", errors=problems, response_metadata={"messages": [f"[ERROR] {one}" for one in problems]}
    )


def _attachments(call: Call) -> list[Json] | None:
    attachments = call.json("attachments")
    if attachments is None:
        return None
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise ApiError("invalid_attachments")
    if len(attachments) > _MOST_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    for number, attachment in enumerate(attachments):
        inner = attachment.get("blocks")
        if inner is not None and (problems := validation.check_blocks(inner, surface="message")):
            where = f"[json-pointer:/attachments/{number}"
            raise invalid_blocks([one.replace("[json-pointer:", where) for one in problems])
    return attachments
