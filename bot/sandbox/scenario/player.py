"""The player: lets the people of a scenario do what is written there, at the time that is written there."""

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sandbox.scenario.model import (
    INCIDENT,
    Action,
    Delete,
    Edit,
    Join,
    Leave,
    Pin,
    React,
    Run,
    Say,
    Scenario,
    Step,
    Upload,
)
from bot.sandbox.scenario.pacing import Pacing, PlayError
from bot.sandbox.state.model import WorkspaceError
from bot.sandbox.workspace import Workspace

NextDue = Callable[[], Awaitable[datetime | None]]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A step that did not happen, and why; the story goes on without it."""

    step: Step
    why: str


@dataclass(frozen=True, kw_only=True)
class PlayResult:
    steps_done: int
    steps: int
    refused: tuple[Refusal, ...]
    ended_at: datetime  # the story's time after lingering
    took_real: float  # machine seconds


@dataclass(frozen=True, kw_only=True)
class _Posted:
    """Where a message with an id came to stand."""

    channel: str
    ts: str
    by: str


class Player:
    """Plays one scenario once.

    `speed` is the story's seconds in one of the machine's; 0 plays as fast as the bot can follow. `evenness` (0 to 1)
    is the share of the time that is dealt out equally to the steps, so that a busy minute can still be read; the total
    stays the same. `next_due` tells when the bot will next do something by itself, in the story's time; without it the
    player waits for all of `linger`.
    """

    def __init__(
        self,
        scenario: Scenario,
        workspace: Workspace,
        *,
        pacing: Pacing,
        speed: float = 0.0,
        evenness: float = 0.0,
        next_due: NextDue | None = None,
        on_refusal: Callable[[Refusal], None] = lambda _refusal: None,
        answer_wait: float = 3.0,  # machine seconds that a command may take to show something
    ) -> None:
        self._scenario = scenario
        self._workspace = workspace
        self._pacing = pacing
        self._speed = speed
        self._evenness = evenness
        self._next_due = next_due
        self._on_refusal = on_refusal
        self._answer_wait = answer_wait
        self._posted: dict[str, _Posted] = {}
        self._refused: list[Refusal] = []

    async def play(self) -> PlayResult:
        began, before = time.monotonic(), timedelta(0)
        for step in self._scenario.steps:
            await self._pacing.reach(step.at, seconds=self._seconds(step.at - before))
            await self._take(step)
            before = step.at
        await self._linger()
        return PlayResult(
            steps_done=len(self._scenario.steps) - len(self._refused),
            steps=len(self._scenario.steps),
            refused=tuple(self._refused),
            ended_at=self._scenario.starts_at + self._pacing.now(),
            took_real=time.monotonic() - began,
        )

    def _seconds(self, gap: timedelta) -> float:
        """Machine seconds to be spent before a step that comes `gap` after the one before it."""
        if self._speed <= 0:
            return 0.0
        whole = self._scenario.steps[-1].at.total_seconds()
        even = whole / len(self._scenario.steps)
        return (self._evenness * even + (1 - self._evenness) * gap.total_seconds()) / self._speed

    # one step

    async def _take(self, step: Step) -> None:
        try:
            try:
                why = await self._do(step, step.action)
            except WorkspaceError as error:
                why = str(error)
            await self._pacing.settle()
        except PlayError as error:
            raise PlayError(f"{self._scenario.named(step)}: {error}") from error
        if why:
            refusal = Refusal(step=step, why=why)
            self._refused.append(refusal)
            self._on_refusal(refusal)

    async def _do(self, step: Step, action: Action) -> str | None:
        """Does it; the answer is why it was refused, if it was."""
        match action:
            case Say() | Upload():
                await self._post(step, action)
            case Run():
                return await self._run(step, action)
            case Edit():
                there = self._message(action.message)
                text = self._workspace.mention(action.text)
                await self._workspace.edit_message(user=step.by, channel=there.channel, ts=there.ts, text=text)
            case Delete():
                # Of somebody else's message: an administrator does that. Slack's event does not say who deleted it.
                there = self._message(action.message)
                await self._workspace.delete_message(user=there.by, channel=there.channel, ts=there.ts)
            case React():
                there = await self._near(step, action.message)
                react = self._workspace.remove_reaction if action.take_back else self._workspace.add_reaction
                await react(user=step.by, channel=there.channel, ts=there.ts, name=action.emoji)
            case Pin():
                there = await self._near(step, action.message)
                pin = self._workspace.unpin_message if action.take_back else self._workspace.pin_message
                await pin(user=step.by, channel=there.channel, ts=there.ts)
            case Join():
                await self._enter(step, action.channel)
            case Leave():
                await self._workspace.leave_channel(user=step.by, channel=await self._channel(step, action.channel))
        return None

    async def _post(self, step: Step, action: Say | Upload) -> None:
        thread_ts: str | None = None
        if action.reply_to is None:
            channel = await self._enter(step, action.channel)
        else:
            parent = await self._near(step, action.reply_to)
            channel, thread_ts = parent.channel, parent.ts
        if isinstance(action, Say):
            text = self._workspace.mention(action.text)
            ts = await self._workspace.post_message(user=step.by, channel=channel, text=text, thread_ts=thread_ts)
        else:
            ts = await self._workspace.upload_file(
                user=step.by, channel=channel, name=action.name, text=action.text, thread_ts=thread_ts
            )
        if step.id is not None:
            self._posted[step.id] = _Posted(channel=channel, ts=ts, by=step.by)

    async def _run(self, step: Step, action: Run) -> str | None:
        channel = await self._enter(step, action.channel)
        answer = await self._workspace.run_command(
            user=step.by, channel=channel, command=action.command, text=action.text, wait=self._answer_wait
        )
        if answer.ok and answer.error is None:
            return None
        return f"{action.command}: {answer.error or answer.text or 'refused'}"

    # where

    async def _channel(self, step: Step, name: str) -> str:
        """The channel's id; one that nobody has used before is made by who speaks first in it."""
        if name == INCIDENT:
            return await self._incident()
        found = self._workspace.channel_named(name)
        if found is None:
            found = self._workspace.add_channel(name, members=[step.by], creator=step.by)
        return found.id

    async def _incident(self) -> str:
        async with aclosing(self._pacing.chances()) as chances:
            async for _ in chances:
                channel = self._workspace.latest_app_channel()
                if channel is not None:
                    return channel.id
        raise PlayError("there is no incident's channel: no app has made one, and none appeared while we waited")

    async def _enter(self, step: Step, name: str) -> str:
        """People come in before they do anything; into a private channel a member brings them."""
        channel = await self._channel(step, name)
        await self._workspace.join_channel(user=step.by, channel=channel)
        return channel

    async def _near(self, step: Step, message: str) -> _Posted:
        there = self._message(message)
        await self._workspace.join_channel(user=step.by, channel=there.channel)
        return there

    def _message(self, name: str) -> _Posted:
        if name not in self._posted:
            raise WorkspaceError(f"message {name!r} was never posted, since its step was refused")
        return self._posted[name]

    # after the last step

    async def _linger(self) -> None:
        last = self._scenario.steps[-1].at
        end = last + self._scenario.linger
        if self._next_due is None:
            await self._go_on(end)
            return
        overdue = 0  # looks in a row at something that is due and is not being done
        while (due := await self._next_due()) is not None and overdue < 3:
            at, now = due - self._scenario.starts_at, self._pacing.now()
            if at > end or now > end:
                return
            overdue = overdue + 1 if at <= now else 0
            await self._go_on(max(at, now + timedelta(seconds=1)) if overdue else at)

    async def _go_on(self, at: timedelta) -> None:
        way = max(timedelta(0), at - self._pacing.now())
        await self._pacing.reach(at, seconds=way.total_seconds() / self._speed if self._speed > 0 else 0.0)
        try:
            await self._pacing.settle()
        except PlayError as error:
            raise PlayError(f"{self._scenario.file}: after the last step: {error}") from error
