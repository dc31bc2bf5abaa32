"""What nobody listens to, and what a listener failed at: nobody sees a failure because of what we do not know."""

import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

log = logging.getLogger(__name__)


def listen(app: AsyncApp) -> None:
    """Bolt raises for a request without a listener: `raise_error_for_unhandled_request` is set on the app."""

    async def handle_error(error: Exception, request: AsyncBoltRequest) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            # Unacknowledged, an event comes again and counts as our failure, and a click shows a warning sign.
            log.debug("Nobody listens to this.", extra={"action": "not_listened_to", **_kind(request.body)})
            return BoltResponse(status=200)
        log.error(
            "A request failed, and Slack tells the person so.",
            # Not the one that is being handled: Bolt has left its except clause for a listener's failure.
            exc_info=error,
            extra={"action": "request_failed", **_kind(request.body)},
        )
        return None  # as Bolt has it: 500, so that an event is sent again

    app.error(handle_error)


def _kind(body: Mapping[str, Any]) -> dict[str, str]:
    """What kind of request it was, without anything that people wrote."""
    kind = body.get("type") or ("slash_command" if "command" in body else "")
    return {"kind": str(kind), "callback": str(_callback(body))}


def _callback(body: Mapping[str, Any]) -> Any:
    view, actions = body.get("view"), body.get("actions")
    if isinstance(view, Mapping):
        return view.get("callback_id") or ""
    if isinstance(actions, list) and actions and isinstance(actions[0], Mapping):
        return actions[0].get("action_id") or actions[0].get("name") or ""
    return body.get("callback_id") or ""
