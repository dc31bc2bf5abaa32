"""The forms that use cases ask for, as Slack's modals."""

from typing import Any

from bot.config import Settings
from bot.service.command import Form, ResolveForm, UpdateForm
from bot.slack.messages.declare_modal import declare_modal
from bot.slack.messages.resolve_modal import resolve_modal
from bot.slack.messages.update_modal import update_modal


def modal_of(form: Form, settings: Settings) -> dict[str, Any]:
    """As views.open takes it."""
    match form:
        case UpdateForm():
            return update_modal(form.incident, last_text=form.last_text)
        case ResolveForm():
            return resolve_modal(form.incident)
        case _:
            return declare_modal(settings)
