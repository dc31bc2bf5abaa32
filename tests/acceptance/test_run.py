"""`incident-bot run` over Socket Mode: it works, it ends when asked, and it survives being killed."""

import asyncio
import contextlib
import json
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.bootstrap import open_desk
from bot.config import Environment
from bot.report.record import record
from bot.resources import packaged
from bot.sandbox import RealClock, SandboxServer, default_workspace
from bot.service.incidents import by_number
from bot.service.report import report
from tests.processes import Control, connected, for_workspace, run


async def room_of(control: Control, number: int = 1) -> str:
    """The incident's channel, once its card and briefing stand there."""
    channel = await control.until(lambda: control.channel(f"inc-{number}-"))
    name: str = channel["name"]

    async def set_up() -> bool:
        posted = await control.by_bot(name)
        there = await control.channel(name)
        return len(posted) >= 2 and bool(there and there["topic"] and there["pins"])

    await control.until(set_up)
    return name


async def exported(env: dict[str, str], number: int = 1) -> dict[str, Any]:
    """What `incident-bot export` writes; it is asked for often, so without a process for each time."""
    async with open_desk(Environment.read(env)) as desk, desk.look() as uow:
        return record(await report(uow, await by_number(uow, number)))


async def test_a_declaration_through_the_running_bot(control: Control, env: dict[str, str], tmp_path: Path) -> None:
    async with connected(env=env, cwd=tmp_path) as bot:
        answer = await control.command("declare p1 Checkout returns 503")
        assert answer["ok"]
        assert "inc-1-checkout-returns-503" in answer["text"] or "<#" in answer["text"]
        name = await room_of(control)
        state = await control.state()
        [ana] = [user["id"] for user in state["users"] if user["name"] == "ana"]
        assert ana in next(one for one in state["channels"] if one["name"] == name)["members"]
        assert len(await control.by_bot("incidents")) == 1

        said = await control.do("message", channel=name, user="ana", text="Rolled back")
        await control.do("reaction", channel=name, user="ana", ts=said["ts"], name="pushpin")

        async def on_record() -> bool:
            messages = (await exported(env))["messages"]
            return [(one["text"], one["key_event"]) for one in messages] == [("Rolled back", True)]

        await control.until(on_record)
        assert await bot.end(within=5) == 0
    assert not [line for line in bot.err if " INFO " not in line], "nothing to complain about"


async def test_it_ends_within_five_seconds_with_an_incident_under_way(
    control: Control, env: dict[str, str], tmp_path: Path
) -> None:
    async with connected(env=env, cwd=tmp_path) as bot:
        await control.do("faults", latency_ms=200)
        await control.command("declare p1 Checkout returns 503")
        assert await bot.end(signal.SIGINT, within=5) == 0
    await control.do("faults")
    async with connected(env=env, cwd=tmp_path) as bot:
        name = await room_of(control)  # what was left over is done by the next one
        assert await bot.end(within=5) == 0
    assert len(await control.by_bot(name)) == 2
    assert len(await control.by_bot("incidents")) == 1


@pytest.mark.parametrize("trouble", ["refresh", "silence"])
async def test_it_ends_cleanly_whatever_state_its_connections_are_in(
    control: Control, env: dict[str, str], tmp_path: Path, trouble: str
) -> None:
    """One that has fallen silent never answers a goodbye; waiting for that once left sessions open at the end."""
    async with connected(env=env, cwd=tmp_path) as bot:
        await control.do("faults", **{trouble: True})
        assert await bot.end(within=5) == 0
    said = "\n".join(bot.err)
    assert "Unclosed" not in said
    assert "Event loop is closed" not in said


async def test_a_killed_bot_is_taken_up_where_it_died(
    control: Control, impatient: dict[str, str], tmp_path: Path
) -> None:
    """Killed at several moments of a declaration: the incident is there, its prompts come, and nothing is doubled."""
    for number, after in enumerate(("conversations.create", "chat.postMessage", "pins.add"), start=1):
        before = len(await control.calls(after))
        async with connected(env=impatient, cwd=tmp_path) as bot:
            declaring = asyncio.create_task(control.command(f"declare p1 Checkout returns 503 number {number}"))

            async def reached(method: str = after, least: int = before) -> bool:
                return len(await control.calls(method)) > least

            await control.until(reached)
            await bot.end(signal.SIGKILL)
            await declaring  # with an answer or without one: the incident is what counts
        async with connected(env=impatient, cwd=tmp_path) as bot:
            name = await room_of(control, number)
            await control.until(lambda name=name: _prompts(control, name))
            await control.command("cancel a drill", channel=name)
            assert await bot.end() == 0
        record = await exported(impatient, number)
        slots = [one["due_at"] for one in record["prompts"]]
        assert slots
        assert len(slots) == len(set(slots))
        posted = Counter(await control.by_bot(name))
        first = [text for text in posted if "'s update is" not in text]
        assert all(posted[text] == 1 for text in first), posted
        assert len(await _prompts(control, name)) <= len(slots)
    names = [one["name"] for one in (await control.state())["channels"] if one["name"].startswith("inc-")]
    assert sorted(name.split("-")[1] for name in names) == ["1", "2", "3"]
    assert len(await control.by_bot("incidents")) == 3


async def _prompts(control: Control, channel: str) -> list[str]:
    return [text for text in await control.by_bot(channel) if "'s update is" in text]


async def test_a_verb_on_the_command_line_is_told_by_the_running_bot(
    control: Control, env: dict[str, str], tmp_path: Path
) -> None:
    async with connected(env=env, cwd=tmp_path) as bot:
        await control.command("declare p3 A first one, so that Ana is known")
        await room_of(control)
        declared = await run(
            *("declare", "p2", "Search is slow", "service:search", "--as", "@ana"), env=env, cwd=tmp_path
        )
        assert (declared.code, declared.err) == (0, ""), declared
        assert "INC-2" in declared.out
        name = await room_of(control, 2)
        noted = await run("note", "INC-2", "Replica", "lags", "--as", "@ana", env=env, cwd=tmp_path)
        assert (noted.code, noted.err) == (0, ""), noted

        async def told() -> bool:
            return any("Replica lags" in text for text in await control.by_bot(name))

        await control.until(told)
        listed = await run("list", "--json", env=env, cwd=tmp_path)
        assert json.loads(listed.out)["ok"] is True
        assert "INC-1" in listed.out
        assert "INC-2" in listed.out
        assert await bot.end() == 0


async def test_the_bot_ends_and_says_why_when_slack_stays_away(tmp_path: Path) -> None:
    text = packaged("config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(text.replace("give_up_after: 10m", "give_up_after: 2s"), encoding="utf-8")
    async with contextlib.AsyncExitStack() as slack:
        server = await slack.enter_async_context(SandboxServer(default_workspace(RealClock())))
        env = for_workspace(server.base_url, tmp_path / "bot.db")
        async with connected(env=env, cwd=tmp_path) as bot:
            await slack.aclose()
            assert await bot.ended() == 1
            said = "\n".join(bot.err)
    assert "Slack could not be reached for 2 s, so I stop." in said
    assert "xapp-" not in said
