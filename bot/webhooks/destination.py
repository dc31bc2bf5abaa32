"""One endpoint that other programs listen on, as a destination."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from sqlalchemy import select
from yarl import URL

from bot import __version__
from bot.clock import Clock
from bot.config import Webhook
from bot.delivery.destination import Destination, Verdict
from bot.errors import Refused, Unclear, WebhookRefused
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
from bot.service.notifications import tell_administrators
from bot.store.tables import OutboxItem, SwitchedOff
from bot.webhooks.addresses import PrivateAddress, PublicResolver, check_host
from bot.webhooks.body import body, encoded, sample
from bot.webhooks.signing import signature

# A receiver that takes longer is asked again; Standard Webhooks recommends 15 to 30 seconds.
_SECONDS_TO_ANSWER = 15
# Seconds between attempts, a day in all.
_PAUSES = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800)
_GONE = 410
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """What is sent, under which id."""

    message_id: str
    body: bytes


class WebhookDestination(Destination[WebhookEvent]):
    at_once = 4
    longest_pause = timedelta(seconds=max(_PAUSES))

    def __init__(self, endpoint: Webhook, key: bytes, clock: Clock) -> None:
        self.name = endpoint.destination
        self._endpoint = endpoint
        self._key = key
        self._clock = clock
        # As it is connected to: some signs that aren't digits are read as such.
        self._host = URL(endpoint.url).raw_host or ""
        self._session: aiohttp.ClientSession | None = None

    async def prepare(self, uow: UnitOfWork, item: OutboxItem) -> WebhookEvent | None:
        incident = await by_id(uow, item.incident_id)
        if incident.is_private and not self._endpoint.private:
            return None  # it has become so since
        if await switched_off(uow, self.name) is not None:
            return None
        kind, at = item.payload["type"], datetime.fromisoformat(item.payload["at"])
        content = await body(uow, incident, kind=kind, at=at, update_id=item.payload.get("update_id"))
        # The same for each attempt, so that a receiver knows one that came twice.
        message_id = f"msg_{item.id}_{int(item.created_at.timestamp() * 1e6):x}"
        return WebhookEvent(message_id=message_id, body=encoded(content))

    async def send(self, item: OutboxItem, prepared: WebhookEvent) -> dict[str, Any]:
        return await self.post(prepared)

    async def post(self, event: WebhookEvent) -> dict[str, Any]:
        """The status of the answer. Raises WebhookRefused where it is final, Unclear where it is worth trying again."""
        timestamp = int(self._clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"incident-bot/{__version__}",
            "webhook-id": event.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(
                self._key, message_id=event.message_id, timestamp=timestamp, body=event.body
            ),
        }
        try:
            if not self._endpoint.allow_private_addresses:
                check_host(self._host)
            async with self._open().post(
                self._endpoint.url, data=event.body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except PrivateAddress as problem:
            raise WebhookRefused(
                f"{problem}; set allow_private_addresses where the webhook at {self._host} is meant to go there"
            ) from problem
        except (TimeoutError, aiohttp.ClientError, OSError) as problem:
            if isinstance(problem.__cause__, PrivateAddress):
                raise WebhookRefused(f"{problem.__cause__}") from problem
            raise Unclear(f"no answer from the webhook at {self._host} ({type(problem).__name__})") from problem
        if 200 <= status < 300:
            return {"status": status}
        if status == _GONE:
            raise WebhookRefused(f"the webhook at {self._host} answered 410 Gone", gone=True)
        redirected = ", a redirect; write the new address into config.yaml" if status in _REDIRECTS else ""
        raise Unclear(f"the webhook at {self._host} answered {status}{redirected}")

    async def test(self) -> str:
        """Sends a sample, and says how it was answered. Raises like `post`."""
        now = self._clock.now()
        answer = await self.post(WebhookEvent(message_id=f"msg_test_{uuid4().hex}", body=encoded(sample(now))))
        return f"The webhook at {self._host} answered {answer['status']}."

    def _open(self) -> aiohttp.ClientSession:
        """Made at the first use: its connections belong to the running event loop."""
        if self._session is None:
            resolver = None if self._endpoint.allow_private_addresses else PublicResolver()
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=_SECONDS_TO_ANSWER),
                connector=aiohttp.TCPConnector(limit=0, resolver=resolver),  # `at_once` limits them
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def pause(self, item: OutboxItem) -> float | None:
        return _PAUSES[item.attempts] if item.attempts < len(_PAUSES) else None

    async def refused(self, uow: UnitOfWork, item: OutboxItem, prepared: WebhookEvent, problem: Refused) -> Verdict:
        if isinstance(problem, WebhookRefused) and problem.gone and await switched_off(uow, self.name) is None:
            uow.session.add(SwitchedOff(team_id=uow.team_id, destination=self.name, at=uow.now, reason=str(problem)))
            await uow.session.flush()
        return Verdict.GIVE_UP

    async def given_up(self, uow: UnitOfWork, item: OutboxItem, *, why: str) -> None:
        incident = await by_id(uow, item.incident_id)
        off = await switched_off(uow, self.name) is not None
        await tell_administrators(uow, incident, "webhook_trouble", host=self._host, why=why, switched_off=off)


async def switched_off(uow: UnitOfWork, destination: str) -> SwitchedOff | None:
    """Since when and why nothing is sent there; None where it is on."""
    found: SwitchedOff | None = await uow.session.scalar(
        select(SwitchedOff).where(SwitchedOff.team_id == uow.team_id, SwitchedOff.destination == destination)
    )
    return found


async def switch_on(uow: UnitOfWork, destination: str) -> bool:
    """Whether it was switched off."""
    row = await switched_off(uow, destination)
    if row is not None:
        await uow.session.delete(row)
    return row is not None
