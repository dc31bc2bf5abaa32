"""An incident's record as files."""

import argparse

from bot.cli.output import write
from bot.config import Environment

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415


async def postmortem(arguments: argparse.Namespace) -> int:
    return await _export(arguments, arguments.format)


async def export(arguments: argparse.Namespace) -> int:
    return await _export(arguments, "json")


async def _export(arguments: argparse.Namespace, name: str) -> int:
    from bot.bootstrap import open_desk, words_of
    from bot.report import exporters
    from bot.service.incidents import by_number
    from bot.service.report import report

    async with open_desk(Environment.read(), team=arguments.team) as desk, desk.look() as uow:
        found = await report(uow, await by_number(uow, arguments.incident))
        return write(exporters()[name].export(found, words_of(desk.settings)), arguments.output)
