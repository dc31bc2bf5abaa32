"""The verbs of /incident."""

import argparse
import contextlib
from collections.abc import Mapping

from bot.cli.output import fail, say, spellings
from bot.config import Environment
from bot.errors import UserError
from bot.render.json_text import to_json

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415


async def verb(arguments: argparse.Namespace) -> int:
    """The same commands as in Slack; the running bot, or the next one, tells Slack of them."""
    from bot.bootstrap import open_desk
    from bot.domain.mrkdwn import escape, plain
    from bot.service import people
    from bot.service.command import Answer, Call, Command, read
    from commands import find_commands

    commands: Mapping[str, Command] = find_commands()
    reading = read(commands, escape(" ".join([arguments.verb, *arguments.words])))
    bare = not reading.line.words and not reading.line.options
    reads = reading.command.reads == "always" or (reading.command.reads == "bare" and bare)
    if arguments.person is None and not reads:
        return fail(f"Say who you are: incident-bot {arguments.verb} … --as @handle")
    async with open_desk(Environment.read(), team=arguments.team) as desk:
        actor = None
        if arguments.person is not None:
            async with desk.look() as uow:
                actor = await people.acting(uow, arguments.person)
        async with contextlib.AsyncExitStack() as stack:
            uow = await stack.enter_async_context(desk.look(actor=actor) if reads else desk.work(actor=actor))
            call = Call(
                uow=uow,
                person=actor or "",
                channel_id=None,
                line=reading.line,
                number=reading.number,
                can_show_forms=False,
                help=commands,
            )
            outcome = await reading.command.run(call)
            if not isinstance(outcome, Answer):
                raise UserError("What should it say?")
            names = await people.handles(uow, _ids(outcome.text))
        text = "\n".join([plain(outcome.text, names.get), *spellings(outcome.buttons, arguments.person)])
    say(to_json({"ok": True, "text": text}) if arguments.json else text)
    return 0


def _ids(text: str) -> list[str | None]:
    from bot.domain.mrkdwn import mentioned

    return list(mentioned(text))
