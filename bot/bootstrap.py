"""The only place where parts are wired together."""

import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from sqlalchemy import select

from bot.application import Application, Receiver
from bot.clock import Clock, SystemClock
from bot.config import Destinations, Environment, Intake, Settings, load_settings
from bot.delivery.dispatcher import Dispatcher
from bot.domain.runbook import Runbook
from bot.errors import NOT_LET_IN, ConfigError, SlackBusy, SlackRefused, SlackUnclear, StoreError
from bot.health import Health
from bot.intake.applier import Applier
from bot.intake.door import Door
from bot.intake.generic.source import GenericSource
from bot.intake.inbox import Inbox
from bot.intake.proof import Keys
from bot.intake.source import Hook
from bot.render.words import Words
from bot.report import exporters
from bot.resources import packaged
from bot.runbooks import load_runbooks
from bot.service.desk import Desk
from bot.service.due import DueJobs, jobs
from bot.service.incidents import every_incident
from bot.service.report import report
from bot.slack.inbound.app import slack_app
from bot.slack.inbound.backfill import Backfill
from bot.slack.inbound.inbox import SlackInbox
from bot.slack.inbound.interactions import Interactions
from bot.slack.inbound.membership import Membership
from bot.slack.inbound.origin import Doorkeeper
from bot.slack.inbound.socket_mode import SocketModeReceiver
from bot.slack.inbound.source import SlackSource
from bot.slack.messages import permalinks
from bot.slack.outbound.destination import SlackDestination
from bot.slack.outbound.gateway import Gateway
from bot.slack.outbound.identity import identify
from bot.store.database import Database
from bot.store.migrate import anything_in, migrate
from bot.store.tables import Workspace
from bot.store.upsert import upsert
from bot.web.gate import ConnectionLimits
from bot.web.monitor import Monitor
from bot.web.server import Server
from bot.web.slack_http import HttpReceiver
from bot.webhooks.destination import WebhookDestination
from bot.webhooks.signing import key_of
from commands import find_commands

log = logging.getLogger(__name__)

if TYPE_CHECKING:  # the demo and the sandbox are not loaded by a bot at work
    from bot.demo.play import RunningBot, Tokens
    from bot.sandbox.state.clock import SteppedClock


def settings_and_runbooks(environment: Environment) -> tuple[Settings, tuple[Runbook, ...]]:
    """What the organisation has configured; every problem at once."""
    settings = load_settings(environment.config_path)
    return settings, load_runbooks(settings)


def words_of(settings: Settings) -> Words:
    """The templates, the organisation's own first."""
    return Words(packaged("templates"), settings.templates)


@asynccontextmanager
async def open_desk(
    environment: Environment, *, team: str | None = None, clock: Clock | None = None
) -> AsyncIterator[Desk]:
    """The desk of a workspace whose record is in the database, for the command line: without Slack.

    `team` is its id, name or address; it may be left out where the database holds one workspace only.
    """
    settings, runbooks = settings_and_runbooks(environment)
    database = Database(environment.database_url)
    try:
        await migrate(database)
        async with database.read() as session:
            workspaces = (await session.scalars(select(Workspace).order_by(Workspace.team_id))).all()
        yield Desk(
            database=database,
            clock=clock or SystemClock(),
            settings=settings,
            runbooks=runbooks,
            team_id=_chosen(workspaces, team).team_id,
            permalinks=permalinks,
        )
    finally:
        await database.close()


