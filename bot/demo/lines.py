"""What an onlooker reads of each happening: who did what, in a few words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.text import Text

from bot.demo.readable import Names, clean, emoji, plain, styled
from bot.sandbox.state.activity import Happening
from bot.sandbox.state.model import WorkspaceError
from bot.sandbox.workspace import Workspace

Verb = Callable[[Happening, "Narrator"], Text | None]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the show, before it is laid out."""

    at: float
    place: str  # "#general", or "→ Ben" for a direct message
    who: str
    what: Text
    by_app: bool = False
    rows: int = 2  # how many rows of the screen it may take


class Narrator:
    """Puts happenings into words; None where there is nothing that anybody would see."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.names = Names.of(workspace)

    def line(self, happening: Happening) -> Line | None:
        verb = _VERBS.get(happening.kind)
        what = verb(happening, self) if verb else None
        if what is None:
            return None
        if happening.thread_ts is not None:
            what = Text.assemble(("↳ ", "dim"), what)
        return Line(
            at=happening.at,
            place=self._place(happening),
            who=self.names.user(happening.user) if happening.user else "",
            what=what,
            by_app=self.is_app(happening.user),
            rows=1 if happening.kind in _SHORT or (happening.kind == "edit" and self.is_app(happening.user)) else 2,
        )

    def is_app(self, user: str | None) -> bool:
        try:
            return user is not None and self.workspace.user(user).is_bot
        except WorkspaceError:
            return False

    def first_name(self, user: str) -> str:
        return self.names.user(user).partition(" ")[0]

    def quote(self, happening: Happening) -> Text:
        """The message that something was done to."""
        author = self.author(happening)
        return Text.assemble(f"{author}: " if author else "", styled(happening.text, self.names))

    def author(self, happening: Happening) -> str:
        channel = self.workspace.channels.get(happening.channel or "")
        message = channel.messages.get(happening.ts or "") if channel else None
        return self.first_name(message.user) if message else ""

    def _place(self, happening: Happening) -> str:
        channel = self.workspace.channels.get(happening.channel or "")
        if channel is None:
            return ""
        if channel.is_direct:
            people = [self.first_name(one) for one in channel.members if one != happening.user]
            return f"→ {', '.join(people)}"
        return f"#{channel.name}"


def _said(happening: Happening, narrator: Narrator) -> Text:
    return styled(happening.text, narrator.names)


def _edited(happening: Happening, narrator: Narrator) -> Text | None:
    if happening.text == happening.detail.get("old_text"):
        return None  # only buttons or a picture of it changed
    # people edit what they said; an app keeps a card or an announcement up to date
    label = "now reads: " if narrator.is_app(happening.user) else "edited: "
    return Text.assemble((label, "dim"), styled(happening.text, narrator.names))


def _deleted(happening: Happening, narrator: Narrator) -> Text:
    # what somebody took back is not shown a second time
    author = narrator.author(happening)
    whose = "" if happening.user is None or author == narrator.first_name(happening.user) else f" by {author}"
    return Text(f"deleted a message{whose}", style="dim")


def _reacted(happening: Happening, narrator: Narrator) -> Text:
    sign = emoji(str(happening.detail.get("name", "")))
    return Text.assemble(f"{sign} ", ("on ", "dim"), narrator.quote(happening))


def _took_back(happening: Happening, narrator: Narrator) -> Text:
    sign = emoji(str(happening.detail.get("name", "")))
    return Text.assemble(("took back ", "dim"), f"{sign} ", ("on ", "dim"), narrator.quote(happening))


def _shared(happening: Happening, narrator: Narrator) -> Text:
    name = clean(str(happening.detail.get("name", "a file")))
    rows = len(str(happening.detail.get("content", "")).splitlines())
    size = f" ({rows} lines)" if rows > 1 else ""
    comment = Text.assemble(" ", styled(happening.text, narrator.names)) if happening.text else Text()
    return Text.assemble("📎 ", (name, "underline"), size, comment)


def _only_one_sees(happening: Happening, narrator: Narrator) -> Text:
    person = narrator.first_name(str(happening.detail.get("to", "")))
    return Text.assemble((f"only {person} sees this: ", "italic dim"), styled(happening.text, narrator.names))


def _commanded(happening: Happening, narrator: Narrator) -> Text:
    # as it was typed: no styles, an underscore in a name is an underscore
    return Text.assemble(("▸ ", "dim"), (plain(happening.text, narrator.names), "bold"))


def _opened_form(happening: Happening, narrator: Narrator) -> Text:
    person = narrator.first_name(str(happening.detail.get("to", "")))
    return Text.assemble(("shows ", "dim"), person, (" the form ", "dim"), clean(happening.text))


def _joined(happening: Happening, narrator: Narrator) -> Text | None:
    channel = narrator.workspace.channels.get(happening.channel or "")
    if channel is not None and channel.creator == happening.user:
        return None  # who makes a channel is in it
    inviter = happening.detail.get("inviter")
    return Text(f"joined, invited by {narrator.first_name(inviter)}" if inviter else "joined", style="dim")


def _simply(words: str) -> Verb:
    def verb(happening: Happening, narrator: Narrator) -> Text:
        return Text.assemble((f"{words}", "dim"), styled(happening.text, narrator.names))

    return verb


_VERBS: Mapping[str, Verb] = {
    "message": _said,
    "edit": _edited,
    "delete": _deleted,
    "reaction": _reacted,
    "reaction_removed": _took_back,
    "file": _shared,
    "pin": lambda happening, narrator: Text.assemble(("pinned ", "dim"), narrator.quote(happening)),
    "unpin": lambda happening, narrator: Text.assemble(("unpinned ", "dim"), narrator.quote(happening)),
    "channel_created": _simply("made the channel #"),
    "topic": _simply("set the topic: "),
    "join": _joined,
    "leave": lambda _happening, _narrator: Text("left", style="dim"),
    "archive": lambda _happening, _narrator: Text("archived the channel", style="dim"),
    "command": _commanded,
    "answer": _only_one_sees,
    "modal": _opened_form,
    "click": lambda happening, _narrator: Text.assemble(("pressed ", "dim"), f"[{clean(happening.text)}]"),
    "submit": lambda happening, _narrator: Text.assemble(("sent the form ", "dim"), clean(happening.text)),
}
_SHORT = frozenset({"reaction", "reaction_removed", "pin", "unpin", "channel_created", "topic", "join", "leave"})
