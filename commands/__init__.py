"""The subcommands of /incident: one module for each, found by its `COMMAND`. CONTRIBUTING.md says how to add one."""

import importlib
import pkgutil

from bot.service.command import Command


def find_commands() -> dict[str, Command]:
    """{name: command}, in the order of the help."""
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    commands: list[Command] = [module.COMMAND for module in modules]
    return {command.name: command for command in sorted(commands, key=lambda one: (one.order, one.name))}
