"""Whatever does not fit into one message of Slack's is carried on; nobody loses the end."""

import re

import pytest

from bot.domain.mrkdwn import plain
from tests.world import World

pytestmark = pytest.mark.one_database


def _whole(texts: list[str]) -> str:
    return re.sub(r"[\s>]", "", plain("".join(texts)))


async def test_a_long_update_by_form_reaches_the_stakeholders_whole_with_its_promise(world: World) -> None:
    """2,980 times & is 14,900 characters, as Slack counts them."""
    channel = await world.declare()
    card = world.card(channel)
    await world.workspace.click(user="ana", channel=channel, ts=card.ts, action_id="open_update")
    text = "&" * 2976 + " end"
    assert (await world.submit("ana", text=text, status="identified", next="20m")).ok
    await world.pass_time(seconds=10)  # one message a second goes into a channel
    threads = {"incidents": [one for one in world.by_bot("incidents") if one.is_reply]}
    posted = next(one for one in world.by_bot(channel) if ":loudspeaker:" in one.text)
    threads[channel] = [posted, *(one for one in world.by_bot(channel) if one.thread_ts == posted.ts and one.is_reply)]
    for messages in threads.values():
        assert len(messages) > 1
        whole = _whole([one.text for one in messages])
        assert "&" * 2976 + "end" in whole
        assert "Nextupdateby" in whole
    assert all(len(call["text"]) <= 4000 for call in world.calls("chat.postMessage"))


async def test_two_hundred_lines_arrive_whole_and_in_order(world: World) -> None:
    channel = await world.declare()
    card = world.card(channel)
    await world.workspace.click(user="ana", channel=channel, ts=card.ts, action_id="open_update")
    lines = [f"{number}. pay & go" for number in range(200)]
    assert (await world.submit("ana", text="\n".join(lines), status="identified")).ok
    await world.pass_time(seconds=10)
    thread = [one for one in world.by_bot("incidents") if one.is_reply]
    assert re.sub(r"\s", "", "".join(lines)) in _whole([one.text for one in thread])
    assert all(line.startswith(("&gt; ", ":loud", "Next")) for one in thread for line in one.text.splitlines())


async def test_a_long_answer_comes_in_several_messages(world: World) -> None:
    for number in range(10):
        await world.command("ana", f"declare p3 {'&' * 140} {number}", settle=False)
    await world.pass_time(minutes=15)
    before = len(world.workspace.ephemerals)
    await world.command("ben", "list")
    await world.settle()
    shown = [one.text for one in world.workspace.ephemerals[before:]]
    assert len(shown) > 1
    assert all(len(one) <= 4000 for one in shown)
    assert all(f"*INC-{number}*" in "".join(shown) for number in range(1, 11))


async def test_the_rest_is_not_told_outside_once_the_incident_is_private(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", f"update status:identified {'& ' * 2500} the salaries", channel=channel, settle=False)
    await world.workspace.make_private(user="ana", channel=channel)
    await world.pass_time(seconds=10)
    assert not any("salaries" in one.text for one in world.by_bot("incidents"))
    assert any("salaries" in one.text for one in world.by_bot(channel))
