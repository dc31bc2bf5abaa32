"""What whoever runs the bot does now and then."""

import argparse
import contextlib

from bot.cli.output import fail, say
from bot.config import Environment
from bot.errors import ConfigError
from bot.render.json_text import to_json

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415


async def check_config(_: argparse.Namespace) -> int:
    from bot.bootstrap import settings_and_runbooks, words_of

    environment = Environment.read()
    settings, runbooks = settings_and_runbooks(environment)
    if problems := list(words_of(settings).problems()):
        raise ConfigError(problems)
    say(
        f"{environment.config_path} is in order: {len(settings.priorities)} priorities, {len(settings.roles)} roles, "
        f"{len(settings.categories)} categories, {len(runbooks)} runbooks."
    )
    return 0


async def migrate(arguments: argparse.Namespace) -> int:
    from bot.store.database import Database
    from bot.store.migrate import SCHEMA, migrate

    if arguments.source is not None or arguments.target is not None:
        return await _move(arguments)
    database = Database(Environment.read().database_url)
    try:
        done = await migrate(database)
    finally:
        await database.close()
    say(f"The database now has schema {SCHEMA}." if done else f"The database has schema {SCHEMA} already.")
    return 0


async def _move(arguments: argparse.Namespace) -> int:
    from bot.progress import progress
    from bot.store.database import Database
    from bot.store.move import move

    if arguments.source is None or arguments.target is None:
        return fail("To move to another database, name both: --from URL --to URL.")
    async with contextlib.AsyncExitStack() as stack:
        source, target = Database(arguments.source), Database(arguments.target)
        for database in (source, target):
            stack.push_async_callback(database.close)
        with progress() as report:
            moved = await move(source, target, report=report)
        for one in moved:
            say(f"{one.table:<20} {one.rows:>10,} rows  {one.checksum[:16]}")
        say(
            f"Everything is in {target.shown}: {sum(one.rows for one in moved):,} rows, counts and checksums are the "
            "same in both. Set DATABASE_URL to it and start the bot."
        )
    return 0


async def backfill(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk
    from bot.progress import progress
    from bot.service.incidents import by_number
    from bot.slack.inbound.backfill import Backfill
    from bot.slack.outbound.gateway import Gateway
    from bot.slack.outbound.identity import identify

    environment = Environment.read()
    if not environment.bot_token:
        return fail("SLACK_BOT_TOKEN is not set; the channel is read from Slack.")
    slack = Gateway(token=environment.bot_token, api_url=environment.api_url)
    async with open_desk(environment, team=arguments.team) as desk:
        async with desk.look() as uow:
            incident = await by_number(uow, arguments.incident)
        if incident.channel_id is None:
            return fail(f"{incident.name} has no channel to read.")
        with progress() as report:
            result = await Backfill(desk, slack, await identify(slack)).read(
                incident.id, everything=True, report=report
            )
    say(
        f"Read {result.read} messages of {incident.name}: {result.added} were missing on record, "
        f"{result.missing} are gone from the channel."
    )
    return 0


async def erase(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk, words_of
    from bot.service import erasure, people
    from bot.service.incidents import by_number

    async with open_desk(Environment.read(), team=arguments.team) as desk:
        async with desk.look() as uow:
            actor = await people.acting(uow, arguments.person)
            whose = await people.whose(uow, arguments.whose) if arguments.whose is not None else None
        write = words_of(desk.settings).postmortem
        async with desk.work(actor=actor) as uow:
            incident = await by_number(uow, arguments.incident)
            if arguments.integration is not None:
                erased = await erasure.erase_integration(
                    uow, incident, arguments.integration, reason=arguments.reason, write=write
                )
            elif whose is not None:
                erased = await erasure.erase_person(uow, incident, whose, reason=arguments.reason, write=write)
            else:
                erased = await erasure.erase_messages(
                    uow, incident, arguments.message, reason=arguments.reason, write=write
                )
        await desk.database.forget()
    theirs = (whose, arguments.integration) == (incident.reporter, incident.reporter_integration)
    stays = " Its title, service and category stay." if theirs else ""
    say(
        f"Erased {erased} from the record of {incident.name}.{stays} I can't reach Slack, exported files and backups: "
        "delete it there too."
    )
    return 0


async def inbox(arguments: argparse.Namespace) -> int:
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
            "source": one.source,
            "key": one.key,
            "kind": str((one.body.get("event") or {}).get("type") or one.body.get("kind")),
            "lane": one.lane,
            "received_at": iso(one.received_at),
            "attempts": one.attempts,
            "error": one.error,
        }
        for one in items
    ]
    if arguments.json:
        say(to_json(rows, indent=2))
        return 0
    for row in rows:
        say(f"{row['received_at']}  {row['source']}  {row['key']}  {row['kind']} in {row['lane']}: {row['error']}")
    if not rows:
        say("Nothing was set aside.")
    elif arguments.retry:
        say(f"{len(rows)} of them will be tried again by the running bot.")
    else:
        say(f"{len(rows)} set aside. `incident-bot inbox --retry` lets the bot try them again.")
    return 0


async def webhooks(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import open_desk, settings_and_runbooks, webhooks
    from bot.clock import SystemClock
    from bot.errors import DeliveryError, StoreError
    from bot.webhooks.destination import switch_on, switched_off

    environment = Environment.read()
    settings, _ = settings_and_runbooks(environment)
    endpoints = settings.destinations.webhooks
    if not endpoints:
        say("config.yaml names no webhooks. docs/webhooks.md says how to add one.")
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
                say(f"{endpoint.url}  {state}")
                continue
            try:
                said = await destination.test()
            except DeliveryError as problem:
                failed = True
                fail(f"{problem}. Check the address, and that the receiver knows the secret.")
                continue
            finally:
                await destination.close()
            again = False
            if desk is not None:
                async with desk.work() as uow:
                    again = await switch_on(uow, endpoint.destination)
            say(f"{said}{' It was switched off, and is on again.' if again else ''}")
    return 1 if failed else 0
