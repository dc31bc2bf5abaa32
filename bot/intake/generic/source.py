"""The generic door as a source."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from bot.config import GenericIntegration
from bot.domain.alert import AlertFacts
from bot.intake.generic.contract import alert_in, document_in
from bot.intake.proof import Keys
from bot.intake.source import Hook, Incoming, Received
from bot.service import alerts
from bot.service.desk import UnitOfWork
from bot.service.incidents import by_id
from bot.store.tables import InboxItem, Incident


class GenericSource(Hook):
    name = "generic"
    waits_for_failed = True  # a resolution must not come before what it resolves

    def __init__(self, integrations: Mapping[str, GenericIntegration], keys: Keys) -> None:
        self._integrations = integrations
        self._keys = keys

    def authentic(self, incoming: Incoming) -> bool:
        return self._keys.open_for(incoming)

    def read(self, incoming: Incoming) -> Received:
        document = document_in(incoming.body)
        told, sent_as = alert_in(
            document,
            self._integrations[incoming.integration].mapping,
            idempotency_key=incoming.headers.get("Idempotency-Key", ""),
        )
        facts = asdict(told) | {"occurred_at": told.occurred_at.isoformat() if told.occurred_at else None}
        return Received(
            # Without one a repetition can't be told from news: then it is news.
            id=sent_as or uuid4().hex,
            lane=f"{incoming.integration}:{sha256(told.key.encode('utf-8', 'replace')).hexdigest()[:16]}",
            body={"kind": told.status, "integration": incoming.integration, "alert": facts, "body": document},
        )

    async def incident(self, uow: UnitOfWork, received: Received) -> Incident | None:
        """The live one that an earlier alert of the same key led to; nothing is said of one that is private."""
        key = str(received.body["alert"]["key"])
        found = await alerts.incident_id_of(uow, source=self.name, integration=received.body["integration"], key=key)
        incident = await by_id(uow, found) if found is not None else None
        return incident if incident is not None and incident.is_live and not incident.is_private else None

    async def apply(self, uow: UnitOfWork, items: Sequence[InboxItem]) -> None:
        for item in items:
            integration = str(item.body["integration"])
            known = self._integrations.get(integration)
            await alerts.take_in(
                uow,
                _facts(item.body["alert"]),
                source=self.name,
                integration=integration,
                # One that is not configured any more may still have something waiting.
                rules=known.rules if known is not None else (),
                received_at=item.received_at,
                body=item.body["body"],
            )


def _facts(stored: Mapping[str, Any]) -> AlertFacts:
    occurred_at = stored["occurred_at"]
    return AlertFacts(**{**stored, "occurred_at": datetime.fromisoformat(occurred_at) if occurred_at else None})
