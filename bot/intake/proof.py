"""Proofs of origin that several sources know."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from bot.intake.source import Incoming


class Keys:
    """A key for each integration, sent as `Authorization: Bearer …` or as the last part of the address."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """`keys` by the integration's name."""
        self._keys = {integration: _digest(key) for integration, key in keys.items()}
        self._nobodys = secrets.token_bytes(hashlib.sha256().digest_size)

    def open_for(self, incoming: Incoming) -> bool:
        """Whether it has the integration's key; that takes as long where there is no such integration."""
        expected = self._keys.get(incoming.integration, self._nobodys)
        scheme, _, sent = incoming.headers.get("Authorization", "").partition(" ")
        in_header = hmac.compare_digest(_digest(sent.strip()), expected)
        in_address = hmac.compare_digest(_digest(incoming.key), expected)
        return (in_header and scheme.lower() == "bearer") or in_address


def _digest(key: str) -> bytes:
    """As long for every key, so that the comparison tells nothing of its length."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
