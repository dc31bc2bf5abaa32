"""Slack as a destination: each step's call, Slack's limits, and what its refusals mean."""

import logging
from collections.abc import Mapping
from typing import Any

from bot.clock import Clock
from bot.delivery.destination import Destination, Hold, Verdict
from bot.errors import NOT_LET_IN, Busy, Refused, SlackBusy, SlackRefused
from bot.render.words import Words
from bot.service import waiting
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
from bot.service.notifications import report_refusal
from bot.slack.outbound.gateway import Gateway
from bot.slack.outbound.limits import RateLimits
from bot.slack.outbound.steps import STEPS, SlackCall
from bot.store.tables import OutboxItem

log = logging.getLogger(__name__)

# Refusals that mean: it is so already.
_AS_WANTED = frozenset({"already_in_channel", "already_pinned", "cant_invite_self", "no_change"})
# What Slack says to a post and to an edit in an archived channel.
_ARCHIVED = frozenset({"is_archived", "is_inactive"})


class SlackDestination(Destination[SlackCall]):
    name = "slack"

    def __init__(self, slack: Gateway, words: Words, clock: Clock) -> None:
        self._slack = slack
        self._words = words
        self._limits = RateLimits(clock)

    async def prepare(self, uow: UnitOfWork, item: OutboxItem) -> SlackCall | None:
        return await STEPS[item.step].prepare(uow, item, self._words)

    async def send(self, item: OutboxItem, prepared: SlackCall) -> dict[str, Any]:
        return await STEPS[item.step].send(self._slack, prepared)

    async def find(self, item: OutboxItem, prepared: SlackCall) -> dict[str, Any] | None:
        return await STEPS[item.step].find(self._slack, prepared)

    async def record(self, uow: UnitOfWork, item: OutboxItem, prepared: SlackCall, answer: Mapping[str, Any]) -> None:
        step = STEPS[item.step]
        await step.record(uow, item, answer)
        await step.go_on(uow, item, prepared, answer)

    async def refused(self, uow: UnitOfWork, item: OutboxItem, prepared: SlackCall, problem: Refused) -> Verdict:
        step = STEPS[item.step]
        code = problem.code if isinstance(problem, SlackRefused) else ""
        if code in _AS_WANTED | step.as_wanted:
            return Verdict.DONE
        if code in NOT_LET_IN:
            # No fault of the item's: what people were promised is sent when there is a token that Slack accepts.
            log.error("Slack does not accept the bot's token (%s).", code, extra={"action": "not_let_in"})
            return Verdict.LATER
        if isinstance(problem, SlackRefused) and await step.refused(uow, item, problem):
            return Verdict.AGAIN
        if code in _ARCHIVED and await _may_be_opened(uow, item, prepared):
            return Verdict.LATER
        return Verdict.GIVE_UP

    def hold(self, item: OutboxItem, prepared: SlackCall) -> Hold | None:
        return self._limits.take(prepared.method, prepared.arguments)

    def asked_to_wait(self, item: OutboxItem, prepared: SlackCall, problem: Busy) -> None:
        if isinstance(problem, SlackBusy) and problem.method == prepared.method:  # and not a lookup's
            self._limits.close(prepared.method, prepared.arguments, seconds=problem.retry_after)

    async def delayed(self, uow: UnitOfWork, item: OutboxItem) -> None:
        await waiting.watch(uow, item)

    async def finished(self, uow: UnitOfWork, item: OutboxItem) -> None:
        await waiting.unmark(uow, item)

    async def given_up(self, uow: UnitOfWork, item: OutboxItem, *, why: str) -> None:
        await report_refusal(uow, item, what=STEPS[item.step].what, why=why)


async def _may_be_opened(uow: UnitOfWork, item: OutboxItem, call: SlackCall) -> bool:
    """Whether the item is for the channel of a live incident that somebody archived, as its commander knows."""
    if item.incident_id is None:
        return False
    incident = await by_id(uow, item.incident_id)
    here = call.arguments.get("channel") == incident.channel_id
    return here and incident.is_live and incident.channel_is_archived
