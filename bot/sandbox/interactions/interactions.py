"""What people do with an app: commands, buttons and menus, modals, shortcuts, its home tab."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bot.sandbox.actions import channels
from bot.sandbox.block_kit import inputs, validation
from bot.sandbox.interactions import modals, payloads, suggestions
from bot.sandbox.interactions.audience import Audience
from bot.sandbox.interactions.message_elements import MessageElements, Use
from bot.sandbox.interactions.responder import Responder, ResponseTarget
from bot.sandbox.interactions.response_urls import ResponseUrls
from bot.sandbox.interactions.triggers import Triggers
from bot.sandbox.interactions.views import View, Views
from bot.sandbox.state import mentions
from bot.sandbox.state.activity import Answer, Happening, Kind
from bot.sandbox.state.apps import Acknowledgement, InstalledApp
from bot.sandbox.state.model import SLACKBOT, Channel, Json, User, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState

logger = logging.getLogger(__name__)

_REFUSED_ANSWER = "invalid_command_response"  # what came with a command's acknowledgement is no message
WAIT = 3.0  # machine seconds that an answer may take after the acknowledgement


class Interactions:
    """Everything in a workspace that makes a person and an app talk."""

    def __init__(self, workspace: WorkspaceState) -> None:
        self._workspace = workspace
        self.triggers = Triggers()
        self._responder = Responder(workspace)
        self.response_urls = ResponseUrls(workspace, self._responder)
        self.views = Views(workspace)
        self._elements = MessageElements(workspace)
        self._at_home: set[str] = set()  # who looks at the home tab

    # --- commands and shortcuts

    async def run_command(self, *, user: str, channel: str, command: str, text: str, wait: float = WAIT) -> Answer:
        """Type a slash command. `text` is as typed: `@ben` and `#general` become what Slack makes of them."""
        person, there = channels.enter(self._workspace, user, channel)
        name = command if command.startswith("/") else f"/{command}"
        self._tell("command", person, there, f"{name} {text}".rstrip(), detail={"command": name, "text": text})
        app = next((app for app in self._workspace.apps if name in app.commands), None)
        if app is None:
            return self._slackbot_says(person, there, f"{name} is not a valid command.", error="unknown_command")
        target = ResponseTarget(app=app, user=person.id, channel=there.id)
        payload = payloads.slash_command(
            self._workspace,
            app,
            person,
            there,
            command=name,
            text=self._typed(text, escape=app.commands[name].should_escape),
            trigger=self.triggers.issue(user=person.id, app_id=app.id, channel=there.id),
            url=self.response_urls.issue("commands", target),
        )
        with Audience(self._workspace, person.id) as audience:
            acknowledged = await app.ask("slash_commands", payload)
            if acknowledged.error:
                failed = f"{name} failed with the error “{acknowledged.error}”"
                return self._slackbot_says(person, there, failed, error=acknowledged.error)
            if problems := validation.check_answer(acknowledged.payload.get("blocks")):
                logger.warning("refused blocks: %s", "; ".join(problems), extra={"action": "answer_refused"})
                failed = f"{name} failed with the error “{_REFUSED_ANSWER}”"
                return self._slackbot_says(person, there, failed, error=_REFUSED_ANSWER)
            self._answer_at_once(target, acknowledged)
            return await audience.answer(acknowledged, wait)

    async def run_shortcut(
        self, *, user: str, callback_id: str, channel: str | None = None, ts: str | None = None, wait: float = WAIT
    ) -> Answer:
        """A message shortcut with channel and ts, else a global one."""
        person = self._workspace.active_user(user)
        if not self._workspace.apps:
            raise WorkspaceError("no app is installed in this workspace")
        app = self._workspace.apps[0]
        if channel is None or ts is None:
            trigger = self.triggers.issue(user=person.id, app_id=app.id)
            payload = payloads.global_shortcut(self._workspace, app, person, callback_id=callback_id, trigger=trigger)
        else:
            there = self._workspace.seen_channel(person, channel)
            target = ResponseTarget(app=app, user=person.id, channel=there.id, message_ts=ts)
            payload = payloads.message_shortcut(
                self._workspace,
                app,
                person,
                there,
                callback_id=callback_id,
                trigger=self.triggers.issue(user=person.id, app_id=app.id, channel=there.id),
                message=self._elements.shown(there, ts),
                url=self.response_urls.issue("app", target),
            )
        return await self._ask(app, person, payload, wait)

    # --- elements

    async def click(
        self,
        *,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        value: Any = None,
        block_id: str | None = None,
        wait: float = WAIT,
    ) -> Answer:
        """Press a button of a message, or choose in one of its menus; `value` is the option's value, a date, a name."""
        person = self._workspace.active_user(user)
        there = self._workspace.seen_channel(person, channel)
        used = self._elements.use(person, there, ts, action_id=action_id, value=value, block_id=block_id)
        action, state = await self._used(used, value)
        self._elements.keep(used, ts, state)
        self._tell(
            "click", person, there, modals.label(used.element), ts=ts, detail={"action_id": action_id, "value": value}
        )
        url = self.response_urls.issue("actions", self._elements.target(used, ts))
        where = used.where | {"response_url": url}
        payload = payloads.block_actions(
            self._workspace,
            used.app,
            person,
            trigger=self.triggers.issue(user=person.id, app_id=used.app.id, channel=there.id),
            actions=[action],
            state=self._elements.state(used, ts),
            where=where,
        )
        return await self._ask(used.app, person, payload, wait)

    async def change_input(
        self, *, user: str, action_id: str, block_id: str | None = None, value: Any = None, wait: float = WAIT
    ) -> Answer:
        """Change an input or use an element of the open view; the app hears of it where the element dispatches."""
        person = self._workspace.active_user(user)
        view = self._facing(person)
        block, element = modals.find(view, action_id, block_id)
        action, state = await self._used(self._in_view(person, view, block, element), value)
        if state is not None:
            view.enter(block["block_id"], element["action_id"], state)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return Answer(ok=True)
        detail = {"action_id": action_id, "value": value, "view_id": view.id}
        self._tell("click", person, None, modals.label(element), detail=detail)
        payload = payloads.block_actions(
            self._workspace,
            view.app,
            person,
            trigger=self.triggers.issue(user=person.id, app_id=view.app.id, view_id=view.id, channel=view.channel),
            actions=[action],
            state=view.state(),
            where=self._in_view(person, view, block, element).where,
        )
        return await self._ask(view.app, person, payload, wait, leaves_home=view.type != "home")

    # --- modals and the home tab

    async def submit(
        self, *, user: str, values: Mapping[str, Mapping[str, Any]] | None = None, wait: float = WAIT
    ) -> Answer:
        """Fill in and submit the modal that this person has open; inputs left out keep what they have."""
        person = self._workspace.active_user(user)
        view = modals.open_modal(self._workspace, self.views, person.id)
        entered = [
            (block, element, await self._chosen(self._in_view(person, view, block, element), plain))
            for block, element, plain in modals.entries(view, values or {})
        ]
        for block, element, state in entered:
            view.enter(block["block_id"], element["action_id"], state)
        problems = inputs.problems(view.blocks, view.state())
        if problems:
            return modals.refused(view, problems)  # Slack's client objects; the app is not asked
        detail = {"view_id": view.id, "callback_id": view.callback_id, "values": view.state()["values"]}
        self._tell("submit", person, None, modals.title(view), detail=detail)
        payload = payloads.view_submission(
            self._workspace,
            person,
            view,
            trigger=self.triggers.issue(user=person.id, app_id=view.app.id, view_id=view.id, channel=view.channel),
            response_urls=self._view_urls(view),
        )
        with Audience(self._workspace, person.id) as audience:
            acknowledged = await view.app.ask("interactive", payload)
            if acknowledged.error:
                return Answer(ok=False, error=acknowledged.error, view=view.shown())
            stays = modals.respond(self.views, view, acknowledged.payload)
            return stays or await audience.answer(acknowledged, wait)

    async def close_view(self, *, user: str) -> None:
        """Close the open modal; the app hears of it where it asked to (`notify_on_close`)."""
        person = self._workspace.active_user(user)
        view = modals.open_modal(self._workspace, self.views, person.id)
        cleared = bool(view.body.get("clear_on_close"))
        closed = self.views.clear(person.id) if cleared else [view]
        self.views.close(view)
        for each in closed:
            if each.body.get("notify_on_close"):
                payload = payloads.view_closed(self._workspace, person, each, cleared=cleared)
                await each.app.ask("interactive", payload)

    async def open_home(self, *, user: str, wait: float = WAIT) -> Answer:
        """Look at the app's home tab; waits for what the app publishes there."""
        person = self._workspace.active_user(user)
        self._at_home.add(person.id)
        with Audience(self._workspace, person.id) as audience:
            for app in self._workspace.apps:
                there = channels.open_direct(self._workspace, [app.bot_user_id, person.id])
                event = {
                    "type": "app_home_opened",
                    "user": person.id,
                    "channel": there.id,
                    "tab": "home",
                    "event_ts": self._workspace.new_ts(),
                }
                home = self.views.home(app.id, person.id)
                app.deliver_event(event | ({"view": home.shown()} if home else {}))
            return await audience.answer(Acknowledgement(), wait)

    def published(self, view: View) -> None:
        """An app set somebody's home tab; they see it if they are looking."""
        if view.user in self._at_home:
            self._workspace.show(view.user, {"view": view.shown()})

    # --- asking the app

    async def _ask(
        self, app: InstalledApp, person: User, payload: Json, wait: float, *, leaves_home: bool = True
    ) -> Answer:
        if leaves_home:
            self._at_home.discard(person.id)
        with Audience(self._workspace, person.id) as audience:
            return await audience.answer(await app.ask("interactive", payload), wait)

    async def _chosen(self, use: Use, value: Any) -> Json:
        element, value = await self._with_options(use, value)
        return inputs.chosen(element, value, self._workspace)

    async def _used(self, use: Use, value: Any) -> tuple[Json, Json | None]:
        """The entry of `actions`, and the element's new state where it keeps one."""
        element, value = await self._with_options(use, value)
        return inputs.action(use.block, element, value, self._workspace, action_ts=self._workspace.new_ts())

    async def _with_options(self, use: Use, value: Any) -> tuple[Json, Any]:
        """The element itself and what is chosen there; an external select with the option that the app offered."""
        if value in (None, "", []) or not suggestions.is_external(use.element):
            return use.element, value
        return await suggestions.choice(self._workspace, use, value)

    def _in_view(self, person: User, view: View, block: Json, element: Json) -> Use:
        where = {"container": {"type": "view", "view_id": view.id}, "view": view.shown()}
        return Use(app=view.app, person=person, blocks=view.blocks, block=block, element=element, where=where)

    def _answer_at_once(self, target: ResponseTarget, acknowledged: Acknowledgement) -> None:
        """Show what came with the acknowledgement of a command."""
        text, blocks = str(acknowledged.payload.get("text") or ""), list(acknowledged.payload.get("blocks") or [])
        if not text and not blocks:
            return
        if acknowledged.payload.get("response_type") == "in_channel":
            self._responder.post(target, text, blocks, thread_ts=None, metadata=None)
        else:
            self._responder.whisper(target, text, blocks, thread_ts=None)

    def _view_urls(self, view: View) -> list[Json]:
        """One response_url for each channel chosen in an element with `response_url_enabled`."""
        urls: list[Json] = []
        for ids, channel in modals.chosen_channels(view):
            target = ResponseTarget(app=view.app, user=view.user, channel=channel)
            urls.append(ids | {"channel_id": channel, "response_url": self.response_urls.issue("app", target)})
        return urls

    # --- who and where

    def _facing(self, person: User) -> View:
        """The view on the screen: a modal, else the home tab."""
        homes = [self.views.home(app.id, person.id) for app in self._workspace.apps if person.id in self._at_home]
        view = self.views.top(person.id) or next((home for home in homes if home), None)
        if view is None:
            raise WorkspaceError(f"{person.name} has no view open")
        return view

    def _typed(self, text: str, *, escape: bool) -> str:
        """Command text on the wire. Mentions that are encoded already are taken as if they had been typed."""
        if escape:
            return mentions.stored(self._workspace, text, labelled=True)
        return mentions.typed(self._workspace, text)

    # --- telling

    def _tell(
        self,
        kind: Kind,
        person: User,
        channel: Channel | None,
        text: str,
        *,
        ts: str | None = None,
        detail: Json | None = None,
    ) -> None:
        self._workspace.tell(
            Happening(
                at=self._workspace.clock.time(),
                kind=kind,
                user=person.id,
                channel=channel.id if channel else None,
                text=text,
                ts=ts,
                detail=detail or {},
            )
        )

    def _slackbot_says(self, person: User, channel: Channel, text: str, *, error: str) -> Answer:
        self._workspace.show_ephemeral(channel.id, person.id, text, by=SLACKBOT)
        return Answer(ok=False, error=error, text=text)
