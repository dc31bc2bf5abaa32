"""Guests, people from other workspaces, and the files that they share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.state.model import WorkspaceError
from tests.sandbox.bots import BareSocket, serving
from tests.sandbox.listening import Office

PARTNER = "T0PARTNER"


@pytest.fixture
def office() -> Office:
    """The app is in #general; gus is a guest, una a guest of one channel, zoe comes from another workspace."""
    office = Office()
    office.ok("conversations.join", channel=office.general.id)
    office.space.add_user("gus", real_name="Gus Guest", is_restricted=True)
    office.space.add_user("una", real_name="Una Guest", is_ultra_restricted=True)
    office.space.add_user("zoe", real_name="Zoe Partner", team_id=PARTNER)
    office.app.forget()
    return office


def profile(office: Office, who: str) -> dict[str, Any]:
    return dict(office.ok("users.info", user=office.id(who))["user"])


def test_guests_are_told_by_their_profile(office: Office) -> None:
    rights = {who: (profile(office, who)["is_restricted"], profile(office, who)["is_ultra_restricted"])
              for who in ("ana", "gus", "una")}  # fmt: skip
    assert rights == {"ana": (False, False), "gus": (True, False), "una": (True, True)}
    assert "is_stranger" not in profile(office, "gus")


async def test_somebody_from_outside_is_a_stranger_until_they_share_a_channel_with_the_app(office: Office) -> None:
    assert (profile(office, "zoe")["team_id"], profile(office, "zoe")["is_stranger"]) == (PARTNER, True)
    await office.space.join_channel(user="zoe", channel="general")
    assert profile(office, "zoe")["is_stranger"] is False


@pytest.mark.parametrize("who", ["gus", "una", "zoe"])
async def test_they_see_only_the_channels_that_they_were_brought_into(office: Office, who: str) -> None:
    before = await office.space.post_message(user="ana", channel="general", text="for us")
    with pytest.raises(WorkspaceError, match=f"{who} sees only the channels they were brought into, and general is"):
        await office.space.post_message(user=who, channel="general", text="hello")
    assert who not in office.space.visible_to(office.space.message("general", before))
    await office.space.join_channel(user=who, channel="general")
    assert office.app.last("member_joined_channel")["inviter"] == office.id("ana")
    await office.space.post_message(user=who, channel="general", text="hello")
    assert who in office.space.visible_to(office.space.message("general", before))


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        ("gus", "user_is_restricted"),
        ("una", "user_is_restricted"),
        ("zoe", "no_external_invite_permission"),
    ],
)
def test_an_apps_invitation_is_refused(office: Office, who: str, refused: str) -> None:
    room = office.channel("room")
    assert office.error("conversations.invite", channel=room, users=office.id(who)) == refused
    answer = office.ok("conversations.invite", channel=room, users=f"{office.id('ana')},{office.id(who)}", force=True)
    assert [error["error"] for error in answer["errors"]] == [refused]
    assert office.id(who) not in office.ok("conversations.members", channel=room)["members"]


async def test_a_guest_of_one_channel_who_is_in_one_can_enter_no_other(office: Office) -> None:
    await office.space.join_channel(user="una", channel="general")
    room = office.channel("room")
    assert office.error("conversations.invite", channel=room, users=office.id("una")) == "ura_max_channels"


async def test_a_channel_with_somebody_from_outside_is_shared(office: Office) -> None:
    assert office.ok("conversations.info", channel=office.general.id)["channel"]["is_ext_shared"] is False
    await office.space.join_channel(user="zoe", channel="general")
    shared = office.ok("conversations.info", channel=office.general.id)["channel"]
    assert (shared["is_shared"], shared["is_ext_shared"]) == (True, True)
    assert shared["shared_team_ids"] == [office.space.team_id, PARTNER]
    await office.space.post_message(user="zoe", channel="general", text="hello")
    said = office.app.last("message")
    assert (said["team"], said["user_team"], said["source_team"]) == (PARTNER, PARTNER, PARTNER)


async def test_a_file_from_outside_says_next_to_nothing_and_files_info_tells_the_rest(office: Office) -> None:
    await office.space.join_channel(user="zoe", channel="general")
    await office.space.upload_file(user="zoe", channel="general", name="trace.txt", text="timeout after 3 s")
    [file] = office.app.last("message/file_share")["files"]
    assert file == {"id": file["id"], "mode": "file_access", "file_access": "check_file_info"}
    [listed] = office.ok("conversations.history", channel=office.general.id, limit=1)["messages"]
    assert listed["files"] == [file]
    known = office.ok("files.info", file=file["id"])["file"]
    assert (known["name"], known["user_team"], known["file_access"]) == ("trace.txt", PARTNER, "visible")


async def test_what_they_type_and_press_names_their_own_workspace() -> None:
    async with serving() as server, BareSocket(server) as socket:
        space = server.workspace
        space.add_user("zoe", real_name="Zoe Partner", team_id=PARTNER)
        await space.join_channel(user="zoe", channel="incidents")
        joined = await socket.take()
        assert joined["payload"]["team_id"] == space.team_id  # the workspace that the event is delivered to
        assert joined["payload"]["is_ext_shared_channel"] is True
        await socket.take()  # the line about the joining
        async with asyncio.TaskGroup() as doings:
            doings.create_task(
                space.run_command(user="zoe", channel="incidents", command="/incident", text="list", wait=0)
            )
            command = (await socket.take())["payload"]
        assert (command["team_id"], command["user_id"]) == (PARTNER, space.user("zoe").id)
        async with asyncio.TaskGroup() as doings:
            doings.create_task(space.run_shortcut(user="zoe", callback_id="help", wait=0))
            shortcut = (await socket.take())["payload"]
        assert (shortcut["team"]["id"], shortcut["user"]["team_id"]) == (PARTNER, PARTNER)
