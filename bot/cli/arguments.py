"""What can be typed, and what its arguments mean."""

import argparse
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bot import __version__
from bot.cli import documents, running, upkeep, verbs

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415

Verb = Callable[[argparse.Namespace], Coroutine[Any, Any, int]]

DEFAULT_SPEED = 1440.0  # a day in a minute


def parser() -> argparse.ArgumentParser:
    from commands import find_commands

    parser = argparse.ArgumentParser(prog="incident-bot", description="Incident commander for Slack.")
    parser.add_argument("--version", action="version", version=f"incident-bot {__version__}")
    subcommands = parser.add_subparsers(dest="verb", metavar="COMMAND", required=True)

    def add(name: str, summary: str, handle: Verb, *, of_team: bool = False) -> argparse.ArgumentParser:
        """`of_team`: it is about the record of one workspace."""
        verb = subcommands.add_parser(name, help=summary, description=summary)
        verb.set_defaults(handle=handle)
        if of_team:
            verb.add_argument("--team", metavar="TEAM", help="the workspace, where the database holds several")
        return verb

    run = add("run", "Runs the bot in your workspace.", running.run)
    run.add_argument("--http", metavar="HOST:PORT", type=address, help="HTTP mode instead of Socket Mode")
    run.add_argument(
        "--listen",
        metavar="HOST:PORT",
        type=address,
        help="serves all but Slack's requests there: /hooks, where monitors tell of alerts, and without --monitor "
        "/healthz and /readyz, and /metrics where METRICS_TOKEN is set",
    )
    run.add_argument(
        "--monitor",
        metavar="HOST:PORT",
        type=address,
        help="serves /healthz, /readyz and /metrics there; without it --http serves /healthz and /readyz, "
        "and /metrics where METRICS_TOKEN is set",
    )

    demo = add("demo", "Plays a real incident in a local Slack workspace.", running.demo)
    demo.add_argument("--scenario", metavar="FILE", type=Path, help="another scenario than GitHub's of October 2018")
    demo.add_argument("--speed", metavar="N", type=speed, default=DEFAULT_SPEED, help="times real time (default 1440)")
    demo.add_argument("--out", metavar="DIR", type=Path, default=Path("demo-out"), help="where the results go")
    demo.add_argument("--database", metavar="URL", help="an empty database (default: DIR/demo.db)")
    demo.add_argument("--quiet", action="store_true", help="only the results")

    sandbox = add("sandbox", "Starts a local Slack workspace to try a bot against.", running.sandbox)
    sandbox.add_argument("--port", metavar="N", type=int, default=0, help="default: one that is free")

    add("check-config", "Checks config.yaml, the runbooks and the templates.", upkeep.check_config)
    move = add(
        "migrate", "Brings the database to this version's schema, or moves everything to another.", upkeep.migrate
    )
    move.add_argument("--from", dest="source", metavar="URL", help="move everything from this database …")
    move.add_argument("--to", dest="target", metavar="URL", help="… to this one, which is empty")

    _add_documents(add)
    backfill = add("backfill", "Reads a channel again and merges what was missed.", upkeep.backfill, of_team=True)
    backfill.add_argument("incident", metavar="INC-1", type=number)

    erase = add("erase", "Takes words out of an incident's record for good.", upkeep.erase, of_team=True)
    erase.add_argument("incident", metavar="INC-1", type=number)
    what = erase.add_mutually_exclusive_group(required=True)
    what.add_argument("--message", metavar="TS", action="append", type=stamp, help="a message: its ts or its link")
    what.add_argument("--person", metavar="WHO", dest="whose", help="all that one person said: @handle or id")
    what.add_argument("--integration", metavar="NAME", help="all that an integration told: its name in config.yaml")
    erase.add_argument("--as", dest="person", metavar="WHO", required=True, help="who you are: @handle or id")
    erase.add_argument("--reason", metavar="TEXT", required=True, help="why; it stays on record")

    _add_upkeep(add)
    for command in find_commands().values():
        if command.name in subcommands.choices:
            continue
        verb = add(command.name, command.summary, verbs.verb, of_team=True)
        verb.add_argument("words", nargs="*", metavar="WORD", help=f"as in Slack: {command.usage or 'nothing more'}")
        verb.add_argument("--as", dest="person", metavar="WHO", help="who you are in Slack: @handle or id")
        verb.add_argument("--json", action="store_true", help="for machines")
    return parser


def _add_documents(add: Callable[..., argparse.ArgumentParser]) -> None:
    """An incident's record as files."""
    from bot.report import exporters

    postmortem = add("postmortem", "Writes the postmortem from the record.", documents.postmortem, of_team=True)
    postmortem.add_argument("incident", metavar="INC-1", type=number)
    known = exporters()
    postmortem.add_argument(
        "--format",
        choices=known,
        default="md",
        help="; ".join(f"{one.name}: {one.summary}" for one in known.values()) + " (default md)",
    )
    postmortem.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: standard output")

    export = add("export", "Writes an incident's whole record as JSON.", documents.export, of_team=True)
    export.add_argument("incident", metavar="INC-1", type=number)
    export.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: standard output")


def _add_upkeep(add: Callable[..., argparse.ArgumentParser]) -> None:
    """What whoever runs the bot looks at."""
    inbox = add("inbox", "Shows what came in and could not be applied.", upkeep.inbox, of_team=True)
    inbox.add_argument("--retry", action="store_true", help="let the bot try them again")
    inbox.add_argument("--json", action="store_true", help="for machines")

    webhooks = add("webhooks", "Shows the webhooks of config.yaml, or tries them.", upkeep.webhooks, of_team=True)
    webhooks.add_argument("action", nargs="?", choices=("list", "test"), default="list", help="test sends a sample")


def address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError("write HOST:PORT, such as 0.0.0.0:3000")
    return host.strip("[]"), int(port)


def speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if speed <= 0:
        raise argparse.ArgumentTypeError("write a number above 0, such as 1440")
    return speed


def number(text: str) -> int:
    from bot.domain.references import take_reference

    number, rest = take_reference(text if not text.isdigit() else f"INC-{text}")
    if number is None or rest:
        raise argparse.ArgumentTypeError("write the incident's number, such as INC-1")
    return number


def stamp(text: str) -> str:
    """A message's ts, also out of its link: …/archives/C012AB3CD/p1772461800000100."""
    link = re.search(r"/p(\d{10})(\d{6})", text)
    found = f"{link[1]}.{link[2]}" if link else text
    if not re.fullmatch(r"\d{10}\.\d{6}", found):
        raise argparse.ArgumentTypeError("write the message's ts, such as 1772461800.000100, or its link")
    return found
