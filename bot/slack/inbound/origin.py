"""Whose a payload is: what belongs to another workspace is neither stored nor done.

People from elsewhere who were brought into an incident's channel (Slack Connect) are let through; what they may do
there is for the rules to say.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping

from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.errors import SlackError
from bot.service.desk import Desk
from bot.service.incidents import known_channels
from bot.slack.outbound.gateway import Gateway
from bot.slack.outbound.payload import Payload, part_at, text_at
from bot.store.tables import Workspace

log = logging.getLogger(__name__)

# It says nothing about the workspace that the app is set up for.
NOT_YOURS = "This app isn't set up for your workspace."
_SECONDS_TO_SAY_SO = 1.0


def is_for_us(body: Payload, ours: Workspace) -> bool:
    """Whether Slack sent it for this installation; who did it may still be from elsewhere.

    In a shared channel an event happened in one workspace and is visible to others: either may be named.
    """
    named = set(filter(None, _teams(body)))
    return not named or ours.team_id in named or _is_of_our_organisation(body, ours)


def is_by_one_of_us(body: Payload, ours: Workspace) -> bool:
    """Whether whoever typed, clicked or submitted belongs to this workspace, or to its organisation."""
    team = text_at(part_at(body, "user"), "team_id") or text_at(body, "team_id") or text_at(part_at(body, "team"), "id")
    if team is None or team == ours.team_id:
        return True
    # `enterprise` is that of `team`, which Slack leaves out where the whole organisation has installed the app.
    elsewhere = text_at(part_at(body, "team"), "id") not in (None, team)
    return not elsewhere and _is_of_our_organisation(body, ours)


_FROM_ELSEWHERE = "from_elsewhere"


def is_from_elsewhere(context: AsyncBoltContext) -> bool:
    """What the doorkeeper found: whoever typed, clicked or submitted belongs to another organisation."""
    return bool(context.get(_FROM_ELSEWHERE))


class Doorkeeper:
    """Bolt's middleware in front of everything else."""

    def __init__(self, desk: Desk, slack: Gateway, workspace: Workspace) -> None:
        self._desk = desk
        self._slack = slack
        self._ours = workspace

    async def middleware(
        self,
        req: AsyncBoltRequest,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Lets it through, or refuses it in words that say nothing."""
        one_of_us = is_by_one_of_us(req.body, self._ours)
        if await self._may_enter(req.body, one_of_us=one_of_us):
            req.context[_FROM_ELSEWHERE] = not one_of_us
            return await next()
        log.info("A payload of another workspace was refused.", extra={"action": "not_ours"})
        return await self._refuse(req.body)

    async def _may_enter(self, body: Payload, *, one_of_us: bool) -> bool:
        if body.get("type") in ("event_callback", "app_rate_limited"):
            return True  # the inbox looks at those itself: over Socket Mode they don't come this way
        if one_of_us and is_for_us(body, self._ours):
            return True
        # A form is opened by us alone, for somebody who had been let through.
        if text_at(part_at(body, "view"), "app_installed_team_id") == self._ours.team_id:
            return True
        channel = text_at(body, "channel_id") or text_at(part_at(body, "channel"), "id")
        async with self._desk.look() as uow:
            return channel is not None and bool(await known_channels(uow, [channel]))

    async def _refuse(self, body: Payload) -> BoltResponse:
        if "command" in body:
            return BoltResponse(status=200, body={"response_type": "ephemeral", "text": NOT_YOURS})
        if body.get("type") == "view_submission":
            blocks = part_at(body, "view").get("blocks")
            inputs = [
                block_id
                for one in (blocks if isinstance(blocks, list) else [])
                if isinstance(one, Mapping) and one.get("type") == "input" and (block_id := text_at(one, "block_id"))
            ]
            shown = {"response_action": "errors", "errors": {inputs[0]: NOT_YOURS}} if inputs else {}
            return BoltResponse(status=200, body=shown)
        if (url := text_at(body, "response_url")) is not None:
            with contextlib.suppress(SlackError, TimeoutError):
                async with asyncio.timeout(_SECONDS_TO_SAY_SO):
                    words = {"response_type": "ephemeral", "replace_original": False, "text": NOT_YOURS}
                    await self._slack.respond(url, words)
        return BoltResponse(status=200)


def _teams(body: Payload) -> Iterator[str | None]:
    """Every workspace for which Slack may have sent it."""
    yield text_at(part_at(body, "view"), "app_installed_team_id")
    yield text_at(part_at(body, "team"), "id")
    yield text_at(body, "team_id")
    yield text_at(body, "context_team_id")
    told = body.get("authorizations")
    for one in told if isinstance(told, list) else []:
        yield text_at(one, "team_id") if isinstance(one, Mapping) else None


def _is_of_our_organisation(body: Payload, ours: Workspace) -> bool:
    enterprise = text_at(part_at(body, "enterprise"), "id") or text_at(body, "enterprise_id")
    return ours.enterprise_id is not None and enterprise == ours.enterprise_id
