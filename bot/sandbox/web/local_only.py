"""Who may look at the workspace and act in it over HTTP: only this machine, and no web page under a foreign name."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable

from aiohttp import web

_LOCAL_NAMES = {"localhost"}


@web.middleware
async def local_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Only this machine may ask, and under its own name: a web page cannot reach it through a foreign one."""
    host = request.host.rpartition(":")[0] if not request.host.endswith("]") else request.host
    if not _is_local(request.remote or "") or not _is_local((host or request.host).strip("[]")):
        return web.json_response({"ok": False, "error": "the control interface is for this machine only"}, status=403)
    return await handler(request)


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in _LOCAL_NAMES
