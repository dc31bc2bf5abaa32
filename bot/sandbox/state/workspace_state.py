"""Everything that is in the workspace, who may see it, and whom changes are told to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bot.sandbox.state.activity import Happening
from bot.sandbox.state.apps import InstalledApp
from bot.sandbox.state.clock import WorkspaceClock
from bot.sandbox.state.emoji import is_standard
from bot.sandbox.state.model import SLACKBOT, Channel, File, Json, Message, User, WorkspaceError
from bot.sandbox.state.typed_text import typed_text

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STRIDE = 1_442_695_040_893  # no common factor with 36, so numbers map to ids one to one; it only spreads them


class WorkspaceState:
    """The records and the look-ups; nothing in here is an action."""

    def __init__(self, clock: WorkspaceClock, *, name: str = "Sandbox", domain: str = "sandbox") -> None:
        self.clock = clock
        self.name = name
        self.domain = domain
        self.origin = f"https://{domain}.slack.com"  # a server puts its own address here: upload and file URLs
        self._counters: dict[str, int] = {}
        self.team_id = self.new_id("T")
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.emoji: dict[str, str] = {}  # custom ones: name -> address of the picture
        self.usergroups: list[Json] = []
        self.apps: Sequence[InstalledApp] = ()
        self.slackbot = User(
            id=SLACKBOT, team_id=self.team_id, name="slackbot", real_name="Slackbot", tz="America/Los_Angeles"
        )
        self.ephemerals: list[Happening] = []  # what was shown to one person only, in order
        self.on_shown: list[Callable[[str, Json], None]] = []  # called with (user id, {text, blocks, response_type, …})
        self._watchers: list[Callable[[Happening], None]] = []
        self._last_micros = 0

    # --- identity and time

    def new_id(self, prefix: str) -> str:
        """The next id with that letter: deterministic, and shaped like Slack's."""
        count = self._counters[prefix] = self._counters.get(prefix, 0) + 1
        number, digits = (count + 977 * ord(prefix[0])) * _STRIDE % 36**8, ""
        for _ in range(8):
            number, digit = divmod(number, 36)
            digits = _ALPHABET[digit] + digits
        return f"{prefix}0{digits}"

    def new_ts(self) -> str:
        """The workspace's time as "seconds.micros", later than every ts before it."""
        self._last_micros = max(round(self.clock.time() * 1_000_000), self._last_micros + 1)
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def now(self) -> int:
        return int(self.clock.time())

    # --- the setting

    def add_user(
        self,
        name: str,
        *,
        real_name: str,
        title: str = "",
        tz: str = "UTC",
        is_bot: bool = False,
        is_restricted: bool = False,
        is_ultra_restricted: bool = False,
        team_id: str | None = None,
    ) -> User:
        """Somebody new; nobody is told. Guests are restricted, those of one channel ultra restricted.

        With a `team_id` of their own they belong to another workspace, and their channels are shared with it.
        """
        if any(user.name == name for user in self.users.values()):
            raise WorkspaceError(f"there is already a user {name!r}")
        user = User(
            id=self.new_id("U"),
            team_id=team_id or self.team_id,
            name=name,
            real_name=real_name,
            title=title,
            tz=tz,
            is_bot=is_bot,
            is_restricted=is_restricted or is_ultra_restricted,
            is_ultra_restricted=is_ultra_restricted,
        )
        user.email = "" if is_bot else f"{name}@{self.domain}.example"
        user.updated = self.now()
        self.users[user.id] = user
        return user

    def add_usergroup(self, handle: str, *, name: str, members: Iterable[str]) -> str:
        """A group that can be mentioned as one; the answer is its id."""
        now = self.now()
        group = {
            "id": self.new_id("S"),
            "team_id": self.team_id,
            "is_usergroup": True,
            "is_subteam": True,
            "name": name,
            "description": "",
            "handle": handle,
            "is_external": False,
            "date_create": now,
            "date_update": now,
            "date_delete": 0,
            "auto_provision": False,
            "created_by": self.slackbot.id,
            "updated_by": self.slackbot.id,
            "prefs": {"channels": [], "groups": []},
            "users": [self.user(who).id for who in members],
        }
        self.usergroups.append(group)
        return str(group["id"])

    def add_app(self, app: InstalledApp) -> None:
        self.apps = [*self.apps, app]

    # --- look-ups

    def user(self, who: str) -> User:
        """By id or by name; a sentence with the known names where there is none."""
        if who == SLACKBOT:
            return self.slackbot
        if who in self.users:
            return self.users[who]
        wanted = who.removeprefix("@")
        for user in self.users.values():
            if user.name == wanted:
                return user
        raise WorkspaceError(f"unknown user {who!r}; there are: {', '.join(u.name for u in self.users.values())}")

    def channel(self, which: str) -> Channel:
        """By id or by name; a sentence with the known names where there is none."""
        if which in self.channels:
            return self.channels[which]
        found = self.channel_named(which.removeprefix("#"))
        if found is None:
            names = ", ".join(c.name for c in self.channels.values() if c.name)
            raise WorkspaceError(f"unknown channel {which!r}; there are: {names}")
        return found

    def active_user(self, who: str) -> User:
        """By id or by name, and not deactivated."""
        person = self.user(who)
        if person.deleted:
            raise WorkspaceError(f"{person.name} has been deactivated")
        return person

    def seen_channel(self, person: User, which: str) -> Channel:
        """The channel, where this person can look into it; WorkspaceError where they cannot."""
        there = self.channel(which)
        if self.sees(person, there):
            return there
        name = there.name or there.id
        if there.is_private or there.is_direct:
            raise WorkspaceError(f"{person.name} is not in the private channel {name}")
        raise WorkspaceError(f"{person.name} sees only the channels they were brought into, and {name} is not one")

    def channel_named(self, name: str) -> Channel | None:
        return next((c for c in self.channels.values() if c.name == name and name), None)

    def message(self, channel: str, ts: str) -> Message:
        """A message that still stands."""
        there = self.channel(channel)
        message = there.messages.get(ts)
        if message is None or message.deleted:
            raise WorkspaceError(f"there is no message {ts} in {there.name or there.id}")
        return message

    def app_of(self, message: Message) -> InstalledApp | None:
        """The app that posted it."""
        return next((app for app in self.apps if message.app_id and app.id == message.app_id), None)

    def latest_app_channel(self) -> Channel | None:
        """The newest channel that an app created, direct messages excluded."""
        bots = {app.bot_user_id for app in self.apps}
        made = [c for c in self.channels.values() if c.creator in bots and not c.is_direct]
        return made[-1] if made else None

    def direct_channel(self, users: Iterable[str]) -> Channel | None:
        """The direct message between exactly these users, if somebody opened it."""
        wanted = set(users)
        return next((c for c in self.channels.values() if c.is_direct and set(c.members) == wanted), None)

    def visible_to(self, message: Message) -> list[str]:
        """Names of the people and bots that can see it: members of a private channel, else everybody."""
        channel = self.channels[message.channel]
        ids = channel.members if channel.is_private or channel.is_direct else list(self.users)
        users = [self.user(one) for one in ids]
        return [user.name for user in users if self.sees(user, channel) and not user.deleted]

    def sees(self, user: User, channel: Channel) -> bool:
        """Members see their channels; public ones are open to all but guests and people from outside."""
        closed = channel.is_private or channel.is_direct or user.is_restricted or self.is_foreign(user)
        return user.id in channel.members or not closed

    def is_foreign(self, user: User) -> bool:
        """Whether this is somebody from another workspace."""
        return user.team_id != self.team_id

    def is_stranger(self, user: User) -> bool:
        """Whether this is somebody from outside whom no app shares a channel with."""
        bots = {app.bot_user_id for app in self.apps}
        met = any(user.id in c.members and not bots.isdisjoint(c.members) for c in self.channels.values())
        return self.is_foreign(user) and not met

    def foreign_teams(self, channel: Channel) -> list[str]:
        """The other workspaces that this channel is shared with: those of its members."""
        members = (self.user(one) for one in channel.members)
        return list(dict.fromkeys(user.team_id for user in members if self.is_foreign(user)))

    def mention(self, text: str, *, labelled: bool = False) -> str:
        """Typed text as Slack stores it: `@ben` → `<@U…>`, `#general` → `<#C…|general>`, & < > escaped.

        `labelled` is the form that slash commands get: `<@U…|ben>`.
        """
        users = {u.name: u.id for u in self.users.values()}
        channels = {c.name: c.id for c in self.channels.values() if c.name and not c.is_private}
        return typed_text(text, users=users, channels=channels, labelled=labelled)

    def knows_emoji(self, name: str) -> bool:
        """Whether somebody can react with it: a standard one, or one of this workspace's own."""
        return name in self.emoji or is_standard(name)

    # --- telling

    def watch(self, seen: Callable[[Happening], None]) -> Callable[[], None]:
        """Be called with every happening from now on; the answer stops it."""
        self._watchers.append(seen)

        def stop() -> None:
            if seen in self._watchers:
                self._watchers.remove(seen)

        return stop

    def tell(self, happening: Happening) -> None:
        """Show it to every onlooker."""
        for seen in list(self._watchers):
            seen(happening)

    def emit_event(self, event: Json, *, channel: str | None = None) -> None:
        """Hand an inner event to every app that should get it; never awaits an app.

        With a channel: the apps whose bot is a member, the causing app included. Without: every app.
        """
        for app in self.apps:
            if channel is None or app.bot_user_id in self.channels[channel].members:
                app.deliver_event(event)

    def show_ephemeral(
        self,
        channel: str,
        user: str,
        text: str,
        blocks: Sequence[Json] = (),
        *,
        by: str | None = None,
        thread_ts: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> str:
        """Show something to one person only, and let a waiting `Answer` know; the answer is its ts.

        `by` is the bot user who says it; `user` sees it.
        """
        ts = self.new_ts()
        person = self.user(user)
        shown = Happening(
            at=self.clock.time(),
            kind="answer",
            user=by,
            channel=self.channel(channel).id,
            text=text,
            ts=ts,
            thread_ts=thread_ts,
            blocks=tuple(blocks),
            detail={"to": person.id, **(detail or {})},
        )
        self.ephemerals.append(shown)
        self.tell(shown)
        self.show(person.id, {"text": text, "blocks": list(blocks), "response_type": "ephemeral", "ts": ts})
        return ts

    def show(self, user: str, shown: Json) -> None:
        """Let whoever waits for an answer know what this person is shown: {text, blocks, response_type, view …}."""
        for told in list(self.on_shown):
            told(user, shown)

    def unacknowledged(self) -> int:
        """Envelopes sent and not yet acknowledged or given up; retries that wait for their time do not count."""
        return sum(app.unacknowledged() for app in self.apps)
