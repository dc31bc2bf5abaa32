"""The command line: `incident-bot run`, `demo`, `sandbox`, `check-config`, `migrate`, and the verbs of /incident.

Exit codes: 0 done, 1 refused or failed with a sentence on standard error, 2 usage.
"""

import argparse
import asyncio
import contextlib
import json
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot import __version__, log
from bot.config import Environment
from bot.domain.question import Button, Question
from bot.domain.typed import for_terminal
from bot.errors import BotError, ConfigError, SlackBusy, SlackRefused, SlackUnclear

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415

Verb = Callable[[argparse.Namespace], Coroutine[Any, Any, int]]

DEFAULT_SPEED = 1440.0  # a day in a minute


def main(argv: list[str] | None = None) -> int:
    """The program; returns its exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        environment = Environment.read()
        usual = "INFO" if arguments.verb == "run" else "WARNING"
        log.configure(layout=environment.log_format, level=environment.log_level or usual)
        handle: Verb = arguments.handle
        return asyncio.run(handle(arguments))
    except KeyboardInterrupt:
        return 130
    except ConfigError as problem:
        return _fail(*problem.problems)
    except SlackRefused as problem:
        from bot.bootstrap import explain_refusal

        return _fail(explain_refusal(problem))
    except (SlackBusy, SlackUnclear) as problem:
        from bot.bootstrap import explain_silence

        return _fail(explain_silence(problem))
    except BotError as problem:
        ways = problem.buttons if isinstance(problem, Question) else ()
        return _fail(str(problem), *_spellings(ways, getattr(arguments, "person", None)))


def _fail(*sentences: str) -> int:
    for sentence in sentences:
        sys.stderr.write(f"incident-bot: {for_terminal(sentence)}\n")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(for_terminal(text.rstrip("\n")) + "\n")


def _json(value: Any, *, indent: int | None = None) -> str:
    """JSON that people can read, without a sign that a terminal would take for an order."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return "".join(sign if for_terminal(sign) else f"\\u{ord(sign):04x}" for sign in text)


def _spellings(buttons: Sequence[Button], person: str | None) -> list[str]:
    """What the buttons stand for, to be copied into a shell."""
    return [f"{one.label}:  {_in_a_shell(one.command, person)}" for one in buttons]


def _in_a_shell(command: str, person: str | None) -> str:
    import shlex

    from bot.domain.command_line import first_word
    from bot.domain.mrkdwn import plain
    from bot.domain.references import take_reference

    number, rest = take_reference(command)
    verb, tail = first_word(rest)
    words = " ".join(filter(None, (f"INC-{number}" if number is not None else "", plain(tail))))
    return " ".join(
        ["incident-bot", verb, *([shlex.quote(words)] if words else [])]
        + (["--as", shlex.quote(person)] if person else [])
    )


