"""/incident help: what can be typed, made from the commands themselves."""

from bot.domain.mrkdwn import Mrkdwn
from bot.service.command import Answer, Call, Command


async def _run(call: Call) -> Answer:
    wanted = call.help.get(call.line.words.lower())
    if wanted is not None:
        lines = [Mrkdwn("`/incident {} {}`\n{}").format(wanted.name, wanted.usage, wanted.summary)]
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
