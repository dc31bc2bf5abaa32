"""A monitor that tells the bot of alerts, over HTTP, and a bot whose configuration knows it."""

import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bot.resources import packaged
from bot.web.server import Server
from tests.world import World, open_world

KEY = "a-key-that-nobody-guesses"
DECLARE = {"when": {"severity": ["critical"]}, "do": "declare", "priority": "p1"}
ATTACH = {"when": {"service": ["search"]}, "do": "attach"}
RULES = (DECLARE, ATTACH)


class Monitoring:
    """Speaks for one integration; what it sends is made of values that a test gives."""

    def __init__(self, http: aiohttp.ClientSession, name: str = "monitoring", key: str = KEY) -> None:
        self._http = http
        self._name = name
        self._key = key

    async def tell(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        """One alert; the status and the body of the answer."""
        return await self.send(json.dumps(fields).encode())

    async def send(
        self,
        body: bytes,
        *,
        name: str | None = None,
        key: str | None = None,
        in_path: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """These bytes."""
        sent, path = self._key if key is None else key, f"/hooks/generic/{name or self._name}"
        proof = {} if in_path else {"Authorization": f"Bearer {sent}"}
        path = f"{path}/{sent}" if in_path else path
        async with self._http.post(path, data=io.BytesIO(body), headers={**proof, **(headers or {})}) as reply:
            self.headers = dict(reply.headers)
            answer = await reply.json() if reply.content_type == "application/json" else {}
            return reply.status, answer


def configured(folder: Path, **settings: Any) -> Path:
    """A configuration with the integration `monitoring` as it is given here; other settings go in at the top."""
    raw = yaml.safe_load(packaged("config.yaml").read_text("utf-8"))
    given = {key: settings.pop(key) for key in ("rules", "mapping") if key in settings}
    raw["intake"] = {"generic": {"monitoring": {"key_env": "MONITORING_KEY", **given}}}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(raw | settings, sort_keys=False), "utf-8")
    return path


@asynccontextmanager
async def watched(
    database_url: str, folder: Path, *, rules: Sequence[Mapping[str, Any]] = RULES, clock: Any = None, **settings: Any
) -> AsyncIterator[tuple[World, Monitoring]]:
    """A world with a monitor in it."""
    settings = {"rules": [dict(one) for one in rules], **settings}
    workspace, listen = settings.pop("workspace", None), Server("--listen", "127.0.0.1", 0)
    async with (
        open_world(
            database_url,
            clock=clock,
            workspace=workspace,
            config=configured(folder, **settings),
            variables={"MONITORING_KEY": KEY},
            listen=listen,
        ) as world,
        aiohttp.ClientSession(f"http://{listen.address}") as http,
    ):
        yield world, Monitoring(http)
