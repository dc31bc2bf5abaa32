"""The postmortem draft comes into the channel, however long Slack's file host is away."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.errors import SlackBusy, SlackRefused, SlackUnclear
from bot.sandbox import RealClock, SandboxServer, default_workspace
from bot.slack.outbound.gateway import Gateway
from tests.databases import in_turn
from tests.world import World

pytestmark = pytest.mark.one_database

HOST = "upload"


def drafts(world: World, channel: str) -> list[str]:
    """Names of the files that stand in the channel."""
    return [world.workspace.files[file].name for message in world.messages(channel) for file in message.files]


@in_turn(
    "fault",
    [
        {"error": {"method": HOST, "error": 503}},
        {"error": {"method": HOST, "error": 500}},
        {"error": {"method": HOST, "error": 404}},  # the address is not known any more
        {"rate_limit": {"method": HOST, "retry_after": 30}},
        {"drop_before_accept": {"method": HOST}},
        {"drop_after_accept": {"method": HOST}},
        {"answer": {"method": "files.getUploadURLExternal", "body": "<html>Maintenance</html>"}},
        {"answer": {"method": "files.completeUploadExternal", "body": "<html>Maintenance</html>"}},
    ],
    ids=lambda fault: " ".join(f"{name} {options}" for name, options in fault.items()),
)
async def test_a_draft_waits_until_the_file_host_is_back_and_nothing_waits_for_the_draft(
    world: World, fault: Mapping[str, Any]
) -> None:
    channel = await world.declare()
    world.server.faults.set(fault)
    await world.command("ana", "resolve Orders flow again", channel=channel)
    await world.pass_time(minutes=2)
    assert drafts(world, channel) == []
    await world.command("ben", "reopen They do not", channel=channel)
    assert any("They do not" in message.text for message in world.by_bot(channel)), "said while the draft waits"
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    assert drafts(world, channel) == ["postmortem-inc-1.md"]
    assert not any("could not" in text or "couldn't" in text for text in world.to_person("ana"))


@in_turn(
    "fault,why",
    [
        (
            {"answer": {"method": "files.getUploadURLExternal", "body": {"ok": True}}},
            "Slack gave no address to take the file to",
        ),
        ({"error": {"method": HOST, "error": 413}}, "Slack refused it (http_413)"),
        ({"error": {"method": "files.completeUploadExternal", "error": "access_denied"}}, "(access_denied)"),
    ],
)
async def test_a_draft_that_is_refused_is_told_in_a_sentence(world: World, fault: dict[str, Any], why: str) -> None:
    channel = await world.declare()
    world.server.faults.set(fault)
    await world.command("ana", "resolve Orders flow again", channel=channel)
    await world.pass_time(minutes=1)
    assert [text for text in world.to_person("ana") if why in text]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"answer": {"body": "<html>Sign in to the guest network</html>"}}, SlackUnclear),
        ({"answer": {"body": {"welcome": "guest"}}}, SlackUnclear),
        ({"answer": {"body": "<html>Bad gateway</html>", "status": 502}}, SlackUnclear),
        ({"answer": {"body": "<html>Not here</html>", "status": 404}}, SlackRefused),
        ({"error": 503}, SlackBusy),
        ({"error": "channel_not_found"}, SlackRefused),
    ],
)
async def test_what_answers_in_slacks_place_is_no_refusal(fault: dict[str, Any], kind: type[Exception]) -> None:
    async with SandboxServer(default_workspace(RealClock())) as server:
        slack = Gateway(token="xoxb-test-token", api_url=server.base_url)
        await slack.open()
        server.faults.set(fault)
        with pytest.raises(kind):
            await slack.call("chat.postMessage", {"channel": "#incidents", "text": "hello"})
        await slack.close()
