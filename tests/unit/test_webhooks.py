"""Signatures, addresses and the guide of webhooks."""

import json
import re
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.config import Webhook
from bot.domain.event_types import EVENT_TYPES
from bot.errors import WebhookRefused
from bot.service import notifications
from bot.webhooks import body
from bot.webhooks.addresses import is_public
from bot.webhooks.destination import WebhookDestination
from bot.webhooks.signing import key_of, signature

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/webhooks.md").read_text("utf-8")


def test_a_signature_is_that_of_the_specifications_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py"""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature(
        key,
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(("secret", "key"), [("whsec_AAEC", b"\x00\x01\x02"), ("a plain one", b"a plain one")])
def test_a_secret_is_taken_with_and_without_its_prefix(secret: str, key: bytes) -> None:
    assert key_of(secret) == key


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        key_of(secret)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - nobody listens
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "2002:a00:1::1",
        "64:ff9b:1::a00:1",
    ],
)
def test_a_private_address_is_known_however_it_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


def test_the_guide_and_the_schema_know_every_event_that_is_sent() -> None:
    explained = dict(re.findall(r"^\| `(incident\.\w+)` \| (.*) \|$", GUIDE, re.MULTILINE))
    assert explained == dict(EVENT_TYPES)
    schema = json.loads((Path(body.__file__).parent / "schema.json").read_text("utf-8"))
    assert schema["properties"]["type"]["enum"] == list(EVENT_TYPES)
    assert schema["properties"]["version"]["const"] == body.VERSION
    sent = set(re.findall(r'_webhooks\("([a-z._]+)"\)', Path(notifications.__file__).read_text("utf-8")))
    assert sent == set(EVENT_TYPES)


async def test_an_address_in_other_digits_is_the_address() -> None:
    """１２７.0.0.1 is connected to as 127.0.0.1."""
    endpoint = Webhook(url="https://\uff11\uff12\uff17.0.0.1/", secret_env="SECRET")
    destination = WebhookDestination(endpoint, b"key", SystemClock())
    with pytest.raises(WebhookRefused, match="private address"):
        await destination.test()
    await destination.close()
