"""Listens on one address for whoever adds routes."""

import asyncio
import logging
from typing import Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.errors import ConfigError
from bot.web.gate import ConnectionLimits, Gate, GuardedConnection

# Slack's largest payload is a view submission: 250 kB of view, form-encoded.
_LARGEST_BODY = 2 * 1024 * 1024
# For answers that are just being written; payloads under way are the receiver's to wait for.
_SECONDS_TO_FINISH = 1.0
_SECONDS_TO_KEEP_ALIVE = 75.0  # as other servers do; a balancer keeps its own connections shorter


def _logger() -> logging.Logger:
    """Says nothing of requests that are no HTTP: they are answered with 400, and anybody can send them."""
    logger = logging.getLogger("bot.web.http")
    logger.addFilter(_is_our_fault)
    return logger


def _is_our_fault(record: logging.LogRecord) -> bool:
    problem = record.exc_info[1] if record.exc_info else None
    return not isinstance(problem, HttpProcessingError)


class _GuardedSite(web.TCPSite):
    """aiohttp's, with the gate in front of its connections."""

    def __init__(self, runner: web.AppRunner, gate: Gate, host: str, port: int) -> None:
        super().__init__(runner, host, port)
        self._gate = gate

    async def start(self) -> None:
        await super(web.TCPSite, self).start()
        server = self._runner.server
        assert server is not None  # noqa: S101 - the runner has been set up
        self._server = await asyncio.get_running_loop().create_server(
            lambda: GuardedConnection(self._gate, server()), self._host, self._port, backlog=self._backlog
        )


class Server:
    """An aiohttp server; routes are added to its `site` before it is opened with `async with`."""

    def __init__(self, option: str, host: str, port: int) -> None:
        """`option` is what the address was given with, for the sentence that refuses it."""
        self._option = option
        self._host = f"[{host}]" if ":" in host else host
        self._bind = host
        self._port = port
        self.limits = ConnectionLimits()  # until it is opened others may be set
        self.site = web.Application(client_max_size=_LARGEST_BODY)
        self._runner = web.AppRunner(
            self.site,
            access_log=None,
            shutdown_timeout=_SECONDS_TO_FINISH,
            keepalive_timeout=_SECONDS_TO_KEEP_ALIVE,
            logger=_logger(),
            auto_decompress=False,  # nobody who writes to us compresses; what is proved is proved over the raw bytes
        )

    @property
    def address(self) -> str:
        """HOST:PORT; a port that was asked for as 0 is known once it is open."""
        return f"{self._host}:{self._port}"

    async def __aenter__(self) -> Self:
        """Raises ConfigError where the address cannot be used."""
        gate = Gate(self.limits)
        self.site.middlewares.append(gate.middleware)
        await self._runner.setup()
        try:
            await _GuardedSite(self._runner, gate, self._bind, self._port).start()
        except OSError as problem:
            await self._runner.cleanup()
            why = problem.strerror or str(problem)
            raise ConfigError(
                [f"{self._option} {self.address} cannot be used: {why}. Take another address."]
            ) from problem
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
