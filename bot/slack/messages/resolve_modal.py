"""The form that asks how a resolution was verified."""

from typing import Any

from bot.slack.messages.modal import modal, text_input
from bot.store.tables import Incident

RESOLVE_MODAL = "resolve"


def resolve_modal(incident: Incident) -> dict[str, Any]:
    return modal(
        callback_id=RESOLVE_MODAL,
        title=f"Resolve {incident.name}"[:24],
        submit="Resolve",
        private_metadata=str(incident.number),
        blocks=[
            text_input(
                "verified",
                "How was it verified?",
                multiline=True,
                hint="The graph, the test or the person that shows that the impact has ended.",
            )
        ],
    )
