"""SLACK_API_URL may point to a Slack-compatible server of another make: the bot needs no more than Slack promises."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.acceptance.little_slack import ANA, LittleSlack, little_slack
from tests.processes import PATIENCE, connected, for_workspace


async def until(seen: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not seen():  # noqa: ASYNC110 - the bot is another process
            await asyncio.sleep(0.02)


def all_done(little: LittleSlack) -> bool:
    in_channel = [channel for channel in little.by_channel() if channel.startswith("C0NEW")]
    return bool(little.called("pins.add") and in_channel and len(little.by_channel()[in_channel[0]]) == 2)


async def test_an_incident_is_declared_on_a_server_that_answers_the_bare_minimum(tmp_path: Path) -> None:
    async with little_slack() as little:
        env = for_workspace(f"{little.origin}/api", tmp_path / "bot.db")  # without the slash at the end, too
        async with connected(env=env, cwd=tmp_path) as bot:
            little.type_command("declare p1 Checkout returns 503 service:checkout")
            await until(lambda: little.answers)
            await until(lambda: all_done(little))
            assert await bot.end(within=5) == 0
        assert "e-1" in little.acknowledged
        [channel] = little.members
        assert ANA in little.members[channel]
        assert f"<#{channel}>" in little.answers[0]
        assert len(little.answers) == 1
        posted = little.by_channel()
        assert any("Checkout returns 503" in text for text in posted["#incidents"])
        [pin] = little.called("pins.add")
        assert pin["channel"] == channel
        assert not [line for line in bot.err if " INFO " not in line], "\n".join(bot.err)
        unknown = {method for method, _ in little.calls if not hasattr(little, "_" + method.replace(".", "_"))}
        assert unknown == set(), "methods that a declaration should do without"
