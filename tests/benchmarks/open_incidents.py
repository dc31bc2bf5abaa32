"""Open incidents as rows, as they are an hour after their declaration: declaring a thousand takes Slack an hour."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.bootstrap import open_desk
from bot.config import Environment
from bot.domain.lifecycle import Status
from bot.service import prompts
from bot.store.tables import Incident, Posting, RoleAssignment


async def open_incidents(
    url: str, rooms: Sequence[Mapping[str, str]], *, due: Sequence[datetime], commander: str, reporter: str
) -> None:
    """One for each of `rooms`, with a commander and the next update owed at `due`.

    `rooms` tell of its channel, its card and its announcement. The bot must have been started on the database before.
    """
    async with open_desk(Environment.read({"DATABASE_URL": url})) as desk, desk.work() as uow:
        began = uow.now - timedelta(hours=1)
        found = [
            Incident(
                team_id=uow.team_id,
                number=number,
                title=f"Checkout returns 503 in region {number}",
                status=Status.INVESTIGATING,
                priority="p1",
                priority_because="typed",
                reporter=reporter,
                impact_started_at=began,
                detected_at=began,
                declared_at=began,
                acknowledged_at=began,
                history_read_until="0",
                postings=_postings(uow.team_id, room),
            )
            for number, room in enumerate(rooms, 1)
        ]
        uow.session.add_all(found)
        await uow.session.flush()
        for incident, at in zip(found, due, strict=True):
            holder = {"role": "incident_commander", "person": commander, "started_at": began}
            uow.session.add(RoleAssignment(team_id=uow.team_id, incident_id=incident.id, **holder))
            await prompts.plan_next(uow, incident, last=uow.now, promised=at)


def _postings(team_id: str, room: Mapping[str, str]) -> list[Posting]:
    slack = {"team_id": team_id, "destination": "slack"}
    found = [Posting(what="channel", external_id=room["channel_id"], name=room["channel_name"], **slack)]
    if "card_ts" in room:
        announced_in, announcement = room["announcement_channel"], room["announcement_ts"]
        found.append(Posting(what="card", place=room["channel_id"], external_id=room["card_ts"], **slack))
        found.append(Posting(what="announcement", place=announced_in, external_id=announcement, **slack))
    return found