def _chosen(workspaces: Sequence[Workspace], team: str | None) -> Workspace:
    """The workspace that is meant, or a refusal that lists those that there are."""
    if not workspaces:
        raise StoreError(
            "The database has no workspace yet. Start the bot once (`incident-bot run`), "
            "or set DATABASE_URL to its database."
        )
    found = [one for one in workspaces if team is None or team.lower() in _names(one)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{one.team_id} ({one.name or one.url})" for one in workspaces)
    if team is not None and not found:
        raise StoreError(f"There's no workspace “{team}” in the database. There are: {listed}.")
    raise StoreError(f"The database holds several workspaces. Say which one with --team: {listed}.")


def _names(workspace: Workspace) -> set[str]:
    """What people call it: T012AB3CD, Acme, https://acme.slack.com/, acme.slack.com, acme."""
    host = workspace.url.partition("://")[2].strip("/")
    names = {workspace.team_id, workspace.name, workspace.url, workspace.url.rstrip("/"), host, host.partition(".")[0]}
    return {one.lower() for one in names if one}


@asynccontextmanager
async def running_bot(
    environment: Environment,
    *,
    clock: Clock | None = None,
    http: Server | None = None,
    listen: Server | None = None,
    monitor: Server | None = None,
    slack_only: bool = False,
) -> AsyncIterator[Application]:
    """The bot at work: connected over Socket Mode, or receiving on `http`.

    Everything else is served on `listen`, or on `http` too; health and metrics on `monitor` where there is one.
    `slack_only`: nobody else is told anything, or tells anything, as in a demo.
    """
    _check_secrets(environment, http=http is not None)
    settings, runbooks = settings_and_runbooks(environment)
    words = words_of(settings)
    if slack_only:
        settings = settings.model_copy(update={"destinations": Destinations(), "intake": Intake()})
    slack = Gateway(token=environment.bot_token, api_url=environment.api_url)
    database = Database(environment.database_url)
    try:
        await migrate(database)
        await slack.open()
        workspace = await identify(slack)
        async with database.write() as session:
            await upsert(session, workspace, by=["team_id"])
        desk = Desk(
            database=database,
            clock=clock or SystemClock(),
            settings=settings,
            runbooks=runbooks,
            team_id=workspace.team_id,
            permalinks=permalinks,
        )
        came_in, membership = Inbox(desk), Membership(desk, slack, workspace)
        inbox = SlackInbox(came_in, workspace)
        app = slack_app(
            slack=slack,
            token=environment.bot_token,
            signing_secret=environment.signing_secret,
            workspace=workspace,
            doorkeeper=Doorkeeper(desk, slack, workspace),
            inbox=inbox,
            interactions=Interactions(desk, slack, membership),
            known_commands=find_commands(),
        )
        receiver: Receiver = (
            HttpReceiver(app, http, signing_secret=environment.signing_secret)
            if http is not None
            else SocketModeReceiver(
                app,
                inbox,
                app_token=environment.app_token,
                api_url=environment.api_url,
                connections=settings.socket_mode.connections,
                give_up_after=settings.socket_mode.give_up_after,
            )
        )
        doors = hooks(environment, settings)
        sources = [SlackSource(), *doors]
        health = Health(machine_time=time.monotonic)
        application = Application(
            desk=desk,
            slack=slack,
            inbox=inbox,
            appliers=[Applier(desk, one, came_in) for one in sources],
            dispatchers=[
                Dispatcher(desk, SlackDestination(slack, words, desk.clock)),
                *(Dispatcher(desk, one) for one in webhooks(environment, settings, desk.clock)),
            ],
            jobs=DueJobs(desk, jobs(words.postmortem)),
            backfill=Backfill(desk, slack, workspace),
            membership=membership,
            slack_app=app,
            receiver=receiver,
            health=health,
        )
        servers = [one for one in (http, listen, monitor) if one is not None]
        for server in servers:
            server.limits = ConnectionLimits(
                connections=settings.http.connections,
                per_address=settings.http.connections_per_address,
                headers_within=settings.http.headers_within.total_seconds(),
                body_within=settings.http.body_within.total_seconds(),
            )
        if elsewhere := listen or http:
            Door(desk, came_in, doors, stopping=lambda: health.stopping).serve(elsewhere.site)
        elif settings.intake.generic:
            log.warning(
                "config.yaml names integrations, but no address is open for them: start me with --listen HOST:PORT.",
                extra={"action": "intake_closed"},
            )
        if watched := monitor or listen or http:
            # Where Slack and monitors come to, everybody may come: metrics are told there against a token only.
            Monitor(desk=desk, health=health, receiving=receiver.receiving, stalled_for=application.stalled_for).serve(
                watched.site, metrics=monitor is not None, token=environment.metrics_token
            )
        # The servers first and, at the end, last: while what is under way is finished they say that it is.
        async with AsyncExitStack() as stack:
            for server in servers:
                await stack.enter_async_context(server)
            yield await stack.enter_async_context(application)
    finally:
        await slack.close()
        await database.close()


def webhooks(environment: Environment, settings: Settings, clock: Clock) -> list[WebhookDestination]:
    """Those that config.yaml names, with their secrets. Raises ConfigError where one has none that can be used."""
    found, problems = [], []
    for place, endpoint in enumerate(settings.destinations.webhooks):
        try:
            key = key_of(environment.variables.get(endpoint.secret_env, "").strip())
        except ValueError as problem:
            problems.append(
                f"destinations.webhooks.{place}.secret_env: {endpoint.secret_env} can't be used: {problem}. "
                "Set it to what the receiver checks signatures with."
            )
        else:
            found.append(WebhookDestination(endpoint, key, clock))
    if problems:
        raise ConfigError(problems)
    return found


def hooks(environment: Environment, settings: Settings) -> list[Hook]:
    """The sources that programs write to. Raises ConfigError where an integration has no key that can be used."""
    keys, problems = {}, []
    for name, integration in settings.intake.generic.items():
        key = environment.variables.get(integration.key_env, "").strip()
        if not key:
            problems.append(
                f"intake.generic.{name}.key_env: {integration.key_env} is not set. Set it to a key for the monitor, "
                "for example from `openssl rand -hex 32`."
            )
        elif not key.isascii() or not key.isprintable() or " " in key:
            problems.append(
                f"intake.generic.{name}.key_env: {integration.key_env} holds a space or a sign that a header can't "
                "have. Take another key."
            )
        keys[name] = key
    if problems:
        raise ConfigError(problems)
    return [GenericSource(settings.intake.generic, Keys(keys))]


class _DemoBot:
    """The bot as the demo knows it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._desk = application.desk

    async def idle(self) -> None:
        await self._application.idle()

    async def next_due(self) -> datetime | None:
        return await self._application.next_due()

    async def write_results(self, out: Path) -> list[Path]:
        """DIR/INC-1/postmortem.md, DIR/INC-1/incident.json and so on for each incident."""
        written = []
        async with self._desk.look() as uow:
            for incident in await every_incident(uow):
                folder = out / incident.name
                folder.mkdir(parents=True, exist_ok=True)
                found, words = await report(uow, incident), words_of(self._desk.settings)
                for exporter in exporters().values():
                    path = folder / exporter.file_name
                    path.write_bytes(exporter.export(found, words))
                    written.append(path)
        return written


class SharedClock:
    """The workspace's clock as the bot's: both stand still and move on together."""

    def __init__(self, clock: "SteppedClock") -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.time(), UTC)

    async def sleep_until(self, when: datetime) -> None:
        await self._clock.sleep_until(when.timestamp())

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep_until(self._clock.time() + seconds)


async def check_empty(database_url: str) -> None:
    """Raises StoreError for a database that holds anything: the demo's story must not get among real incidents."""
    database = Database(database_url)
    try:
        found = await anything_in(database)
    finally:
        await database.close()
    if found is not None:
        raise StoreError(f"The database {database.shown} isn't empty: it has {found}. Give --database a new one.")


@asynccontextmanager
async def demo_bot(
    api_url: str, tokens: "Tokens", clock: "SteppedClock", database_url: str
) -> AsyncIterator["RunningBot"]:
    """The real bot in the demo's workspace; an organisation's own configuration applies, but nobody else is told."""
    environment = replace(
        Environment.read(),
        bot_token=tokens.bot,
        app_token=tokens.app,
        signing_secret=tokens.signing_secret,
        api_url=api_url,
        database_url=database_url,
    )
    async with running_bot(environment, clock=SharedClock(clock), slack_only=True) as application:
        yield _DemoBot(application)


def _unusable(environment: Environment) -> Iterator[str]:
    """What would fail later with less to say; without repeating a secret."""
    for name, value in (
        ("SLACK_BOT_TOKEN", environment.bot_token),
        ("SLACK_APP_TOKEN", environment.app_token),
        ("SLACK_SIGNING_SECRET", environment.signing_secret),
    ):
        if not value.isascii() or not value.isprintable() or " " in value:
            yield f"{name} holds a space, a line break or a sign that no token has. Copy it again, on one line."
    try:
        address = urlsplit(environment.api_url)
        usable = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        yield "SLACK_API_URL is not an address. Write for example https://slack.com/api/, or leave it out."
    elif "@" in address.netloc:
        yield "SLACK_API_URL holds a user or a password, which Slack has no use for. Take it out."


def _check_secrets(environment: Environment, *, http: bool) -> None:
    """Missing tokens, all at once, each with where it comes from."""
    problems = list(_unusable(environment))
    if not environment.bot_token:
        problems.append(
            "SLACK_BOT_TOKEN is not set. In your app's settings, under OAuth & Permissions, "
            "copy the Bot User OAuth Token (xoxb-…)."
        )
    elif not environment.bot_token.startswith("xoxb-"):
        problems.append(
            "SLACK_BOT_TOKEN is not a bot token: it must begin with xoxb-. It is under OAuth & Permissions."
        )
    if not http:
        if not environment.app_token:
            problems.append(
                "SLACK_APP_TOKEN is not set. In your app's settings, under Basic Information, make an app-level token "
                "with the scope connections:write (xapp-…)."
            )
        elif not environment.app_token.startswith("xapp-"):
            problems.append(
                "SLACK_APP_TOKEN is not an app-level token: it must begin with xapp-. It is under Basic Information."
            )
    elif not environment.signing_secret:
        problems.append(
            "SLACK_SIGNING_SECRET is not set; in HTTP mode every request is checked against it. "
            "It is under Basic Information."
        )
    if problems:
        raise ConfigError(problems)


def explain_silence(problem: SlackBusy | SlackUnclear) -> str:
    """Why the start failed where no answer came from Slack."""
    if isinstance(problem.__cause__, SlackApiError):
        return f"{problem}. Start me again then."
    where, why = Environment.read().api_url, problem.__cause__ or problem
    return f"Slack cannot be reached at {where} ({why}). Check the network, HTTPS_PROXY and SLACK_API_URL."


def explain_refusal(problem: SlackRefused) -> str:
    """Why the start failed, and what to do."""
    match problem.code:
        case code if code in NOT_LET_IN:
            which = "SLACK_APP_TOKEN" if problem.method == "apps.connections.open" else "SLACK_BOT_TOKEN"
            return f"Slack doesn't accept {which} ({problem.code}). Copy it again from your app's settings."
        case "not_allowed_token_type":
            return "Slack refused the kind of token: SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-."
        case "missing_scope":
            return (
                f"The app lacks the scope {problem.needed}. Add it under OAuth & Permissions "
                "(manifest.yaml has them all) and install the app to the workspace again."
            )
        case _:
            return f"{problem}."
