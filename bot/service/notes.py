"""What people put on the record by hand."""

from datetime import datetime

from bot.domain.lifecycle import Status
from bot.errors import UserError
from bot.service.desk import UnitOfWork
from bot.service.events import ActionAdded, NoteTaken
from bot.service.guards import check_not_closed
from bot.service.notifications import publish
from bot.service.people import at_work, notice
from bot.store.tables import ActionItem, Incident, TimelineEntry


async def note(uow: UnitOfWork, incident: Incident, text: str, *, at: datetime | None = None) -> TimelineEntry:
    """A key event in a person's own words; also after the resolution, until the incident is closed.

    `at` is when it happened, where that was before now.
    """
    check_not_closed(incident)
    if not text.strip():
        raise UserError(f"A note needs a text: `/incident note {incident.name} WHAT HAPPENED`.")
    entry = uow.record(incident, "note", text.strip(), at=at)
    await notice(uow, uow.actor)
    await uow.session.flush()
    await publish(uow, NoteTaken(incident=incident, entry_id=entry.id, earlier=at is not None))
    return entry


async def add_action(
    uow: UnitOfWork, incident: Incident, text: str, *, owner: str | None, due_on: str | None
) -> ActionItem:
    """Something to do afterwards, also named in a review after the closure (process 40)."""
    if incident.status is Status.CANCELLED:
        check_not_closed(incident)
    if not text.strip():
        raise UserError("An action item needs a text: `/incident action WHAT TO DO owner:@person due:2026-01-31`.")
    if owner is not None:
        await at_work(uow, owner)
    item = ActionItem(
        team_id=uow.team_id,
        incident_id=incident.id,
        text=text.strip(),
        owner=owner,
        due_on=due_on,
        added_by=uow.actor or "",
        added_at=uow.now,
    )
    uow.session.add(item)
    uow.record(incident, "action", text.strip(), owner=owner, due_on=due_on)
    await uow.session.flush()
    await publish(uow, ActionAdded(incident=incident, action_id=item.id))
    return item
