"""/incident action: something to do so that it does not happen again."""

from datetime import date, timedelta

from bot.domain.mrkdwn import Mrkdwn, plain
from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.notes import add_action
from bot.service.people import named

_LONGEST = timedelta(days=3650)


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    options = call.line.options
    owner = await named(call.uow, options["owner"]) if "owner" in options else None
    if "owner" in options and owner is None:
        raise UserError("Say who owns it as owner:@ana.")
    due = options.get("due")
    if due is not None:
        try:
            day = date.fromisoformat(due)
        except ValueError:
            raise UserError(f"due:{plain(due)} isn't a date. Write due:2026-01-31.") from None
        # A day's grace: it may still be that day where they are.
        if not call.uow.now.date() - timedelta(days=1) <= day <= call.uow.now.date() + _LONGEST:
            raise UserError(f"due:{day} isn't within the next ten years. Check the year.")
        due = day.isoformat()
    item = await add_action(call.uow, incident, await call.words(), owner=owner, due_on=due)
    missing = [
        what
        for what, value in (("an owner (owner:@ana)", item.owner), ("a date (due:2026-01-31)", item.due_on))
        if not value
    ]
    hint = f" An action without {' and '.join(missing)} is easily forgotten." if missing else ""
    return Answer(text=Mrkdwn("Action item added to {}.{}").format(incident.name, hint))


COMMAND = Command(
    name="action",
    usage="TEXT [owner:@person] [due:2026-01-31]",
    summary="Adds an action item for afterwards.",
    run=_run,
    takes="text",
    options=("owner", "due"),
    order=53,
)
