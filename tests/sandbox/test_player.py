"""The player on a workspace of its own: who did what, where, and at which time of the story."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.sandbox import RealClock, SandboxServer, SteppedClock, Workspace, install_app
from bot.sandbox.scenario.loader import parse_scenario
from bot.sandbox.scenario.model import Scenario
from bot.sandbox.scenario.pacing import PlayError, RealPacing, SteppedPacing
from bot.sandbox.scenario.player import Player, PlayResult
from bot.sandbox.state.activity import Happening

START = datetime(2018, 10, 21, 22, 52, tzinfo=UTC)
HEAD = """\
title: A little outage
starts_at: 2018-10-21T22:52:00Z
linger: "00:30"
people:
  ana: {name: Ana Torres, title: Site reliability engineer, tz: America/New_York}
  ben: {name: Ben Okafor, tz: Europe/London}
steps:
"""


def scenario(*steps: str) -> Scenario:
    return parse_scenario(HEAD + "".join(f"  - {step}\n" for step in steps), file="little.yaml")


async def at_rest() -> None:
    """A bot that never has anything to do."""


class Stage:
    """A workspace with two people, a stepped clock, and all that happened in it."""

    def __init__(self) -> None:
        self.clock = SteppedClock(START.timestamp())
        self.workspace = Workspace(self.clock)
        self.workspace.add_user("ana", real_name="Ana Torres")
        self.workspace.add_user("ben", real_name="Ben Okafor")
        self.workspace.add_channel("general", members=["ana", "ben"])
        self.seen: list[Happening] = []
        self.workspace.watch(self.seen.append)
        self.progress: list[timedelta] = []

    def pacing(self, idle: Callable[[], Awaitable[None]] = at_rest, **options: Any) -> SteppedPacing:
        return SteppedPacing(
            self.workspace,
            self.clock,
            start=START.timestamp(),
            idle=idle,
            progress=self.progress.append,
            **options,
        )

    async def play(self, *steps: str, **options: Any) -> PlayResult:
        options.setdefault("pacing", self.pacing())
        return await Player(scenario(*steps), self.workspace, **options).play()

    def told(self) -> list[tuple[str, str, str]]:
        """(elapsed, who, kind and text) of everything that happened."""
        return [
            (
                str(timedelta(seconds=round(each.at - START.timestamp()))),
                self.workspace.user(each.user or "").name,
                f"{each.kind} {each.text}".rstrip(),
            )
            for each in self.seen
        ]


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_people_do_what_is_written_at_the_time_that_is_written(stage: Stage) -> None:
    result = await stage.play(
        '{at: "00:02", by: ana, in: general, say: "Alerts & more, @ben", id: alerts}',
        '{at: "00:03:30", by: ben, reply_to: alerts, say: Same here, id: same}',
        '{at: "00:04", by: ana, edit: alerts, say: "Alerts, @ben"}',
        '{at: "00:05", by: ben, react: eyes, to: alerts}',
        '{at: "00:06", by: ben, unreact: eyes, to: alerts}',
        '{at: "00:07", by: ben, pin: alerts}',
        '{at: "00:08", by: ana, reply_to: alerts, upload: {name: lag.txt, text: 41 min}}',
        '{at: "00:09", by: ana, delete: same}',
        '{at: "26:00", by: ana, in: db-room, say: Over here}',
        '{at: "26:01", by: ben, join: db-room}',
        '{at: "26:02", by: ben, leave: db-room}',
    )

    ben = stage.workspace.user("ben").id
    assert stage.told() == [
        ("0:02:00", "ana", f"message Alerts &amp; more, <@{ben}>"),
        ("0:03:30", "ben", "message Same here"),
        ("0:04:00", "ana", f"edit Alerts, <@{ben}>"),
        ("0:05:00", "ben", f"reaction Alerts, <@{ben}>"),
        ("0:06:00", "ben", f"reaction_removed Alerts, <@{ben}>"),
        ("0:07:00", "ben", f"pin Alerts, <@{ben}>"),
        ("0:08:00", "ana", "file"),
        # somebody else's message: what an administrator may; Slack's event names nobody
        ("0:09:00", "ben", "delete Same here"),
        ("1 day, 2:00:00", "ana", "channel_created db-room"),
        ("1 day, 2:00:00", "ana", "message Over here"),
        ("1 day, 2:01:00", "ben", "join"),
        ("1 day, 2:02:00", "ben", "leave"),
    ]
    assert stage.seen[6].thread_ts == stage.seen[1].thread_ts == stage.seen[0].ts
    assert (result.steps_done, result.steps, result.refused) == (11, 11, ())


async def test_into_a_private_channel_somebody_is_brought_before_they_speak(stage: Stage) -> None:
    stage.workspace.add_channel("inc-secret", is_private=True, members=["ana"])

    await stage.play('{at: "00:01", by: ben, in: inc-secret, say: Thanks for having me}')

    assert [each.kind for each in stage.seen] == ["channel_created", "join", "message"]
    assert stage.seen[1].detail["inviter"] == stage.workspace.user("ana").id


async def test_what_cannot_be_done_is_counted_and_the_story_goes_on(stage: Stage) -> None:
    shown: list[str] = []

    result = await stage.play(
        '{at: "00:01", by: ana, in: general, say: Gone soon, id: soon}',
        '{at: "00:02", by: ana, delete: soon}',
        '{at: "00:03", by: ben, react: eyes, to: soon}',
        '{at: "00:04", by: ben, in: general, run: /incident status}',
        '{at: "00:05", by: ana, in: general, say: And on}',
        on_refusal=lambda refusal: shown.append(f"{refusal.step.number}: {refusal.why}"),
    )

    assert stage.told()[-1] == ("0:05:00", "ana", "message And on")
    assert (result.steps_done, result.steps) == (3, 5)
    assert [each.split(" ")[0] for each in shown] == ["3:", "4:"]
    assert "no message" in shown[0]


async def test_a_step_on_a_message_that_was_refused_is_refused_in_words(stage: Stage) -> None:
    await stage.workspace.deactivate_user(user="ana")

    result = await stage.play(
        '{at: "00:01", by: ana, in: general, say: Hello, id: hello}',
        '{at: "00:02", by: ben, react: eyes, to: hello}',
    )

    assert [each.why for each in result.refused] == [
        "ana has been deactivated",
        "message 'hello' was never posted, since its step was refused",
    ]


async def test_the_incident_is_the_channel_that_an_app_made_last_and_is_waited_for(stage: Stage) -> None:
    app = install_app(stage.workspace)

    async def make_it_late() -> None:
        for minute, name in ((1, "inc-1"), (3, "inc-2")):
            await stage.clock.sleep_until(START.timestamp() + 60 * minute + 20)
            stage.workspace.add_channel(name, creator=app.bot_user_id)

    task = asyncio.create_task(make_it_late())
    await stage.play(
        '{at: "00:01", by: ana, in: incident, say: "Here, since 20 s"}',
        '{at: "00:04", by: ana, in: incident, say: In the newer one}',
    )
    await task

    said = [(each.at - START.timestamp(), stage.workspace.channel(each.channel or "").name) for each in stage.seen]
    assert said[1:] == [(80.0, "inc-1"), (80.0, "inc-1"), (200.0, "inc-2"), (240.0, "inc-2"), (240.0, "inc-2")]


async def test_a_story_without_its_incident_ends_with_the_step_that_needs_it(stage: Stage) -> None:
    with pytest.raises(
        PlayError, match=r"^little\.yaml:8: step 1: there is no incident's channel: no app has made one"
    ):
        await stage.play('{at: "00:01", by: ana, in: incident, say: "Anybody?"}')


async def test_a_bot_that_never_rests_ends_the_story_with_the_step_that_it_hangs_in(stage: Stage) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    with pytest.raises(PlayError, match=r"^little\.yaml:8: step 1: the bot did not come to rest within 0\.05 s"):
        await stage.play('{at: "00:00", by: ana, in: general, say: Hi}', pacing=stage.pacing(never, limit=0.05))


async def test_between_steps_the_clock_stops_wherever_somebody_wakes(stage: Stage) -> None:
    woken: list[float] = []

    async def every_ten_minutes() -> None:
        while True:
            await stage.clock.sleep_until(stage.clock.time() + 600)
            woken.append(stage.clock.time() - START.timestamp())

    task = asyncio.create_task(every_ten_minutes())
    await stage.play(
        '{at: "00:00", by: ana, in: general, say: One}',
        '{at: "00:35", by: ana, in: general, say: Two}',
        next_due=nothing_due,
    )
    task.cancel()

    assert woken == [600.0, 1200.0, 1800.0]
    assert stage.seen[-1].at == START.timestamp() + 35 * 60


async def nothing_due() -> datetime | None:
    return None


async def test_after_the_last_step_it_goes_on_for_what_is_due_within_the_linger(stage: Stage) -> None:
    due = [START + timedelta(minutes=minutes) for minutes in (15, 40, 41)]
    visited: list[timedelta] = []

    async def next_due() -> datetime | None:
        while due and due[0].timestamp() <= stage.clock.time():
            visited.append(due.pop(0) - START)
        return due[0] if due else None

    result = await stage.play('{at: "00:10", by: ana, in: general, say: Done}', next_due=next_due)

    assert visited == [timedelta(minutes=15), timedelta(minutes=40)]  # linger: until minute 40
    assert result.ended_at == START + timedelta(minutes=40)


async def test_something_overdue_that_nobody_does_does_not_hold_up_the_end(stage: Stage) -> None:
    async def overdue() -> datetime | None:
        return START

    result = await stage.play('{at: "00:10", by: ana, in: general, say: Done}', next_due=overdue)

    assert result.ended_at < START + timedelta(minutes=11)


async def test_without_knowing_what_is_due_it_waits_for_the_whole_linger(stage: Stage) -> None:
    result = await stage.play('{at: "00:10", by: ana, in: general, say: Done}')

    assert result.ended_at == START + timedelta(minutes=40)


async def test_a_viewer_sees_time_pass_evenly_and_the_show_takes_as_long_as_asked(stage: Stage) -> None:
    """600 s of story at 4000 a second: 0.15 s, of which a full share is dealt out by step."""
    result = await stage.play(
        '{at: "00:01", by: ana, in: general, say: One}',
        '{at: "00:01", by: ana, in: general, say: Two}',
        '{at: "00:10", by: ana, in: general, say: Three}',
        speed=4000.0,
        evenness=1.0,
        next_due=nothing_due,
    )

    assert result.took_real >= 0.149
    assert stage.progress == sorted(stage.progress)
    assert stage.progress[-1] == timedelta(minutes=10)
    assert any(timedelta(minutes=1) < at < timedelta(minutes=10) for at in stage.progress)


class Repeater:
    """An app that needs a moment: it answers each command with a message, through the Web API's own doing."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.tasks: list[asyncio.Task[None]] = []
        workspace.watch(self.see)

    def see(self, happening: Happening) -> None:
        if happening.kind == "message" and happening.text == "ping":
            self.tasks.append(asyncio.create_task(self.answer()))

    async def answer(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        await self.workspace.post_message(user="ben", channel="general", text="pong")


@pytest.fixture
async def real() -> AsyncIterator[Workspace]:
    workspace = Workspace(RealClock())
    workspace.add_user("ana", real_name="Ana Torres")
    workspace.add_user("ben", real_name="Ben Okafor")
    workspace.add_channel("general", members=["ana", "ben"])
    async with SandboxServer(workspace):
        yield workspace


async def test_on_the_machines_clock_the_next_step_waits_until_all_is_quiet(real: Workspace) -> None:
    seen: list[str] = []
    real.watch(lambda happening: seen.append(happening.text))
    Repeater(real)

    result = await Player(
        scenario(
            '{at: "00:00", by: ana, in: general, say: ping}',
            '{at: "10:00", by: ana, in: general, say: and then}',
        ),
        real,
        pacing=RealPacing(real, quiet=0.02),
        next_due=nothing_due,
    ).play()

    assert seen == ["ping", "pong", "and then"]
    assert result.steps_done == 2


async def test_on_the_machines_clock_a_missing_incident_is_waited_for_and_then_named(real: Workspace) -> None:
    player = Player(
        scenario('{at: "00:00", by: ana, in: incident, say: "Anybody?"}'),
        real,
        pacing=RealPacing(real, quiet=0.02, patience=0.1),
    )

    with pytest.raises(PlayError, match=r"step 1: there is no incident's channel"):
        await player.play()
