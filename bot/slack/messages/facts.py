"""What the card, the announcement and the topic show of an incident, as of now."""

from collections.abc import Mapping, Sequence

from bot.domain.mrkdwn import Mrkdwn, cut
from bot.domain.times import span
from bot.render.words import Words, local_time
from bot.service import impact, roles, waiting
from bot.service.desk import UnitOfWork
from bot.service.updates import last_update
from bot.slack.messages.incident_card import CardFacts, incident_card
from bot.slack.messages.message import SlackMessage
from bot.store.tables import Incident


def priority_label(uow: UnitOfWork, key: str) -> str:
    """P1 Critical; the key alone where the configuration no longer has it."""
    level = uow.settings.priorities.get(key)
    return f"{uow.settings.priority_label(key)} {level.name}" if level else uow.settings.priority_label(key)


def priority_emoji(uow: UnitOfWork, key: str) -> str:
    level = uow.settings.priorities.get(key)
    return level.emoji if level else ":rotating_light:"


async def card(uow: UnitOfWork, incident: Incident) -> SlackMessage:
    held = await roles.current(uow, incident)
    waits = await waiting.what_waits(uow, incident, longer_than=waiting.MARKED_AFTER)
    configured, lasted = uow.settings.roles, await impact.lasted(uow, incident)
    shown: Mapping[str, Sequence[str]] = {role.name: held.get(key, []) for key, role in configured.items()} | {
        uow.settings.role_name(key): people for key, people in held.items() if key not in configured
    }
    return incident_card(
        CardFacts(
            name=incident.name,
            number=incident.number,
            title=incident.title,
            priority=priority_label(uow, incident.priority),
            priority_emoji=priority_emoji(uow, incident.priority),
            priority_because=incident.priority_because,
            status=incident.status,
            is_live=incident.is_live,
            is_private=incident.is_private,
            service=incident.service or "",
            category=uow.settings.category_name(incident.category, incident.subcategory),
            since=local_time(incident.impact_started_at),
            lasted=span(lasted) if incident.resolved_at and lasted else None,
            last_update=local_time(incident.last_update_at),
            next_update=local_time(incident.next_update_due_at),
            roles=shown,
            vacant={key: role.name for key, role in configured.items() if key not in held or role.several},
            waiting=Mrkdwn(":hourglass_flowing_sand: Not in Slack yet: {}, waiting since {}. I keep trying.").format(
                waits.listed, local_time(waits.since)
            )
            if waits
            else None,
        )
    )


async def announcement(uow: UnitOfWork, incident: Incident, words: Words) -> SlackMessage:
    if incident.is_private:
        return SlackMessage(text=words.chat("withdrawn", it=incident))
    held = await roles.current(uow, incident)
    commander = held.get(uow.settings.commander_role, [None])[0]
    last = await last_update(uow, incident)
    text = words.chat(
        "announcement",
        it=incident,
        emoji=Mrkdwn(priority_emoji(uow, incident.priority)),
        priority=uow.settings.priority_label(incident.priority),
        priority_name=uow.settings.priorities[incident.priority].name
        if incident.priority in uow.settings.priorities
        else "",
        major=uow.settings.is_major(incident.priority),
        ended=await impact.lasted(uow, incident) if incident.resolved_at else None,
        commander=commander,
        last_update=cut(" ".join(last.text.split()), 300) if last else "",
    )
    return SlackMessage(text=text)
