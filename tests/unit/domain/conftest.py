"""What every test of a rule has in common."""

import time
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def machine_far_from_utc() -> Iterator[None]:
    """No rule may depend on where the machine stands, and the machines that run tests all stand in UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        yield
    time.tzset()
