"""An app in the workspace: who it is, what it may do, what it hears of."""

from __future__ import annotations

import copy
import itertools
import secrets
from collections.abc import Iterable
from typing import Self

from bot.sandbox.delivery.delivery import ACK_WITHIN, Delivery
from bot.sandbox.delivery.faults import Faults
from bot.sandbox.delivery.http_mode import RequestUrl
from bot.sandbox.delivery.socket_mode import SocketMode
from bot.sandbox.state.apps import Acknowledgement, SlashCommand
from bot.sandbox.state.model import Json, WorkspaceError
from bot.sandbox.state.scopes import ALL_SCOPES
from bot.sandbox.state.workspace_state import WorkspaceState

# How subscriptions name the message events of each kind of channel.
_MESSAGE_EVENTS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
# Messages whose mention of the bot is told a second time, as `app_mention`.
_MENTIONING = {None, "file_share", "thread_broadcast"}


class App:
    """One installed app and everything that is on its way to it."""

    def __init__(
        self,
        workspace: WorkspaceState,
        *,
        app_id: str,
        name: str,
        bot_user_id: str,
        bot_id: str,
        bot_token: str,
        app_token: str,
        signing_secret: str,
        scopes: Iterable[str] = ALL_SCOPES,
        commands: Iterable[SlashCommand] = (),
        events: Iterable[str] | None = None,
    ) -> None:
        self.id = app_id
        self.name = name
        self.bot_user_id = bot_user_id
        self.bot_id = bot_id
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.verification_token = secrets.token_hex(12)
        self.scopes = set(scopes)
        self.commands = {command.command: command for command in commands}
        self.events = None if events is None else set(events)  # None: subscribed to everything
        self.request_url: str | None = None  # None: Socket Mode
        self.delivery = Delivery(workspace.clock)
        self.sockets = SocketMode(self)
        self._workspace = workspace
        self._endpoint: RequestUrl | None = None
        self._answer_within = ACK_WITHIN
        self._event_number = itertools.count(1)

    @classmethod
    def install(
        cls,
        workspace: WorkspaceState,
        *,
        name: str,
        bot_token: str | None = None,
        app_token: str | None = None,
        signing_secret: str | None = None,
        scopes: Iterable[str] = ALL_SCOPES,
        commands: Iterable[SlashCommand | str] = (),
        events: Iterable[str] | None = None,
    ) -> Self:
        """Add an app and its bot user to a workspace; secrets that are not given are made up."""
        if any(app.name == name for app in workspace.apps):
            raise WorkspaceError(f"there is an app {name!r} already")
        app_id, bot_id = workspace.new_id("A"), workspace.new_id("B")
        bot_user = workspace.add_user(name, real_name=name, is_bot=True)
        bot_user.bot_id, bot_user.app_id = bot_id, app_id
        app = cls(
            workspace,
            app_id=app_id,
            name=name,
            bot_user_id=bot_user.id,
            bot_id=bot_id,
            bot_token=bot_token or f"xoxb-{secrets.token_hex(12)}",
            app_token=app_token or f"xapp-{secrets.token_hex(12)}",
            signing_secret=signing_secret or secrets.token_hex(16),
            scopes=scopes,
            commands=[SlashCommand(command=each) if isinstance(each, str) else each for each in commands],
            events=events,
        )
        workspace.add_app(app)
        return app

    def deliver_event(self, event: Json) -> None:
        """Send an inner event, wrapped as Slack does, if the app is subscribed to it; never waits for the app."""
        for each in (event, self._mention_in(event)):
            if each is not None and self.hears(each):
                self.delivery.deliver(self._wrapped(each))

    def hears(self, event: Json) -> bool:
        """Whether the app is subscribed to this event."""
        if self.events is None:
            return True
        names = {event.get("type"), _MESSAGE_EVENTS.get(event.get("channel_type", ""), "")}
        return not self.events.isdisjoint(names if event.get("type") == "message" else {event.get("type")})

    async def ask(self, kind: str, payload: Json) -> Acknowledgement:
        """Send a command or an interaction, once, and wait for its acknowledgement."""
        return await self.delivery.ask(kind, payload)

    def unacknowledged(self) -> int:
        """Sent or about to be, and not yet acknowledged; retries that wait for their time do not count."""
        return self.delivery.unacknowledged

    async def use_request_url(self, url: str | None) -> None:
        """HTTP mode from now on if the URL answers the challenge, else RequestUrlError; None is Socket Mode again."""
        endpoint = None
        if url is not None:
            endpoint = RequestUrl(self, url, answer_within=self._answer_within)
            try:
                await endpoint.verify()
            except BaseException:
                await endpoint.close()
                raise
        await self._drop_endpoint()
        self.request_url = url
        if endpoint is not None:
            await self.sockets.close()
            self._endpoint = endpoint
            self.delivery.attach(endpoint)

    def start(self, *, faults: Faults, ack_within: float = ACK_WITHIN) -> None:
        """Deliver from now on."""
        self._answer_within = ack_within
        self.delivery.start(faults=faults, ack_within=ack_within)

    async def close(self) -> None:
        """Stop delivering and leave no task behind."""
        await self.sockets.close()
        await self.delivery.close()
        await self._drop_endpoint()

    async def _drop_endpoint(self) -> None:
        if self._endpoint is not None:
            self.delivery.detach(self._endpoint)
            await self._endpoint.close()
            self._endpoint = None

    def _mention_in(self, event: Json) -> Json | None:
        mentioned = f"<@{self.bot_user_id}>" in str(event.get("text", ""))
        if event.get("type") != "message" or event.get("subtype") not in _MENTIONING or not mentioned:
            return None
        if event.get("user") == self.bot_user_id or event.get("channel_type") == "im":
            return None
        left_out = {"channel_type", "subtype", "hidden"}
        return {key: value for key, value in event.items() if key not in left_out} | {"type": "app_mention"}

    def _wrapped(self, event: Json) -> Json:
        team = self._workspace.team_id
        number = next(self._event_number)
        there = self._workspace.channels.get(_channel_in(event))
        authorization = {
            "enterprise_id": None,
            "team_id": team,
            "user_id": self.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        return {
            "token": self.verification_token,
            "team_id": team,
            "api_app_id": self.id,
            "event": copy.deepcopy(event),  # the record may change while this waits for its retry
            "type": "event_callback",
            "event_id": self._workspace.new_id("Ev"),
            "event_time": int(self._workspace.clock.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": bool(there and self._workspace.foreign_teams(there)),
            "event_context": f"4-{number:08d}-{event.get('type')}",
        }


def _channel_in(event: Json) -> str:
    """The id of the channel that an event is about; none where it is about none."""
    named = event.get("channel") or event.get("channel_id") or event.get("item", {}).get("channel", "")
    return str(named.get("id", "") if isinstance(named, dict) else named)