def _parser() -> argparse.ArgumentParser:
    from commands import find_commands

    parser = argparse.ArgumentParser(prog="incident-bot", description="Incident commander for Slack.")
    parser.add_argument("--version", action="version", version=f"incident-bot {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", required=True)

    def add(name: str, summary: str, handle: Verb, *, of_team: bool = False) -> argparse.ArgumentParser:
        """`of_team`: it is about the record of one workspace."""
        verb = verbs.add_parser(name, help=summary, description=summary)
        verb.set_defaults(handle=handle)
        if of_team:
            verb.add_argument("--team", metavar="TEAM", help="the workspace, where the database holds several")
        return verb

    run = add("run", "Runs the bot in your workspace.", _run)
    run.add_argument("--http", metavar="HOST:PORT", type=_address, help="HTTP mode instead of Socket Mode")
    run.add_argument(
        "--monitor",
        metavar="HOST:PORT",
        type=_address,
        help="serves /healthz, /readyz and /metrics there; without it --http serves /healthz and /readyz, "
        "and /metrics where METRICS_TOKEN is set",
    )

    demo = add("demo", "Plays a real incident in a local Slack workspace.", _demo)
    demo.add_argument("--scenario", metavar="FILE", type=Path, help="another scenario than GitHub's of October 2018")
    demo.add_argument("--speed", metavar="N", type=_speed, default=DEFAULT_SPEED, help="times real time (default 1440)")
    demo.add_argument("--out", metavar="DIR", type=Path, default=Path("demo-out"), help="where the results go")
    demo.add_argument("--database", metavar="URL", help="an empty database (default: DIR/demo.db)")
    demo.add_argument("--quiet", action="store_true", help="only the results")

    sandbox = add("sandbox", "Starts a local Slack workspace to try a bot against.", _sandbox)
    sandbox.add_argument("--port", metavar="N", type=int, default=0, help="default: one that is free")

    add("check-config", "Checks config.yaml, the runbooks and the templates.", _check_config)
    move = add("migrate", "Brings the database to this version's schema, or moves everything to another.", _migrate)
    move.add_argument("--from", dest="source", metavar="URL", help="move everything from this database …")
    move.add_argument("--to", dest="target", metavar="URL", help="… to this one, which is empty")

    postmortem = add("postmortem", "Writes an incident's postmortem from the record.", _postmortem, of_team=True)
    postmortem.add_argument("incident", metavar="INC-1", type=_number)
    postmortem.add_argument("--format", choices=("md", "json"), default="md")
    postmortem.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: standard output")

    export = add("export", "Writes an incident's whole record as JSON.", _export, of_team=True)
    export.add_argument("incident", metavar="INC-1", type=_number)
    export.add_argument("-o", "--output", metavar="FILE", type=Path, help="default: standard output")

    backfill = add("backfill", "Reads an incident's channel again and merges what was missed.", _backfill, of_team=True)
    backfill.add_argument("incident", metavar="INC-1", type=_number)

    erase = add("erase", "Takes words out of an incident's record for good.", _erase, of_team=True)
    erase.add_argument("incident", metavar="INC-1", type=_number)
    what = erase.add_mutually_exclusive_group(required=True)
    what.add_argument("--message", metavar="TS", action="append", type=_stamp, help="a message: its ts or its link")
    what.add_argument("--person", metavar="WHO", dest="whose", help="all that one person said: @handle or id")
    erase.add_argument("--as", dest="person", metavar="WHO", required=True, help="who you are: @handle or id")
    erase.add_argument("--reason", metavar="TEXT", required=True, help="why; it stays on record")

    _add_upkeep(add)
    for command in find_commands().values():
        if command.name in verbs.choices:
            continue
        verb = add(command.name, command.summary, _verb, of_team=True)
        verb.add_argument("words", nargs="*", metavar="WORD", help=f"as in Slack: {command.usage or 'nothing more'}")
        verb.add_argument("--as", dest="person", metavar="WHO", help="who you are in Slack: @handle or id")
        verb.add_argument("--json", action="store_true", help="for machines")
    return parser


def _add_upkeep(add: Callable[..., argparse.ArgumentParser]) -> None:
    """What whoever runs the bot looks at."""
    inbox = add("inbox", "Shows the events that could not be applied.", _inbox, of_team=True)
    inbox.add_argument("--retry", action="store_true", help="let the bot try them again")
    inbox.add_argument("--json", action="store_true", help="for machines")

    webhooks = add("webhooks", "Shows the webhooks of config.yaml, or tries them.", _webhooks, of_team=True)
    webhooks.add_argument("action", nargs="?", choices=("list", "test"), default="list", help="test sends a sample")


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError("write HOST:PORT, such as 0.0.0.0:3000")
    return host.strip("[]"), int(port)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0
    if speed <= 0:
        raise argparse.ArgumentTypeError("write a number above 0, such as 1440")
    return speed


def _number(text: str) -> int:
    from bot.domain.references import take_reference

    number, rest = take_reference(text if not text.isdigit() else f"INC-{text}")
    if number is None or rest:
        raise argparse.ArgumentTypeError("write the incident's number, such as INC-1")
    return number


def _stamp(text: str) -> str:
    """A message's ts, also out of its link: …/archives/C012AB3CD/p1772461800000100."""
    link = re.search(r"/p(\d{10})(\d{6})", text)
    found = f"{link[1]}.{link[2]}" if link else text
    if not re.fullmatch(r"\d{10}\.\d{6}", found):
        raise argparse.ArgumentTypeError("write the message's ts, such as 1772461800.000100, or its link")
    return found


