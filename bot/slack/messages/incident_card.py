"""The live card that is pinned in the incident's channel."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.domain.mrkdwn import Mrkdwn, cut, mention
from bot.domain.priority import AS_STATED
from bot.slack.messages.message import SlackMessage

UPDATE_BUTTON = "open_update"
RESOLVE_BUTTON = "open_resolve"
# One button for each vacant role; the role's key follows.
TAKE_ROLE_BUTTON = "take_role."

_HEADER_LIMIT = 150
# Slack refuses a message whose blocks hold some 13,000 characters together, well before each field's own limit of
# 2,000: 250 for each of 30 roles and the six other fields leave room for the buttons and the reason.
_FIELD_LIMIT = 250
_REASON_LIMIT = 1000
_MOST_FIELDS = 10
_MOST_BUTTONS = 25
_BUTTON_LIMIT = 75


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    name: str  # INC-1
    number: int
    title: str
    priority: str  # P1 Critical
    priority_emoji: str
    priority_because: str
    status: str
    is_live: bool
    is_private: bool
    service: str
    category: str
    since: Mrkdwn
    lasted: str | None  # set once it is resolved
    last_update: Mrkdwn
    next_update: Mrkdwn
    roles: Mapping[str, Sequence[str]]  # {role's name: people}, in the configured order, vacant ones too
    vacant: Mapping[str, str]  # {role's key: its name} of those that can be taken by a button
    waiting: Mrkdwn | None = None  # what has been waiting for long to be shown in Slack


def incident_card(facts: CardFacts) -> SlackMessage:
    text = Mrkdwn("{} · {} · {} · {}").format(facts.name, facts.priority, facts.status, facts.title)
    for name, people in facts.roles.items():
        if people:
            text += Mrkdwn(" · {} {}").format(name.lower(), mention(people[0]))
    fields = [
        Mrkdwn("*Priority*\n{} {}").format(facts.priority_emoji, facts.priority),
        Mrkdwn("*Status*\n{}").format(facts.status + (f", lasted {facts.lasted}" if facts.lasted else "")),
        Mrkdwn("*Since*\n{}").format(facts.since),
        Mrkdwn("*Last update*\n{}").format(facts.last_update),
    ]
    if facts.is_live:
        fields.append(Mrkdwn("*Next update due*\n{}").format(facts.next_update))
    if facts.service or facts.category:
        fields.append(
            Mrkdwn("*Affected*\n{}").format(" · ".join(part for part in (facts.service, facts.category) if part))
        )
    for name, people in facts.roles.items():
        who = Mrkdwn(", ").join(mention(person) for person in people) if people else Mrkdwn("_vacant_")
        fields.append(Mrkdwn("*{}*\n{}").format(name, who))
    because = Mrkdwn("{}{}").format(
        f"{facts.priority}, as declared"
        if facts.priority_because == AS_STATED
        else Mrkdwn("{} because: {}").format(facts.priority, facts.priority_because),
        " · private: only those in this channel know of it" if facts.is_private else "",
    )
    blocks: list[Block] = [HeaderBlock(text=_shorten(_inert(f"{facts.name} · {facts.title}"), _HEADER_LIMIT))]
    if facts.waiting:
        blocks.append(ContextBlock(elements=[MarkdownTextObject(text=cut(facts.waiting, _REASON_LIMIT))]))
    for start in range(0, len(fields), _MOST_FIELDS):
        part = [MarkdownTextObject(text=cut(one, _FIELD_LIMIT)) for one in fields[start : start + _MOST_FIELDS]]
        blocks.append(SectionBlock(fields=part))
    blocks.append(ContextBlock(elements=[MarkdownTextObject(text=cut(because, _REASON_LIMIT))]))
    if facts.is_live:
        buttons = [
            ButtonElement(
                text=_shorten(f"Take {name.lower()}", _BUTTON_LIMIT),
                action_id=f"{TAKE_ROLE_BUTTON}{key}",
                value=str(facts.number),
            )
            for key, name in facts.vacant.items()
        ][: _MOST_BUTTONS - 2]
        buttons += [
            ButtonElement(text="Post update", action_id=UPDATE_BUTTON, value=str(facts.number), style="primary"),
            ButtonElement(text="Resolve", action_id=RESOLVE_BUTTON, value=str(facts.number)),
        ]
        blocks.append(ActionsBlock(block_id="card_actions", elements=buttons))
    return SlackMessage(text=text, blocks=blocks)


def _inert(text: str) -> str:
    """Slack does not read plain_text as markup; copied from there into a message, `<!channel>` would notify."""
    return re.sub(r"<(?=[!@#])", "<\u2060", text)


def _shorten(text: str, limit: int) -> str:
    """Plain text of at most `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
