"""Every message that the bot posts, by name: facts as of when it is sent, words from templates/NAME.j2."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.domain.mrkdwn import link
from bot.domain.priority import AS_STATED
from bot.domain.runbook import Runbook
from bot.render.words import Words
from bot.service import alerts, impact, people, roles
from bot.service.desk import UnitOfWork
from bot.service.incidents import similar_open
from bot.slack.messages.alert_message import resolved_alert
from bot.slack.messages.facts import priority_label
from bot.slack.messages.message import SlackMessage
from bot.slack.messages.prompt_message import prompt_message
from bot.store.tables import ActionItem, Alert, Incident, Prompt, TimelineEntry, Update

Builder = Callable[[UnitOfWork, Incident, Words, Mapping[str, Any]], Awaitable[SlackMessage | None]]


async def build(
    uow: UnitOfWork, incident: Incident, words: Words, name: str, references: Mapping[str, Any]
) -> SlackMessage | None:
    """The message `name`, or None where it isn't true any more.

    What has no builder of its own is its template with the references as they are.
    """
    builder = _BUILDERS.get(name)
    if builder is not None:
        return await builder(uow, incident, words, references)
    return SlackMessage(text=words.chat(name, it=incident, **references))


async def _briefing(uow: UnitOfWork, incident: Incident, words: Words, _: Mapping[str, Any]) -> SlackMessage:
    runbook: Runbook | None = next((one for one in uow.runbooks if one.slug == incident.runbook), None)
    similar = [] if incident.is_private else await similar_open(uow, incident)
    return SlackMessage(text=words.chat("briefing", it=incident, runbook=runbook, similar=similar))


async def _declared(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    return SlackMessage(
        text=words.chat(
            "declared",
            it=incident,
            priority=priority_label(uow, incident.priority),
            why="" if incident.priority_because == AS_STATED else f" ({incident.priority_because})",
            in_doubt=references["in_doubt"],
            hints=references["hints"],
        )
    )


async def _update(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    sent = await uow.session.get_one(Update, references["update_id"])
    label = uow.settings.priority_label(incident.priority)
    return SlackMessage(text=words.chat("update", it=incident, update=sent, priority=label))


async def _prompt(
    uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]
) -> SlackMessage | None:
    sent = await uow.session.get_one(Prompt, references["prompt_id"])
    if sent.outcome != "open":
        return None  # it was answered, asked again or ended while Slack was away
    private = references.get("private", False)
    text = words.chat(
        "prompt",
        it=incident,
        asked=sent.asked,
        role_name=uow.settings.role_name(uow.settings.updates.asked_role).lower(),
        silent="" if private else await _silent(uow, sent),
        overdue=sent.sent_at - (incident.next_update_due_at or sent.due_at),
        private=private,
    )
    return prompt_message(text, number=incident.number)


async def _silent(uow: UnitOfWork, sent: Prompt) -> str:
    """The name of who was asked before in the same round."""
    before = await uow.session.scalar(
        select(Prompt.asked)
        .where(Prompt.incident_id == sent.incident_id, Prompt.due_at == sent.due_at, Prompt.level < sent.level)
        .order_by(Prompt.level.desc())
        .limit(1)
    )
    return (await people.names(uow, [before])).get(before, "") if before else ""


async def _overdue(_: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    return SlackMessage(text=words.chat("overdue", it=incident, owed_at=datetime.fromisoformat(references["owed_at"])))


async def _vacant(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    key, person = references["role"], references["person"]
    text = words.chat(
        "vacant",
        it=incident,
        name=(await people.names(uow, [person])).get(person, "Somebody"),
        why=references.get("why", "deactivated"),
        left=references["left"],
        commander=references["commander"],
        role_name=uow.settings.role_name(key).lower(),
        role_word=_role_word(uow, key),
    )
    return SlackMessage(text=text)


def _role_word(uow: UnitOfWork, key: str) -> str:
    """What people type for the role."""
    configured = uow.settings.roles.get(key)
    return (configured.aliases or (key,))[0] if configured else key


async def _sooner(_: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    due = datetime.fromisoformat(references["due"])
    return SlackMessage(text=words.chat("sooner", it=incident, due=due, by=references["by"]))


async def _role(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    key = references["role"]
    text = words.chat(
        "role",
        it=incident,
        person=references["person"],
        before=references["before"],
        left=references["left"],
        by=references["by"],
        role_name=uow.settings.role_name(key).lower(),
        role_word=_role_word(uow, key),
    )
    return SlackMessage(text=text)


async def _role_brief(
    uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]
) -> SlackMessage | None:
    key = references["role"]
    if references["person"] not in (await roles.current(uow, incident)).get(key, []):
        return None
    text = words.chat(
        "role_brief",
        it=incident,
        before=references["before"],
        role_name=uow.settings.role_name(key).lower(),
        expects=uow.settings.roles[key].expects if key in uow.settings.roles else "",
        priority=uow.settings.priority_label(incident.priority),
    )
    return SlackMessage(text=text)


async def _priority(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    text = words.chat(
        "priority",
        it=incident,
        before_label=uow.settings.priority_label(references["before"]),
        after_label=uow.settings.priority_label(references["after"]),
        because=references["because"],
        by=references["by"],
    )
    return SlackMessage(text=text)


async def _note(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    entry = await uow.session.get_one(TimelineEntry, references["entry_id"])
    said = words.chat(
        "note", it=incident, by=entry.person, text=entry.words, at=entry.at, earlier=references["earlier"]
    )
    return SlackMessage(text=said)


async def _action(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    action = await uow.session.get_one(ActionItem, references["action_id"])
    return SlackMessage(text=words.chat("action", it=incident, action=action))


async def _alert(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    alert = await uow.session.get_one(Alert, references["alert_id"])
    text = words.chat(
        "alert",
        it=incident,
        alert=alert,
        about=", ".join(filter(None, (alert.severity, alert.service))),
        description=alert.description,
        source=link(alert.url, "More where it comes from") if alert.url else None,
    )
    return SlackMessage(text=text)


async def _alert_resolved(
    uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]
) -> SlackMessage | None:
    if not incident.is_live:
        return None  # somebody has said so before Slack could be told
    text = words.chat(
        "alert_resolved",
        it=incident,
        alert=await uow.session.get_one(Alert, references["alert_id"]),
        others=await alerts.still_open(uow, incident),
        commander=(await roles.current(uow, incident)).get(uow.settings.commander_role, [None])[0],
    )
    return resolved_alert(text, number=incident.number)


async def _resolved(uow: UnitOfWork, incident: Incident, words: Words, references: Mapping[str, Any]) -> SlackMessage:
    if "reason" in references:
        reason, seconds = references["reason"], references["lasted"]
        lasted = timedelta(seconds=seconds) if seconds is not None else None
    else:  # promised by an earlier version
        reason, lasted = incident.resolution or "", await impact.lasted(uow, incident)
    return SlackMessage(text=words.chat("resolved", it=incident, lasted=lasted, reason=reason, by=references["by"]))


_BUILDERS: dict[str, Builder] = {
    "action": _action,
    "alert": _alert,
    "alert_resolved": _alert_resolved,
    "briefing": _briefing,
    "declared": _declared,
    "note": _note,
    "overdue": _overdue,
    "priority": _priority,
    "prompt": _prompt,
    "resolved": _resolved,
    "role": _role,
    "role_brief": _role_brief,
    "sooner": _sooner,
    "update": _update,
    "vacant": _vacant,
}
