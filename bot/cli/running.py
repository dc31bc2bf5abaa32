"""What runs until it is stopped: the bot, the demo, the local workspace."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from bot.cli.output import fail, say
from bot.config import Environment

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415


async def run(arguments: argparse.Namespace) -> int:
    from bot.bootstrap import running_bot
    from bot.web.server import Server

    http = Server("--http", *arguments.http) if arguments.http else None
    listen = Server("--listen", *arguments.listen) if arguments.listen else None
    monitor = Server("--monitor", *arguments.monitor) if arguments.monitor else None
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running_bot(Environment.read(), http=http, listen=listen, monitor=monitor) as application:
        say(f"incident-bot is {application.receiver.state}")
        if listen is not None:
            say(f"serving on http://{listen.address}")
        if monitor is not None:
            say(f"monitoring on http://{monitor.address}")
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


async def demo(arguments: argparse.Namespace) -> int:
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


async def sandbox(arguments: argparse.Namespace) -> int:
    from bot.sandbox import RealClock, SandboxServer, default_workspace

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        async with SandboxServer(default_workspace(RealClock()), port=arguments.port) as server:
            say(
                f"A local Slack workspace is open. Start a bot against it with:\n\n"
                f"  SLACK_API_URL={server.base_url} SLACK_BOT_TOKEN=xoxb-test-token \\\n"
                f"    SLACK_APP_TOKEN=xapp-test-token incident-bot run\n\n"
                f"Speak and click at {server.control_url} (docs/sandbox.md). Stop with Ctrl-C."
            )
            sys.stdout.flush()
            await stop.wait()
    except OSError as problem:
        return fail(
            f"Port {arguments.port} cannot be used: {problem.strerror or problem}. Take another, or leave --port out."
        )
    return 0
