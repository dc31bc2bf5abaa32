"""Where a webhook may go: an address that somebody configures must not reach into the network that the bot runs in."""

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

# Translators lead from these to IPv4 addresses, private ones too (RFC 6052, RFC 8215).
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


class PrivateAddress(OSError):
    """The name or address leads into a private network."""


def is_public(address: str) -> bool:
    """Whether an IP address can be reached by everybody; what is an IPv4 address in IPv6 counts as that."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _TRANSLATED):
            return False
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not ip.is_multicast


def check_host(host: str) -> None:
    """Raises PrivateAddress for an address that is written as one and is private; names are for the resolver."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_public(host):
        raise PrivateAddress(f"{host} is a private address")


class PublicResolver(AbstractResolver):
    """Looks names up, and refuses one that leads to a private address; what was looked up is what is connected to."""

    def __init__(self) -> None:
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(is_public(one["host"]) for one in found):
            raise PrivateAddress(f"{host} leads to a private address")
        return found

    async def close(self) -> None:
        await self._resolver.close()
