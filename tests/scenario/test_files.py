"""Files that people share, also those of which Slack tells the id alone (Slack Connect)."""

import re
from typing import Any

import pytest

from bot.service import timeline
from bot.slack.inbound.events import apply
from bot.slack.inbound.slack_event import SlackEvent
from tests.world import World

pytestmark = pytest.mark.one_database

HIDDEN = {"mode": "file_access", "file_access": "check_file_info"}


async def shared(world: World, channel: str, file: dict[str, Any], *, ts: str = "1772461900.000100") -> str:
    """Ana shares a file that Slack describes like this; its message is marked."""
    room, ana = world.workspace.channel(channel).id, world.workspace.user("ana").id
    said = {"type": "message", "subtype": "file_share", "channel": room, "user": ana, "text": "", "ts": ts}
    mark = {"type": "reaction_added", "user": ana, "reaction": "pushpin", "event_ts": "1772461910.000000"}
    mark["item"] = {"type": "message", "channel": room, "ts": ts}  # type: ignore[assignment]
    async with world.bot.desk.work() as uow:
        await apply(uow, [SlackEvent(event=one, at=uow.now) for one in (said | {"files": [file]}, mark)])
    await world.settle()
    return ts


def draft(world: World) -> str:
    [file] = [one for one in world.workspace.files.values() if one.name == "postmortem-inc-1.md"]
    return file.content.decode()


async def test_a_marked_file_without_a_name_keeps_nobody_from_resolving(world: World) -> None:
    channel = await world.declare()
    await shared(world, channel, {"id": "F0ELSEWHERE", **HIDDEN})
    assert "a file whose name I can't see" in (await world.command("ana", "timeline", channel=channel)).text
    assert "is resolved" in (await world.command("ana", "resolve All green", channel=channel)).text
    assert "a file whose name I can't see" in draft(world)
    record = await world.record()
    assert record["incident"]["status"] == "resolved"
    assert [file for one in record["messages"] for file in one["files"]] == [{"id": "F0ELSEWHERE", "name": None}]
    assert not [one for one in world.to_person("ana") if "couldn't" in one], "what another team hides is no trouble"


async def test_the_name_of_a_file_is_asked_for_where_slack_tells_it(world: World) -> None:
    channel = await world.declare()
    await world.workspace.upload_file(user="emi", channel="general", name="lag.txt", text="41 min")
    [file] = world.workspace.files.values()
    ts = await shared(world, channel, {"id": file.id, **HIDDEN})
    assert "lag.txt" in (await world.command("ana", "timeline", channel=channel)).text
    # Slack describes it without its name again: nothing that is known is forgotten.
    await shared(world, channel, {"id": file.id, **HIDDEN}, ts=ts)
    [message] = [one for one in (await world.record())["messages"] if one["ts"] == ts]
    assert [one["name"] for one in message["files"]] == ["lag.txt"]
    assert len(world.calls("files.info")) == 1


async def test_a_draft_that_cannot_be_written_undoes_no_resolution(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await world.declare()
    await world.command("ben", "take commander", channel=channel)

    async def broken(*_: object) -> None:
        raise RuntimeError("no timeline")

    with monkeypatch.context() as trouble:
        trouble.setattr(timeline, "in_order", broken)
        assert "is resolved" in (await world.command("ana", "resolve All green", channel=channel)).text
        await world.pass_time(minutes=2)
        assert any("write the postmortem draft" in one for one in world.to_person("ben"))
    assert (await world.record())["incident"]["status"] == "resolved"
    answer = await world.command("ana", "postmortem", channel=channel)
    assert "I'll post a new draft" in answer.text
    assert re.search(r"^# Postmortem: INC-1", draft(world))
