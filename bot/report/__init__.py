"""The report of an incident as files: one module for each format, and the registry that finds them."""

import importlib
import pkgutil
from functools import cache

from bot.report.exporter import Exporter


@cache
def exporters() -> dict[str, Exporter]:
    """{name of the format: its exporter}, in the order in which they are offered."""
    modules = [importlib.import_module(f"{__name__}.formats.{one.name}") for one in pkgutil.iter_modules([_FORMATS])]
    found: list[Exporter] = sorted((module.EXPORTER for module in modules), key=lambda one: (one.order, one.name))
    return {one.name: one for one in found}


_FORMATS = f"{__path__[0]}/formats"
