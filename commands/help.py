"""/incident help: what can be typed, made from the commands themselves."""

from bot.domain.command_line import nearest
from bot.domain.mrkdwn import Mrkdwn, plain
from bot.domain.typed import plain_keys
from bot.errors import UserError
from bot.service.command import Answer, Call, Command


async def _run(call: Call) -> Answer:
    names = {alias: command for command in call.help.values() for alias in (command.name, *command.aliases)}
    asked = plain_keys(call.line.words).lower().removeprefix("/incident ").strip()
    wanted = names.get(asked)
    if asked and wanted is None:
        guess = nearest(asked, names)
        meant = f" Did you mean `/incident help {guess}`?" if guess else ""
        raise UserError(f"There's no command “{plain(asked)[:40]}”.{meant} `/incident help` lists what there is.")
    if wanted is not None:
        typed = f"{wanted.name} {wanted.usage}".strip()
        lines = [Mrkdwn("`/incident {}`\n{}").format(typed, wanted.summary)]
        if wanted.aliases:
            lines.append(Mrkdwn("Also: {}").format(", ".join(wanted.aliases)))
        return Answer(text=Mrkdwn("\n").join(lines))
    lines = [
        Mrkdwn("• `/incident {}` {}").format(f"{command.name} {command.usage}".strip(), command.summary)
        for command in call.help.values()
    ]
    closing = Mrkdwn(
        "In an incident's channel that incident is meant; elsewhere name it, as in `/incident status INC-1`."
    )
    return Answer(text=Mrkdwn("\n").join([*lines, closing]))


COMMAND = Command(
    name="help",
    usage="[COMMAND]",
    summary="Shows what you can type.",
    run=_run,
    about_incident=False,
    reads="always",
    order=99,
)
