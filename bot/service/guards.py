"""What is refused on an incident that has ended."""

from bot.domain.lifecycle import Status
from bot.errors import UserError
from bot.store.tables import Incident


def check_live(incident: Incident) -> None:
    """Refuses work on an incident that is resolved, closed or cancelled."""
    if not incident.is_live:
        raise UserError(
            f"{incident.name} is {incident.status}. If it isn't over, reopen it: "
            f"`/incident reopen {incident.name} REASON`."
        )


def check_not_closed(incident: Incident) -> None:
    """Refuses what still makes sense after the resolution, but not once the incident is closed or cancelled."""
    if incident.status in (Status.CLOSED, Status.CANCELLED):
        check_live(incident)
