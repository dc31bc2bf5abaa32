"""What all forms share: how they are built, and how their values are read back."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import Block, InputBlock, Option, PlainTextInputElement, StaticSelectElement
from slack_sdk.models.views import View


def modal(
    *, callback_id: str, title: str, submit: str, blocks: Sequence[Block], private_metadata: str = ""
) -> dict[str, Any]:
    """A view as views.open takes it; Slack allows 24 characters for `title` and `submit`."""
    return View(
        type="modal",
        callback_id=callback_id,
        title=title,
        submit=submit,
        close="Cancel",
        blocks=list(blocks),
        private_metadata=private_metadata,
    ).to_dict()


def text_input(
    name: str,
    label: str,
    *,
    optional: bool = False,
    multiline: bool = False,
    hint: str | None = None,
    placeholder: str | None = None,
    initial: str | None = None,
    most: int = 3000,
) -> InputBlock:
    """An input whose block and action are both called `name`; it starts empty where `initial` would lose its end."""
    return InputBlock(
        block_id=name,
        label=label,
        hint=hint,
        optional=optional,
        element=PlainTextInputElement(
            action_id=name,
            multiline=multiline,
            placeholder=placeholder,
            initial_value=initial if initial and len(initial) <= most else None,
            max_length=most,
        ),
    )


def select_input(
    name: str,
    label: str,
    options: Mapping[str, str],
    *,
    initial: str | None = None,
    optional: bool = False,
    tells_changes: bool = False,
    hint: str | None = None,
) -> InputBlock:
    """A choice among `options` {value: shown}; with `tells_changes` the bot hears of each change."""
    choices = {value: Option(value=value, label=shown[:75]) for value, shown in options.items()}
    return InputBlock(
        block_id=name,
        label=label,
        hint=hint,
        optional=optional,
        dispatch_action=tells_changes,
        element=StaticSelectElement(
            action_id=name,
            options=list(choices.values())[:100],
            initial_option=choices.get(initial) if initial else None,
        ),
    )


def values(view: Mapping[str, Any]) -> dict[str, str]:
    """{input's name: what is in it}, without those that are empty; several ticks are joined by a comma."""
    found = {}
    for block in ((view.get("state") or {}).get("values") or {}).values():
        for name, state in block.items():
            chosen = state.get("selected_option") or {}
            ticked = ",".join(option["value"] for option in state.get("selected_options") or [])
            value = state.get("value") or chosen.get("value") or ticked
            if value:
                found[name] = value
    return found
