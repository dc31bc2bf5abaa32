"""The one door to Slack's Web API: every failure comes out as one of three kinds."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SlackBusy, SlackRefused, SlackUnclear
from bot.metrics import SLACK_CALLS

log = logging.getLogger(__name__)

# Errors that Slack documents as passing; everything else with ok=false is a refusal.
# Of the second kind Slack says that some part of the operation may have succeeded.
_NO_EFFECT = frozenset({"ratelimited", "service_unavailable"})
_MAYBE_AN_EFFECT = frozenset({"internal_error", "fatal_error", "request_timeout"})
# Seconds until a call that failed on Slack's side is tried again.
_PAUSE_AFTER_FAILURE = 5.0
_SECONDS_TO_ANSWER = 15
_UPLOAD = "files.upload"
# What the file host says of an address that it no longer knows, or of bytes that came too slowly.
_TOO_LATE = frozenset({404, 408, 410})
_RESULTS = {SlackRefused: "refused", SlackBusy: "busy", SlackUnclear: "unclear"}


class Gateway:
    """Calls Slack with the arguments as they are given; no retries here, since repeating a post can double it."""

    def __init__(self, *, token: str, api_url: str) -> None:
        self.session: aiohttp.ClientSession | None = None
        self.client = AsyncWebClient(
            token=token, base_url=api_url, timeout=_SECONDS_TO_ANSWER, retry_handlers=[], trust_env_in_session=True
        )

    async def open(self) -> None:
        # One session keeps connections alive; without it the SDK connects anew for each call.
        self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_SECONDS_TO_ANSWER),
            connector=aiohttp.TCPConnector(limit=50, keepalive_timeout=60),
            trust_env=True,
        )
        self.client.session = self.session

    async def close(self) -> None:
        if self.session is not None:
            await self.session.close()

    async def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Slack's answer. Raises SlackRefused, SlackBusy (no effect) or SlackUnclear (look before repeating)."""
        with _counted(method):
            return (await self._call(method, arguments))[0]

    async def call_with_scopes(
        self, method: str, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], frozenset[str] | None]:
        """Slack's answer and the scopes that the token has been granted; None where the server does not tell."""
        with _counted(method):
            answer, headers = await self._call(method, arguments)
        told = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
        return answer, frozenset(one.strip() for one in told.split(",")) if told else None

    async def _call(self, method: str, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, str]]:
        # The SDK knows which methods take JSON and which a form: chat.postMessage is its chat_postMessage.
        called = getattr(self.client, method.replace(".", "_"))
        try:
            answer = await called(**arguments)
        except SlackApiError as problem:
            raise _translate(method, problem) from problem
        except aiohttp.ClientConnectorError as problem:
            raise SlackBusy(method, retry_after=_PAUSE_AFTER_FAILURE) from problem  # never left this machine
        except (TimeoutError, aiohttp.ClientError, OSError) as problem:
            raise SlackUnclear(method, type(problem).__name__) from problem
        except (AttributeError, UnicodeDecodeError) as problem:  # the SDK, of a text that is no JSON
            raise SlackUnclear(method, "something else answered in Slack's place") from problem
        return (answer.data if isinstance(answer.data, dict) else {}), answer.headers

    async def upload(self, *, channel: str, name: str, content: str, comment: str) -> dict[str, Any]:
        """Puts a text file into a channel: asks for an address, takes the bytes there, and shares the file.

        Nobody sees anything of it before the last of the three, so only that one can be unclear.
        """
        with _counted(_UPLOAD):
            data = content.encode()
            try:
                place, _ = await self._call("files.getUploadURLExternal", {"filename": name, "length": len(data)})
                address, file = place.get("upload_url"), place.get("file_id")
                if not (isinstance(address, str) and isinstance(file, str)):
                    raise SlackRefused(_UPLOAD, "no_upload_url")
                await self._take_bytes(address, data)
            except SlackUnclear as problem:
                raise SlackBusy(_UPLOAD, retry_after=_PAUSE_AFTER_FAILURE) from problem
            except SlackBusy as problem:
                raise SlackBusy(_UPLOAD, retry_after=problem.retry_after) from problem
            done, _ = await self._call(
                "files.completeUploadExternal",
                {"files": [{"id": file, "title": name}], "channel_id": channel, "initial_comment": comment},
            )
        return done

    async def _take_bytes(self, address: str, data: bytes) -> None:
        assert self.session is not None  # noqa: S101 - opened by the application
        try:
            async with self.session.post(address, data=data) as reply:
                status, headers = reply.status, reply.headers
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as problem:  # the last: no address at all
            raise SlackUnclear(_UPLOAD, type(problem).__name__) from problem
        if status == 429:
            raise SlackBusy(_UPLOAD, retry_after=_wait(headers))
        # An address lives for a short while: the next attempt asks for another.
        if status in _TOO_LATE or status >= 500:
            raise SlackBusy(_UPLOAD, retry_after=_PAUSE_AFTER_FAILURE)
        if status >= 300:
            raise SlackRefused(_UPLOAD, f"http_{status}")

    async def respond(self, url: str, body: Mapping[str, Any]) -> None:
        """Answers a command or a click through its response_url."""
        with _counted("response_url"):
            await self._respond(url, body)

    async def _respond(self, url: str, body: Mapping[str, Any]) -> None:
        assert self.session is not None  # noqa: S101 - opened by the application
        try:
            async with self.session.post(url, json=dict(body)) as reply:
                text = await reply.text()
        except (TimeoutError, aiohttp.ClientError, OSError) as problem:
            raise SlackUnclear("response_url", type(problem).__name__) from problem
        if reply.status == 429:
            raise SlackBusy("response_url", retry_after=_wait(reply.headers))
        if reply.status >= 500:
            raise SlackBusy("response_url", retry_after=_PAUSE_AFTER_FAILURE)
        if reply.status >= 400:
            raise SlackRefused("response_url", text[:100])


