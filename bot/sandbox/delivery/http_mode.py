"""An app with a request URL: payloads as signed HTTP requests, whose answers are the acknowledgements."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

import aiohttp

from bot.sandbox.delivery.delivery import Delivery, Envelope

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class HttpApp(Protocol):
    """What HTTP mode needs to know of an app."""

    signing_secret: str
    verification_token: str
    delivery: Delivery


class RequestUrlError(Exception):
    """The URL did not answer the challenge; the text says how it failed."""


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What the app said to one request."""

    status: int
    text: str
    content_type: str
    wants_no_retry: bool


def sign(secret: str, timestamp: str, body: str) -> str:
    """Slack's request signature, version 0."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


def signed_headers(secret: str, body: str, content_type: str, *, now: float) -> dict[str, str]:
    """Headers by which the app knows who sent this body; `now` is the machine's time: the app compares its own."""
    timestamp = str(int(now))
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(secret, timestamp, body),
    }


class RequestUrl:
    """The way to an app in HTTP mode: requests start in the order of the pushes and do not wait for one another."""

    def __init__(self, app: HttpApp, url: str, *, answer_within: float) -> None:
        self.url = url
        self._app = app
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=answer_within), connector=aiohttp.TCPConnector(limit=0)
        )
        self._posts: set[asyncio.Task[None]] = set()

    async def verify(self) -> None:
        """The challenge that Slack sends before it takes a URL."""
        challenge = secrets.token_urlsafe(24)
        body = json.dumps({"token": self._app.verification_token, "challenge": challenge, "type": "url_verification"})
        try:
            answer = await self._post(body, _JSON, {})
        except (aiohttp.ClientError, TimeoutError) as error:
            raise RequestUrlError(f"no answer from the request URL: {error or type(error).__name__}") from error
        if answer.status != 200 or _challenge_in(answer) != challenge:
            raise RequestUrlError(f"the request URL answered the challenge with {answer.status} and not with its value")

    def push(self, envelope: Envelope) -> None:
        """Post a payload; its answer acknowledges it or fails the attempt."""
        body, content_type = _encoded(envelope)  # now: what it tells may change before it leaves
        post = asyncio.get_running_loop().create_task(self._carry(envelope, body, content_type))
        self._posts.add(post)
        post.add_done_callback(self._posts.discard)

    async def close(self) -> None:
        """Abandon what is on its way."""
        posts = list(self._posts)
        for post in posts:
            post.cancel()
        await asyncio.gather(*posts, return_exceptions=True)
        await self._session.close()

    async def _carry(self, envelope: Envelope, body: str, content_type: str) -> None:
        retry = {}
        if envelope.retry_attempt:
            # Socket Mode calls the same "timeout".
            reason = "http_timeout" if envelope.retry_reason == "timeout" else envelope.retry_reason
            retry = {"X-Slack-Retry-Num": str(envelope.retry_attempt), "X-Slack-Retry-Reason": reason}
        delivery = self._app.delivery
        try:
            answer = await self._post(body, content_type, retry)
        except TimeoutError:
            delivery.fail(envelope.envelope_id, "timeout")
        except aiohttp.ClientError:
            delivery.fail(envelope.envelope_id, "connection_failed")
        else:
            if 200 <= answer.status < 300:
                delivery.acknowledge(envelope.envelope_id, _payload(answer))
            else:
                delivery.fail(envelope.envelope_id, "http_error", is_final=answer.wants_no_retry)

    async def _post(self, body: str, content_type: str, headers: dict[str, str]) -> _Answer:
        signed = signed_headers(self._app.signing_secret, body, content_type, now=time.time())
        async with self._session.post(self.url, data=body.encode(), headers=signed | headers) as response:
            return _Answer(
                status=response.status,
                text=await response.text(),
                content_type=response.content_type,
                wants_no_retry=response.headers.get("X-Slack-No-Retry") == "1",
            )


def _encoded(envelope: Envelope) -> tuple[str, str]:
    """Events travel as JSON, commands as a form, interactions as a form with one field."""
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload), _JSON
    if envelope.kind == "slash_commands":
        return urlencode(
            {key: _form_value(value) for key, value in envelope.payload.items() if value is not None}
        ), _FORM
    return urlencode({"payload": json.dumps(envelope.payload)}), _FORM


def _form_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _challenge_in(answer: _Answer) -> str | None:
    """The value that was answered: as plain text, as a form, or as JSON."""
    if answer.content_type == _JSON:
        found = _payload(answer).get("challenge")
        return found if isinstance(found, str) else None
    if answer.content_type == _FORM:
        return dict(parse_qsl(answer.text)).get("challenge")
    return answer.text.strip()


def _payload(answer: _Answer) -> Mapping[str, Any]:
    """A plain answer is a text to show; JSON says it all."""
    text = answer.text
    if not text:
        return {}
    if answer.content_type == _JSON or text.lstrip().startswith("{"):
        try:
            read = json.loads(text)
        except ValueError:
            return {"text": text}
        return read if isinstance(read, Mapping) else {}
    return {"text": text}
