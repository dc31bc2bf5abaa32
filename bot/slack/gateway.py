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
        try:
            # The SDK knows which methods take JSON and which a form: chat.postMessage is its chat_postMessage.
            answer = await getattr(self.client, method.replace(".", "_"))(**arguments)
        except SlackApiError as problem:
            raise _translate(method, problem) from problem
        except aiohttp.ClientConnectorError as problem:
            raise SlackBusy(method, retry_after=_PAUSE_AFTER_FAILURE) from problem  # never left this machine
        except (TimeoutError, aiohttp.ClientError, OSError) as problem:
            raise SlackUnclear(method, type(problem).__name__) from problem
        return (answer.data if isinstance(answer.data, dict) else {}), answer.headers

    async def upload(self, *, channel: str, name: str, content: str, comment: str) -> dict[str, Any]:
        """Puts a text file into a channel: Slack's three calls for it."""
        with _counted("files.upload"):
            try:
                answer = await self.client.files_upload_v2(
                    channel=channel, filename=name, title=name, content=content, initial_comment=comment
                )
            except SlackApiError as problem:
                raise _translate("files.upload", problem) from problem
            except (TimeoutError, aiohttp.ClientError, OSError) as problem:
                raise SlackUnclear("files.upload", type(problem).__name__) from problem
        return answer.data if isinstance(answer.data, dict) else {}

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
            raise SlackBusy("response_url", retry_after=float(reply.headers.get("Retry-After", "1")))
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


def _translate(method: str, problem: SlackApiError) -> SlackBusy | SlackRefused | SlackUnclear:
    answer: Any = problem.response
    status, code = getattr(answer, "status_code", 200), ""
    try:
        code = answer.get("error") or ""
    except (AttributeError, ValueError):  # a 5xx with a page instead of JSON
        code = f"http_{status}"
    if status == 429 or code == "ratelimited":
        return SlackBusy(method, retry_after=float(answer.headers.get("Retry-After", "1")))
    if status == 503 or code in _NO_EFFECT:
        return SlackBusy(method, retry_after=_PAUSE_AFTER_FAILURE)
    if status >= 500 or code in _MAYBE_AN_EFFECT:
        return SlackUnclear(method, code or f"status {status}")
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