@contextmanager
def _counted(method: str) -> Iterator[None]:
    """Counts the call by how it ended; one that was cancelled did not end."""
    try:
        yield
    except (SlackRefused, SlackBusy, SlackUnclear) as problem:
        SLACK_CALLS.labels(method, _RESULTS[type(problem)]).inc()
        raise
    SLACK_CALLS.labels(method, "ok").inc()


def _wait(headers: Mapping[str, str]) -> float:
    """Seconds that Slack asks to wait."""
    told = headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else _PAUSE_AFTER_FAILURE


def _translate(method: str, problem: SlackApiError) -> SlackBusy | SlackRefused | SlackUnclear:
    response: Any = problem.response
    # Where JSON was announced and did not come, the SDK hands over aiohttp's response instead of its own.
    status: int = getattr(response, "status_code", None) or getattr(response, "status", None) or 200
    answer: Any = getattr(response, "data", None)
    if not isinstance(answer, dict) or "error" not in answer:
        answer = {}  # a page instead of JSON: it is not Slack that answered
    code = str(answer.get("error") or f"http_{status}")
    if status == 429 or code == "ratelimited":
        return SlackBusy(method, retry_after=_wait(response.headers))
    if status == 503 or code in _NO_EFFECT:
        return SlackBusy(method, retry_after=_PAUSE_AFTER_FAILURE)
    if status >= 500 or code in _MAYBE_AN_EFFECT or (not answer and status < 400):
        return SlackUnclear(method, code)
    details = (answer.get("response_metadata") or {}).get("messages") or answer.get("errors") or ""
    return SlackRefused(
        method,
        code,
        needed=answer.get("needed") or "",
        detail=str(details)[:300] if details else "",
        people=people_refused(answer),
    )


def people_refused(answer: Any) -> dict[str, str]:
    """{person: why not}, as Slack says it of people who were named together."""
    told = answer.get("errors")
    return {
        str(one["user"]): str(one.get("error") or "")
        for one in (told if isinstance(told, list) else [])
        if isinstance(one, Mapping) and one.get("user") and not one.get("ok")
    }
