"""The installed program in processes of its own, as a user has it, and the workspace's control interface over HTTP."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp

PROGRAM = Path(sys.executable).parent / "incident-bot"
ROOT = Path(__file__).resolve().parents[1]
CONNECTED = "incident-bot is connected"
LISTENING = "incident-bot is listening on "
# Seconds after which something that does not happen is a failure; machines under load are slow.
PATIENCE = 60.0
_BETWEEN_LOOKS = 0.03

Seen = TypeVar("Seen")


@dataclass(frozen=True, kw_only=True)
class Finished:
    """What a program left behind."""

    code: int
    out: str
    err: str


def environment(**settings: str | Path) -> dict[str, str]:
    """What a user's shell has, and these settings; nothing else of this process's own."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH", "TMPDIR") if name in os.environ}
    return {**kept, **{name: str(value) for name, value in settings.items()}}


def for_workspace(base_url: str, database: Path, **settings: str | Path) -> dict[str, str]:
    """The environment of a bot in the local workspace."""
    secrets = {
        "SLACK_BOT_TOKEN": "xoxb-test-token",
        "SLACK_APP_TOKEN": "xapp-test-token",
        "SLACK_SIGNING_SECRET": "test-signing-secret",
    }
    where = {"SLACK_API_URL": base_url, "DATABASE_URL": f"sqlite+aiosqlite:///{database}"}
    return environment(**{**secrets, **where, **settings})


class Program:
    """One running program; what it says is kept line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._news = asyncio.Event()  # a line, or the end of a stream
        self._streams = 2  # those that are still open
        self._readers = [
            asyncio.create_task(self._read(process.stdout, self.out)),
            asyncio.create_task(self._read(process.stderr, self.err)),
        ]

    @classmethod
    async def start(cls, *command: str | Path, env: Mapping[str, str], cwd: Path) -> Self:
        process = await asyncio.create_subprocess_exec(
            *(str(word) for word in command),
            env=dict(env),
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def line(self, beginning: str, *, within: float = PATIENCE) -> str:
        """The line of standard output that begins so, as soon as it is there; a program that ends instead fails."""

        async with asyncio.timeout(within):
            while (found := next((line for line in self.out if line.startswith(beginning)), None)) is None:
                assert self._streams, f"it ended without saying {beginning!r}:\n" + "\n".join(self.out + self.err)
                self._news.clear()
                await self._news.wait()
        return found

    async def end(self, how: signal.Signals = signal.SIGTERM, *, within: float = PATIENCE) -> int:
        """Sends the signal; the exit code."""
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self.ended(within=within)

    async def ended(self, *, within: float = PATIENCE) -> int:
        async with asyncio.timeout(within):
            await asyncio.gather(*self._readers)
            return await self._process.wait()

    async def close(self) -> None:
        """Leaves nothing running, whatever has happened."""
        if self._process.returncode is None:
            self._process.kill()
        await asyncio.gather(*self._readers)
        await self._process.wait()

    async def _read(self, stream: asyncio.StreamReader | None, lines: list[str]) -> None:
        assert stream is not None
        while line := await stream.readline():
            lines.append(line.decode(errors="replace").rstrip("\n"))
            self._news.set()
        self._streams -= 1
        self._news.set()


async def run(*arguments: str | Path, env: Mapping[str, str], cwd: Path, within: float = 60.0) -> Finished:
    """`incident-bot ARGUMENTS` until it ends."""
    program = await Program.start(PROGRAM, *arguments, env=env, cwd=cwd)
    try:
        code = await program.ended(within=within)
    finally:
        await program.close()
    return Finished(code=code, out="\n".join(program.out), err="\n".join(program.err))


@asynccontextmanager
async def running(*arguments: str | Path, env: Mapping[str, str], cwd: Path) -> AsyncIterator[Program]:
    """`incident-bot ARGUMENTS`, killed at the end unless it was ended before."""
    program = await Program.start(PROGRAM, *arguments, env=env, cwd=cwd)
    try:
        yield program
    finally:
        await program.close()


@asynccontextmanager
async def connected(*, env: Mapping[str, str], cwd: Path) -> AsyncIterator[Program]:
    """A bot that is connected over Socket Mode."""
    async with running("run", env=env, cwd=cwd) as program:
        await program.line(CONNECTED)
        yield program


class Control:
    """The workspace's control interface, from outside."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self._session = session

    async def do(self, what: str, **order: Any) -> dict[str, Any]:
        """One of the doings of `POST /_control/WHAT`."""
        async with self._session.post(f"{self.url}/{what}", json=order) as reply:
            answer: dict[str, Any] = await reply.json()
            assert reply.status == 200, answer
            return answer

    async def command(self, text: str, *, user: str = "ana", channel: str = "general") -> dict[str, Any]:
        """`/incident TEXT`; what the person is shown."""
        return await self.do("command", channel=channel, user=user, command="/incident", text=text)

    async def state(self) -> dict[str, Any]:
        return dict(await self._look("state"))

    async def channel(self, beginning: str) -> dict[str, Any] | None:
        """The first channel whose name begins so."""
        return next((one for one in (await self.state())["channels"] if one["name"].startswith(beginning)), None)

    async def messages(self, channel: str) -> list[dict[str, Any]]:
        return list(await self._look(f"messages/{channel}"))

    async def by_bot(self, channel: str) -> list[str]:
        """The texts of what the bot has posted there, without threads."""
        return [one["text"] for one in await self.messages(channel) if one["bot_id"] and not one["subtype"]]

    async def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        return list(await self._look("calls" + (f"?method={method}" if method else "")))

    async def until(self, look: Callable[[], Awaitable[Seen]], *, within: float = PATIENCE) -> Seen:
        """What `look` sees as soon as that is something."""
        async with asyncio.timeout(within):
            while not (seen := await look()):  # noqa: ASYNC110 - another process sets no event of ours
                await asyncio.sleep(_BETWEEN_LOOKS)
            return seen

    async def _look(self, path: str) -> Any:
        async with self._session.get(f"{self.url}/{path}") as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()


@asynccontextmanager
async def controlling(url: str) -> AsyncIterator[Control]:
    async with aiohttp.ClientSession() as session:
        yield Control(url, session)