async def _run(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import running_bot
    from bot.web.server import Server

    http = Server("--http", *arguments.http) if arguments.http else None
    monitor = Server("--monitor", *arguments.monitor) if arguments.monitor else None
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_bot(Environment.read(), http=http, monitor=monitor) as application:
        _say(f"incident-bot is {application.receiver.state}")
        if monitor is not None:
            _say(f"monitoring on http://{monitor.address}")
        sys.stdout.flush()
        await _first_of(stop.wait(), application.until_it_cannot_go_on())
    return 0


async def _first_of(*awaited: Coroutine[Any, Any, object]) -> None:
    """Returns when one of them does; raises what it raises."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()
    finally:
        for one in tasks:
            one.cancel()


async def _demo(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import check_empty, demo_bot
    from bot.demo.play import DEFAULT_SCENARIO, play

    if arguments.database is not None:
        await check_empty(arguments.database)
    return await play(
        scenario_path=arguments.scenario or DEFAULT_SCENARIO,
        speed=arguments.speed,
        out=arguments.out,
        quiet=arguments.quiet,
        start_bot=demo_bot,
        database_url=arguments.database,
    )


async def _sandbox(arguments: argparse.Namespace) -> int:
    from bot.sandbox import RealClock, SandboxServer, default_workspace

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with SandboxServer(default_workspace(RealClock()), port=arguments.port) as server:
            _say(
                f"A local Slack workspace is open. Start a bot against it with:\n\n"
                f"  SLACK_API_URL={server.base_url} SLACK_BOT_TOKEN=xoxb-test-token \\\n"
                f"    SLACK_APP_TOKEN=xapp-test-token incident-bot run\n\n"
                f"Speak and click at {server.control_url} (docs/sandbox.md). Stop with Ctrl-C."
            )
            sys.stdout.flush()
            await stop.wait()
    except OSError as problem:
        return _fail(
            f"Port {arguments.port} cannot be used: {problem.strerror or problem}. Take another, or leave --port out."
        )
    return 0


async def _check_config(_: argparse.Namespace) -> int:
    from bot.bootstrap import settings_and_runbooks

    environment = Environment.read()
    settings, runbooks, words = settings_and_runbooks(environment)
    if problems := list(words.problems()):
        raise ConfigError(problems)
    _say(
        f"{environment.config_path} is in order: {len(settings.priorities)} priorities, {len(settings.roles)} roles, "
        f"{len(settings.categories)} categories, {len(runbooks)} runbooks."
    )
    return 0


async def _migrate(arguments: argparse.Namespace) -> int:
    from bot.store.database import Database
    from bot.store.migrate import SCHEMA, migrate

    if arguments.source is not None or arguments.target is not None:
        return await _move(arguments)
    database = Database(Environment.read().database_url)
    try:
        done = await migrate(database)
    finally:
        await database.close()
    _say(f"The database now has schema {SCHEMA}." if done else f"The database has schema {SCHEMA} already.")
    return 0


async def _move(arguments: argparse.Namespace) -> int:
    from bot.progress import progress
    from bot.store.database import Database
    from bot.store.move import move

    if arguments.source is None or arguments.target is None:
        return _fail("To move to another database, name both: --from URL --to URL.")
    async with contextlib.AsyncExitStack() as stack:
        source, target = Database(arguments.source), Database(arguments.target)
        for database in (source, target):
            stack.push_async_callback(database.close)
        with progress() as report:
            moved = await move(source, target, report=report)
        for one in moved:
            _say(f"{one.table:<20} {one.rows:>10,} rows  {one.checksum[:16]}")
        _say(
            f"Everything is in {target.shown}: {sum(one.rows for one in moved):,} rows, counts and checksums are the "
            "same in both. Set DATABASE_URL to it and start the bot."
        )
    return 0


async def _postmortem(arguments: argparse.Namespace) -> int:
    if arguments.format == "json":
        return await _export(arguments)
    from bot.bootstrap import open_desk
    from bot.service.incidents import by_number
    from bot.service.postmortem import facts

    async with open_desk(Environment.read(), team=arguments.team) as desk, desk.look() as uow:
        incident = await by_number(uow, arguments.incident)
        return _write(desk.write_postmortem(await facts(uow, incident)), arguments.output)


async def _export(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk
    from bot.service.incidents import by_number
    from bot.service.record import record

    async with open_desk(Environment.read(), team=arguments.team) as desk, desk.look() as uow:
        incident = await by_number(uow, arguments.incident)
        text = _json(await record(uow, incident), indent=2)
        return _write(text + "\n", arguments.output)


async def _backfill(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk
    from bot.progress import progress
    from bot.service.incidents import by_number
    from bot.slack.backfill import Backfill
    from bot.slack.gateway import Gateway
    from bot.slack.identity import identify

    environment = Environment.read()
    if not environment.bot_token:
        return _fail("SLACK_BOT_TOKEN is not set; the channel is read from Slack.")
    slack = Gateway(token=environment.bot_token, api_url=environment.api_url)
    async with open_desk(environment, team=arguments.team) as desk:
        async with desk.look() as uow:
            incident = await by_number(uow, arguments.incident)
        if incident.channel_id is None:
            return _fail(f"{incident.name} has no channel to read.")
        with progress() as report:
            result = await Backfill(desk, slack, await identify(slack)).read(
                incident.id, everything=True, report=report
            )
    _say(
        f"Read {result.read} messages of {incident.name}: {result.added} were missing on record, "
        f"{result.missing} are gone from the channel."
    )
    return 0


async def _erase(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk
    from bot.service import erasure, people
    from bot.service.incidents import by_number

    async with open_desk(Environment.read(), team=arguments.team) as desk:
        async with desk.look() as uow:
            actor = await people.acting(uow, arguments.person)
            whose = await people.whose(uow, arguments.whose) if arguments.whose is not None else None
        async with desk.work(actor=actor) as uow:
            incident = await by_number(uow, arguments.incident)
            if whose is not None:
                erased = await erasure.erase_person(uow, incident, whose, reason=arguments.reason)
            else:
                erased = await erasure.erase_messages(uow, incident, arguments.message, reason=arguments.reason)
        await desk.database.forget()
    stays = " Its title, service and category stay." if whose == incident.reporter else ""
    _say(
        f"Erased {erased} from the record of {incident.name}.{stays} I can't reach Slack, exported files and backups: "
        "delete it there too."
    )
    return 0


async def _inbox(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk
    from bot.domain.times import iso
    from bot.store import inbox

    async with open_desk(Environment.read(), team=arguments.team) as desk, desk.work() as uow:
        items = await inbox.failed(uow.session, uow.team_id)
        if arguments.retry:
            inbox.try_again(items)
    # Not what people wrote: the kind of event and what went wrong are enough to find the fault.
    rows = [
        {
            "id": one.id,
            "key": one.key,
            "kind": str((one.body.get("event") or {}).get("type")),
            "lane": one.lane,
            "received_at": iso(one.received_at),
            "attempts": one.attempts,
            "error": one.error,
        }
        for one in items
    ]
    if arguments.json:
        _say(_json(rows, indent=2))
        return 0
    for row in rows:
        _say(f"{row['received_at']}  {row['key']}  {row['kind']} in {row['lane']}: {row['error']}")
    if not rows:
        _say("Nothing was set aside.")
    elif arguments.retry:
        _say(f"{len(rows)} of them will be tried again by the running bot.")
    else:
        _say(f"{len(rows)} set aside. `incident-bot inbox --retry` lets the bot try them again.")
    return 0


async def _webhooks(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk, settings_and_runbooks, webhooks
    from bot.clock import SystemClock
    from bot.errors import DeliveryError, StoreError
    from bot.webhooks.destination import switch_on, switched_off

    environment = Environment.read()
    settings, _, _ = settings_and_runbooks(environment)
    endpoints = settings.destinations.webhooks
    if not endpoints:
        _say("config.yaml names no webhooks. docs/webhooks.md says how to add one.")
        return 0
    failed = False
    async with contextlib.AsyncExitStack() as stack:
        desk = None
        with contextlib.suppress(StoreError):  # a webhook can be tried before the bot has run
            desk = await stack.enter_async_context(open_desk(environment, team=arguments.team))
        for endpoint, destination in zip(endpoints, webhooks(environment, settings, SystemClock()), strict=True):
            if arguments.action == "list":
                off = None
                if desk is not None:
                    async with desk.look() as uow:
                        off = await switched_off(uow, endpoint.destination)
                state = f"switched off since {off.at:%Y-%m-%d %H:%M} UTC: {off.reason}" if off else "on"
                _say(f"{endpoint.url}  {state}")
                continue
            try:
                said = await destination.test()
            except DeliveryError as problem:
                failed = True
                _fail(f"{problem}. Check the address, and that the receiver knows the secret.")
                continue
            finally:
                await destination.close()
            again = False
            if desk is not None:
                async with desk.work() as uow:
                    again = await switch_on(uow, endpoint.destination)
            _say(f"{said}{' It was switched off, and is on again.' if again else ''}")
    return 1 if failed else 0


def _write(text: str, output: Path | None) -> int:
    from bot.files import too_open, write_own

    if output is None:
        sys.stdout.write(for_terminal(text))
        return 0
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_own(output, text)
    except OSError as problem:
        return _fail(f"{output} cannot be written: {problem.strerror}.")
    if warning := too_open([output]):
        sys.stderr.write(f"incident-bot: {warning}\n")
    return 0


async def _verb(arguments: argparse.Namespace) -> int:
    """The same commands as in Slack; the running bot, or the next one, tells Slack of them."""
    from bot.bootstrap import open_desk
    from bot.domain.mrkdwn import escape, plain
    from bot.errors import UserError
    from bot.service import people
    from bot.service.command import Answer, Call, Command, read
    from commands import find_commands

    commands: Mapping[str, Command] = find_commands()
    reading = read(commands, escape(" ".join([arguments.verb, *arguments.words])))
    bare = not reading.line.words and not reading.line.options
    reads = reading.command.reads == "always" or (reading.command.reads == "bare" and bare)
    if arguments.person is None and not reads:
        return _fail(f"Say who you are: incident-bot {arguments.verb} … --as @handle")
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
                can_open_modals=False,
                help=commands,
            )
            outcome = await reading.command.run(call)
            if not isinstance(outcome, Answer):
                raise UserError("What should it say?")
            names = await people.handles(uow, _ids(outcome.text))
        text = "\n".join([plain(outcome.text, names.get), *_spellings(outcome.buttons, arguments.person)])
    _say(_json({"ok": True, "text": text}) if arguments.json else text)
    return 0


def _ids(text: str) -> list[str | None]:
    from bot.domain.mrkdwn import mentioned

    return list(mentioned(text))
