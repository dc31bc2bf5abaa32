"""The form for an update to stakeholders, prefilled with the present status."""

from typing import Any

from bot.domain.lifecycle import LIVE, Status
from bot.slack.messages.modal import modal, select_input, text_input
from bot.store.tables import Incident

UPDATE_MODAL = "update"


def update_modal(incident: Incident, *, last_text: str = "") -> dict[str, Any]:
    """`last_text` is the update before, to be changed rather than written anew."""
    return modal(
        callback_id=UPDATE_MODAL,
        title=f"Update on {incident.name}"[:24],
        submit="Send",
        private_metadata=str(incident.number),
        blocks=[
            select_input(
                "status",
                "Status",
                {one.value: one.value for one in Status if one in LIVE},
                initial=incident.status.value,
            ),
            text_input(
                "text",
                "What is affected, what is being done, what comes next?",
                multiline=True,
                initial=last_text or None,
                hint="Responders and stakeholders read this.",
            ),
            text_input(
                "next",
                "Next update",
                optional=True,
                placeholder="30m",
                most=40,
                hint="20m, 2h or 14:23; else the priority's interval",
            ),
        ],
    )
