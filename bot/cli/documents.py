"""An incident's record as files."""

import argparse

from bot.cli.output import to_json, write
from bot.config import Environment

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415


async def postmortem(arguments: argparse.Namespace) -> int:
    if arguments.format == "json":
        return await export(arguments)
    from bot.bootstrap import open_desk
    from bot.service.incidents import by_number
    from bot.service.postmortem import facts

    async with open_desk(Environment.read(), team=arguments.team) as desk, desk.look() as uow:
        incident = await by_number(uow, arguments.incident)
        return write(desk.write_postmortem(await facts(uow, incident)), arguments.output)


async def export(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk
    from bot.service.incidents import by_number
    from bot.service.record import record

    async with open_desk(Environment.read(), team=arguments.team) as desk, desk.look() as uow:
        incident = await by_number(uow, arguments.incident)
        text = to_json(await record(uow, incident), indent=2)
        return write(text + "\n", arguments.output)
