"""Signatures of Standard Webhooks, version 1. https://github.com/standard-webhooks/standard-webhooks"""

import base64
import binascii
import hashlib
import hmac

_PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: `whsec_` is followed by it in Base64, anything else is the key itself.

    Raises ValueError for what is no Base64 behind the prefix, or no key at all.
    """
    if not secret.startswith(_PREFIX):
        key = secret.encode()
    else:
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error as problem:
            raise ValueError("behind whsec_ the secret isn't Base64") from problem
    if not key:
        raise ValueError("the secret is empty")
    return key


def signature(key: bytes, *, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the Base64 of the HMAC-SHA-256 over `id.timestamp.body`; the time in seconds since the epoch."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
