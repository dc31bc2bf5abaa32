"""Asks Slack who is in an incident's channel, after a time in which comings and goings may have gone unheard."""

import asyncio
import logging
from collections.abc import Collection, Iterable

from bot.clock import Clock
from bot.errors import SlackBusy, SlackError, SlackRefused
from bot.service import participants
from bot.service.desk import Desk
from bot.service.incidents import by_id, live_with_channel, private_with_channel
from bot.service.roles import free_absent
from bot.slack.inbound.inbox import SLACK_TRIES_FOR
from bot.slack.outbound.gateway import Gateway
from bot.store.outages import fault_in
from bot.store.tables import Workspace

log = logging.getLogger(__name__)

_PAGE = 1000  # the most that Slack gives at a time
# Of the three that Slack gives for an acknowledgement.
_SECONDS_BEFORE_AN_ANSWER = 1.5


class Membership:
    def __init__(self, desk: Desk, slack: Gateway, workspace: Workspace) -> None:
        self._desk = desk
        self._slack = slack
        self._us = workspace.bot_user_id
        self.since = desk.clock.now()
        self._doubted = False
        self._heard_at = asyncio.get_running_loop().time()

    @property
    def _clock(self) -> Clock:
        return self._desk.clock

    def hear(self) -> None:
        """Something comes in, or could: after longer without than Slack keeps trying, there is doubt."""
        now = asyncio.get_running_loop().time()
        if now - self._heard_at > SLACK_TRIES_FOR:
            self.doubt()
        self._heard_at = now

    def doubt(self) -> None:
        """People may have come and gone unheard: what was confirmed before now is no longer enough."""
        self.since, self._doubted = self._clock.now(), True

    def take_doubt(self) -> bool:
        """Whether there was any; says so once, to whoever reads what was missed."""
        doubted, self._doubted = self._doubted, False
        return doubted

    async def in_question(self) -> list[int]:
        """Incidents whose lists are to be compared: the private ones, also those that are over, and the live ones."""
        async with self._desk.look() as uow:
            return list(dict.fromkeys([*await private_with_channel(uow), *await live_with_channel(uow)]))

    async def compare(self, incident_ids: Iterable[int]) -> None:
        """Compares their lists; one that Slack doesn't give is asked for again before it is shown."""
        for incident_id in incident_ids:
            try:
                await self._as_slowly_as_asked(incident_id)
            except SlackError as problem:
                log.warning(
                    "Slack did not say who is in an incident's channel: %s",
                    problem,
                    extra={"action": "members_unconfirmed", "incident_id": incident_id},
                )
            except Exception as problem:
                if fault_in(problem) is None:
                    raise
                # A supervisor's catch: the others are compared.
                log.exception(
                    "Who is in an incident's channel could not be compared.",
                    extra={"action": "members_unconfirmed", "incident_id": incident_id},
                )

    async def confirm(self, incident_ids: Collection[int]) -> frozenset[int]:
        """Compares these lists while somebody waits for an answer; those for which Slack has none in time."""
        silent = set(incident_ids)

        async def ask(incident_id: int) -> None:
            try:
                await self._compare(incident_id)
                silent.discard(incident_id)
            except SlackError as problem:
                log.warning(
                    "A private incident is kept back: Slack did not say who is in its channel (%s).",
                    problem,
                    extra={"action": "members_unconfirmed", "incident_id": incident_id},
                )

        try:
            async with asyncio.timeout(_SECONDS_BEFORE_AN_ANSWER):
                await asyncio.gather(*(ask(one) for one in incident_ids))
        except TimeoutError:
            log.warning("Slack took too long to say who is in %d channels.", len(silent))
        return frozenset(silent)

    async def _as_slowly_as_asked(self, incident_id: int) -> None:
        while True:
            try:
                return await self._compare(incident_id)
            except SlackBusy as problem:
                await self._clock.sleep(problem.retry_after)

    async def _compare(self, incident_id: int) -> None:
        async with self._desk.look() as uow:
            incident = await by_id(uow, incident_id)
            before, channel, asked_at = await participants.on_record(uow, incident), incident.channel_id, uow.now
        if channel is None:
            return
        members = await self._members(channel)
        async with self._desk.work() as uow:
            incident = await by_id(uow, incident_id)
            await participants.compare(uow, incident, members, before=before, asked_at=asked_at)
            await free_absent(uow, incident)

    async def _members(self, channel: str) -> set[str]:
        found, cursor = set[str](), ""
        while True:
            arguments = {"channel": channel, "limit": _PAGE} | ({"cursor": cursor} if cursor else {})
            try:
                answer = await self._slack.call("conversations.members", arguments)
            except SlackRefused as problem:
                if problem.code != "invalid_cursor" or not cursor:
                    raise
                found, cursor = set(), ""  # Slack forgets cursors
                continue
            found |= {str(one) for one in answer.get("members") or []} - {self._us}
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return found
