"""How Slack writes channels and direct messages in JSON."""

from __future__ import annotations

from bot.sandbox.state.model import Channel, Json, Note
from bot.sandbox.state.workspace_state import WorkspaceState


def _note_json(note: Note) -> Json:
    return {"value": note.value, "creator": note.creator, "last_set": note.last_set}


def channel_json(space: WorkspaceState, channel: Channel, *, viewer: str = "", num_members: bool = False) -> Json:
    """A channel as the user `viewer` sees it; direct messages have a shape of their own."""
    if channel.is_im:
        return _direct_json(space, channel, viewer)
    others = space.foreign_teams(channel)
    shape: Json = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private and not channel.is_mpim,
        "is_group": channel.is_private and not channel.is_mpim,
        "is_im": False,
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private or channel.is_mpim,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_general": channel.is_general,
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": bool(others),
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": space.team_id,
        "updated": channel.updated,
        "creator": channel.creator,
        "is_ext_shared": bool(others),
        "shared_team_ids": [space.team_id, *others],
        "pending_connected_team_ids": [],
        "topic": _note_json(channel.topic),
        "purpose": _note_json(channel.purpose),
        "previous_names": list(channel.previous_names),
    }
    if others:
        shape["connected_team_ids"] = others
    if viewer:
        shape["is_member"] = viewer in channel.members
    if num_members:
        shape["num_members"] = len([one for one in channel.members if not space.user(one).deleted])
    return shape


def _direct_json(space: WorkspaceState, channel: Channel, viewer: str) -> Json:
    others = [one for one in channel.members if one != viewer] or list(channel.members)
    return {
        "id": channel.id,
        "created": channel.created,
        "is_im": True,
        "is_org_shared": False,
        "is_archived": False,
        "user": others[0] if others else "",
        "context_team_id": space.team_id,
        "updated": channel.updated,
        "priority": 0,
    }
