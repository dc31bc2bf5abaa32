"""The local Slack workspace: everything that is in it, and all that people can do in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.sandbox.actions import channels, messages, people
from bot.sandbox.delivery.app import App
from bot.sandbox.interactions.interactions import Interactions
from bot.sandbox.state.activity import Answer
from bot.sandbox.state.channel_names import name_problem
from bot.sandbox.state.clock import WorkspaceClock
from bot.sandbox.state.model import Channel, Message, User, WorkspaceError
from bot.sandbox.state.workspace_state import WorkspaceState


class Workspace(WorkspaceState):
    """Everything that is in the workspace, and all that people can do in it.

    Users and channels are given by id or by name. What cannot be done raises WorkspaceError with a sentence.
    """

    apps: Sequence[App]  # each of them came by App.install

    def __init__(self, clock: WorkspaceClock, *, name: str = "Sandbox", domain: str = "sandbox") -> None:
        super().__init__(clock, name=name, domain=domain)
        self._interactions = Interactions(self)

    # --- the setting

    def add_channel(
        self, name: str, *, is_private: bool = False, members: Iterable[str] = (), creator: str | None = None
    ) -> Channel:
        """A new channel with its members in it already: apps and onlookers see it appear, nobody is seen joining."""
        ids = list(dict.fromkeys(self.user(who).id for who in members))
        made_by = self.user(creator).id if creator else (ids[0] if ids else self.slackbot.id)
        return channels.create(self, name, creator=made_by, is_private=is_private, members=ids)

    # --- what people do in channels

    async def post_message(self, *, user: str, channel: str, text: str, thread_ts: str | None = None) -> str:
        """Say something and return its ts; who is not yet in a public channel joins it first.

        `text` is as Slack stores it: pass typed text through `mention` first.
        """
        person, there = channels.enter(self, user, channel)
        return messages.post(self, there, user=person.id, text=text, thread_ts=thread_ts).ts

    async def edit_message(self, *, user: str, channel: str, ts: str, text: str) -> None:
        """Change one's own message."""
        person, message = self._own_message(user, channel, ts, "edit")
        messages.edit(self, message, by=person.id, text=text)

    async def delete_message(self, *, user: str, channel: str, ts: str) -> None:
        """Delete one's own message."""
        person, message = self._own_message(user, channel, ts, "delete")
        messages.delete(self, message, by=person.id)

    async def add_reaction(self, *, user: str, channel: str, ts: str, name: str) -> None:
        person, there = channels.enter(self, user, channel)
        if not self.knows_emoji(name.strip(":")):
            raise WorkspaceError(f"there is no emoji :{name.strip(':')}:")
        if not messages.react(self, self.message(there.id, ts), by=person.id, name=name.strip(":")):
            raise WorkspaceError(f"{person.name} has already reacted with :{name}: to {ts}")

    async def remove_reaction(self, *, user: str, channel: str, ts: str, name: str) -> None:
        person, there = channels.enter(self, user, channel)
        if not messages.unreact(self, self.message(there.id, ts), by=person.id, name=name.strip(":")):
            raise WorkspaceError(f"{person.name} has no :{name}: on {ts}")

    async def upload_file(
        self, *, user: str, channel: str, name: str, text: str, thread_ts: str | None = None, comment: str = ""
    ) -> str:
        """Share a text file and return the ts of the message that shares it."""
        person, there = channels.enter(self, user, channel)
        file = messages.new_file(self, name=name, user=person.id, content=text.encode())
        return messages.post(self, there, user=person.id, text=comment, thread_ts=thread_ts, files=[file.id]).ts

    async def pin_message(self, *, user: str, channel: str, ts: str) -> None:
        person, there = channels.enter(self, user, channel)
        if not messages.pin(self, self.message(there.id, ts), by=person.id):
            raise WorkspaceError(f"{ts} is already pinned in {there.name}")

    async def unpin_message(self, *, user: str, channel: str, ts: str) -> None:
        person, there = channels.enter(self, user, channel)
        if not messages.unpin(self, self.message(there.id, ts), by=person.id):
            raise WorkspaceError(f"{ts} is not pinned in {there.name}")

    async def join_channel(self, *, user: str, channel: str) -> None:
        """Join a public channel; where somebody cannot do so alone, the first member brings them in.

        Nothing happens to a member.
        """
        person, there = self.active_user(user), self.channel(channel)
        if there.is_direct:
            raise WorkspaceError("nobody can join a direct message")
        channels.require_open(there)
        if person.id in there.members:
            return
        inviter = next((one for one in there.members if not self.user(one).is_bot), "")
        channels.join(self, there, person.id, inviter="" if self.sees(person, there) else inviter)

    async def leave_channel(self, *, user: str, channel: str) -> None:
        person, there = self.active_user(user), self.channel(channel)
        channels.require_open(there)
        if person.id not in there.members:
            raise WorkspaceError(f"{person.name} is not in {there.name}")
        channels.leave(self, there, person.id)

    async def remove_from_channel(self, *, user: str, channel: str, by: str) -> None:
        """Somebody puts another out, or an app."""
        person, there = channels.enter(self, by, channel)
        gone = self.user(user)
        if gone.id not in there.members:
            raise WorkspaceError(f"{gone.name} is not in {there.name}")
        channels.leave(self, there, gone.id, kicked_by=person.id)

    async def invite_to_channel(self, *, user: str, channel: str, by: str) -> None:
        """A member brings somebody in, or an app; nothing happens to a member."""
        person, there = channels.enter(self, by, channel)
        if self.user(user).id not in there.members:
            channels.join(self, there, self.user(user).id, inviter=person.id)

    async def rename_channel(self, *, user: str, channel: str, name: str) -> None:
        """Give a channel another name."""
        person, there = channels.enter(self, user, channel)
        if problem := name_problem(self, name):
            raise WorkspaceError(f"a channel cannot be called {name!r}: {problem}")
        channels.rename(self, there, name, by=person.id)

    async def make_private(self, *, user: str, channel: str) -> None:
        """Turn a public channel into a private one; its members stay."""
        person, there = channels.enter(self, user, channel)
        if there.is_private or there.is_general:
            raise WorkspaceError(f"{there.name} {'is private already' if there.is_private else 'stays public'}")
        channels.make_private(self, there, by=person.id)

    async def archive_channel(self, *, user: str, channel: str) -> None:
        """Close a channel: it can be read, and nothing can be said."""
        person, there = channels.enter(self, user, channel)
        if there.is_general:
            raise WorkspaceError("the general channel cannot be archived")
        channels.archive(self, there, by=person.id)

    async def unarchive_channel(self, *, user: str, channel: str) -> None:
        """Open an archived channel again; only people can."""
        person = self.active_user(user)
        there = self.seen_channel(person, channel)
        if not there.is_archived:
            raise WorkspaceError(f"{there.name} is not archived")
        channels.unarchive(self, there, by=person.id)

    async def deactivate_user(self, *, user: str) -> None:
        """Somebody left the organisation: their record stays, they can do nothing more."""
        people.deactivate(self, self.active_user(user))

    # --- commands, buttons and modals

    @property
    def interactions(self) -> Interactions:
        """What is between people and apps besides events: commands, clicks, modals."""
        if not self.apps:
            raise WorkspaceError("no app is installed in this workspace")
        return self._interactions

    async def run_command(self, *, user: str, channel: str, command: str, text: str, wait: float = 3.0) -> Answer:
        """Type a slash command; `wait` (machine seconds) is how long an answer after the acknowledgement may take."""
        return await self.interactions.run_command(user=user, channel=channel, command=command, text=text, wait=wait)

    async def click(
        self,
        *,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        value: Any = None,
        block_id: str | None = None,
        wait: float = 3.0,
    ) -> Answer:
        """Press a button or choose in a menu of a message; for a select, `value` is the option's value."""
        return await self.interactions.click(
            user=user, channel=channel, ts=ts, action_id=action_id, value=value, block_id=block_id, wait=wait
        )

    async def submit(self, *, user: str, values: dict[str, dict[str, Any]], wait: float = 3.0) -> Answer:
        """Submit the view that this user has open; inputs left out keep what they have."""
        return await self.interactions.submit(user=user, values=values, wait=wait)

    async def change_input(self, *, user: str, block_id: str, action_id: str, value: Any) -> None:
        """Change an input or use an element in the open view: block_actions where it dispatches."""
        await self.interactions.change_input(user=user, block_id=block_id, action_id=action_id, value=value)

    async def close_view(self, *, user: str) -> None:
        await self.interactions.close_view(user=user)

    async def run_shortcut(
        self, *, user: str, callback_id: str, channel: str | None = None, ts: str | None = None, wait: float = 3.0
    ) -> Answer:
        """A message shortcut with channel and ts, else a global one."""
        return await self.interactions.run_shortcut(
            user=user, callback_id=callback_id, channel=channel, ts=ts, wait=wait
        )

    async def open_home(self, *, user: str) -> None:
        await self.interactions.open_home(user=user)

    def _own_message(self, who: str, where: str, ts: str, verb: str) -> tuple[User, Message]:
        person, there = channels.enter(self, who, where)
        message = self.message(there.id, ts)
        if message.user != person.id or message.tombstone:
            raise WorkspaceError(f"{person.name} can only {verb} their own messages")
        return person, message
