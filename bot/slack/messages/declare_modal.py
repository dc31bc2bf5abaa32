"""The form on a bare `/incident declare`: it shows the priority that impact and urgency lead to."""

from typing import Any

from slack_sdk.models.blocks import (
    InputBlock,
    MarkdownTextObject,
    Option,
    OptionGroup,
    RadioButtonsElement,
    SectionBlock,
    StaticSelectElement,
)

from bot.config import Settings
from bot.domain.mrkdwn import Mrkdwn, cut
from bot.domain.priority import choose
from bot.slack.messages.modal import modal, select_input, text_input

DECLARE_MODAL = "declare"
IMPACT, URGENCY, PRIVATE = "impact", "urgency", "private"


def declare_modal(settings: Settings, *, impact: str | None = None, urgency: str | None = None) -> dict[str, Any]:
    """`impact` and `urgency` are what has been chosen so far."""
    choice = choose(settings.scale, stated=None, impact=impact, urgency=urgency)
    level = settings.priorities[choice.priority]
    shown = Mrkdwn("Priority: {} *{} {}* ({}){}").format(
        level.emoji,
        settings.priority_label(choice.priority),
        level.name,
        choice.because,
        f"\n{level.example}" if level.example else "",
    )
    blocks = [
        text_input("title", "What is broken?", placeholder="Checkout returns 503", most=3000),
        select_input(
            IMPACT,
            "Impact: how much is affected?",
            {name: name.capitalize() for name in settings.matrix},
            initial=impact,
            optional=True,
            tells_changes=True,
            hint="In doubt leave it out: the priority then goes higher.",
        ),
        select_input(
            URGENCY,
            "Urgency: how soon does it hurt?",
            {name: name.capitalize() for name in settings.urgencies},
            initial=urgency,
            optional=True,
            tells_changes=True,
        ),
        SectionBlock(block_id="priority_shown", text=MarkdownTextObject(text=cut(shown, 3000))),
        text_input("service", "Service", optional=True, placeholder="checkout", most=100),
        text_input(
            "since",
            "Since when?",
            optional=True,
            placeholder="14:23",
            most=40,
            hint="Your time; 14:23Z is UTC, 20m is ago",
        ),
        text_input("description", "What is known", optional=True, multiline=True),
        InputBlock(
            block_id=PRIVATE,
            label="Who may know",
            hint="Everyone, unless you choose otherwise",
            optional=True,
            # Neither is chosen beforehand: where the words sound private, the choice is asked for.
            element=RadioButtonsElement(
                action_id=PRIVATE,
                options=[
                    Option(value="no", label="Everyone"),
                    Option(value="yes", label="Private: only those who are invited"),
                ],
            ),
        ),
    ]
    if groups := _category_groups(settings):
        blocks.insert(
            4,
            InputBlock(
                block_id="category",
                label="Category",
                optional=True,
                element=StaticSelectElement(action_id="category", option_groups=groups),
            ),
        )
    return modal(callback_id=DECLARE_MODAL, title="Declare an incident", submit="Declare", blocks=blocks)


def _category_groups(settings: Settings) -> list[OptionGroup]:
    groups = []
    for key, category in settings.categories.items():
        options = [Option(value=key, label=category.name[:75])]
        options += [Option(value=f"{key}/{sub}", label=name[:75]) for sub, name in category.subcategories.items()]
        groups.append(OptionGroup(label=category.name[:75], options=options[:100]))
    return groups[:100]
