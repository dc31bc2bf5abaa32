"""Transcripts: every channel as a Markdown page, in which nothing that people wrote can become markup."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.demo.readable import Names, emoji, plain, unstyled, written
from bot.sandbox.state.model import Channel, Message
from bot.sandbox.workspace import Workspace

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$@])")
_LINE_START = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)]))")
_LONGEST_FILE = 200  # lines of a file that a transcript repeats


def write_transcripts(workspace: Workspace, folder: Path) -> list[Path]:
    """One page for each channel and each direct message that was used."""
    folder.mkdir(parents=True, exist_ok=True)
    written_pages: list[Path] = []
    for channel in workspace.channels.values():
        if channel.is_direct and not channel.messages:
            continue
        path = folder / f"{_page_name(workspace, channel)}.md"
        path.write_text(transcript(workspace, channel), encoding="utf-8")
        written_pages.append(path)
    return written_pages


def transcript(workspace: Workspace, channel: Channel) -> str:
    """The page of one channel: parents in order, their threads below them."""
    page = _ChannelTranscript(workspace, channel)
    return "\n".join(page.lines()) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is; line breaks stay line breaks."""
    return "\\\n".join(_escaped_line(line) for line in text.splitlines() if line.strip())


def _escaped_line(line: str) -> str:
    line = _MARKUP.sub(r"\\\1", " ".join(line.split()))
    # at the beginning of a line these would make a list, a heading or a rule
    return _LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", line)


def _page_name(workspace: Workspace, channel: Channel) -> str:
    if not channel.is_direct:
        return re.sub(r"[^\w-]", "_", channel.name)
    people = [user.name for user in map(workspace.user, channel.members) if not user.is_bot]
    return re.sub(r"[^\w.-]", "_", "-".join(["dm", *people]))


class _ChannelTranscript:
    def __init__(self, workspace: Workspace, channel: Channel) -> None:
        self._workspace = workspace
        self._channel = channel
        self._names = Names.of(workspace)
        self._day = ""

    def lines(self) -> Iterator[str]:
        yield from self._head()
        for message in self._channel.messages.values():
            if message.is_reply:
                continue
            yield from self._new_day(message)
            yield ""
            yield from self._message(message)
            for reply in self._replies(message):
                yield ""
                yield from (f"> {line}".rstrip() for line in self._message(reply))

    def _head(self) -> Iterator[str]:
        channel = self._channel
        people = ", ".join(escaped(self._names.user(one)) for one in channel.members)
        if channel.is_direct:
            yield f"# Direct messages: {people}"
            return
        yield f"# \\#{escaped(channel.name)}"
        if channel.topic.value:
            yield ""
            yield f"Topic: {escaped(plain(channel.topic.value, self._names))}"
        kind = "Private channel" if channel.is_private else "Channel"
        yield ""
        yield f"{kind} of {people}." if people else f"{kind}."

    def _new_day(self, message: Message) -> Iterator[str]:
        moment = _moment(message)
        day = f"{moment.day} {moment:%B %Y} (UTC)"
        if day != self._day:
            self._day = day
            yield ""
            yield f"## {day}"

    def _replies(self, parent: Message) -> Iterator[Message]:
        for message in self._channel.messages.values():
            if message.is_reply and message.thread_ts == parent.ts:
                yield message

    def _message(self, message: Message) -> Iterator[str]:
        who = escaped(self._names.user(message.user))
        if message.subtype:
            # Slack's own line ("<@U1> has joined the channel") names who did it
            did = plain(message.text, self._names).removeprefix("@")
            yield f"{_moment(message):%H:%M:%S} _{escaped(did)}_"
            return
        yield f"**{_moment(message):%H:%M:%S} {who}**{self._marks(message)}\\"
        if message.deleted or message.tombstone:
            yield "_This message was deleted._"
            return
        parts = [part for part in (self._text(message), self._reactions(message)) if part]
        parts = [*self._file_names(message), *parts]
        yield from "\\\n".join(parts or ["_(no text)_"]).split("\n")
        for file in message.files:
            yield ""
            yield from self._content(file)

    def _marks(self, message: Message) -> str:
        if message.deleted_at is not None:
            return f" _(deleted {datetime.fromtimestamp(message.deleted_at, UTC):%H:%M:%S})_"
        if message.tombstone:
            return " _(deleted)_"
        if message.edited_ts:
            return f" _(edited {datetime.fromtimestamp(float(message.edited_ts), UTC):%H:%M:%S})_"
        return ""

    def _text(self, message: Message) -> str:
        if not message.app_id:
            return escaped(plain(message.text, self._names))
        return escaped(unstyled(plain(written(message.blocks) or message.text, self._names)))

    def _reactions(self, message: Message) -> str:
        return " · ".join(
            f"{escaped(emoji(name))} {', '.join(escaped(self._names.user(one)) for one in users)}"
            for name, users in message.reactions.items()
        )

    def _file_names(self, message: Message) -> list[str]:
        return [f"📎 {escaped(plain(self._workspace.files[file].name, self._names))}" for file in message.files]

    def _content(self, file: str) -> Iterator[str]:
        text = plain_content(self._workspace.files[file].content)
        # longer than any row of backticks inside, so that nothing inside can end it
        fence = "`" * max(3, 1 + max((len(row) for row in re.findall(r"`+", text)), default=0))
        rows = text.splitlines()
        yield f"{fence}text"
        yield from rows[:_LONGEST_FILE]
        if len(rows) > _LONGEST_FILE:
            yield f"… {len(rows) - _LONGEST_FILE} more lines"
        yield fence


def plain_content(content: bytes) -> str:
    """A file's text without control characters; other bytes as replacement signs."""
    text = content.decode("utf-8", errors="replace")
    return "".join(sign for sign in text if sign in "\n\t" or sign.isprintable())


def _moment(message: Message) -> datetime:
    return datetime.fromtimestamp(float(message.ts), UTC)
