"""How often each method may be called."""

import pytest

from bot.sandbox.state.clock import SteppedClock
from bot.sandbox.web.api import METHODS
from bot.sandbox.web.rate_limits import PER_MINUTE, POST_BURST, TIERS, RateLimiter
from tests import slack_facts


def test_the_tiers_are_slacks() -> None:
    facts = slack_facts.methods()
    assert {method: facts[method]["tier"] for method in TIERS} == TIERS


def test_every_method_that_is_served_has_a_tier() -> None:
    assert METHODS.keys() == TIERS.keys()


@pytest.mark.parametrize(
    ("method", "most"),
    [
        ("conversations.create", 20),  # tier 2: a storm of declarations meets this first
        ("conversations.history", 50),
        ("users.info", 100),
        ("auth.test", PER_MINUTE["SpecialTier_auth_test"]),
    ],
)
def test_a_minute_takes_as_many_calls_as_the_tier_has(method: str, most: int) -> None:
    clock = SteppedClock(1000)
    limiter = RateLimiter(clock)
    assert [limiter.check("A1", method, {}) for _ in range(most)] == [None] * most
    assert limiter.check("A1", method, {}) == 60
    assert limiter.check("A2", method, {}) is None  # another app counts for itself
    clock.jump(1030.5)
    assert limiter.check("A1", method, {}) == 30
    clock.jump(1060)
    assert limiter.check("A1", method, {}) is None


def test_messages_go_out_once_a_second_in_a_channel_with_short_bursts() -> None:
    clock = SteppedClock(1000)
    limiter = RateLimiter(clock)

    def post(channel: str) -> float | None:
        return limiter.check("A1", "chat.postMessage", {"channel": channel})

    assert [post("C1") for _ in range(POST_BURST)] == [None] * POST_BURST
    assert post("C1") == 1
    assert post("C2") is None  # another channel has its own
    clock.jump(1000.4)
    assert post("C1") == 1  # Retry-After is in whole seconds
    clock.jump(1001.4)
    assert post("C1") is None
    assert post("C1") == 1
    clock.jump(1100)
    assert [post("C1") for _ in range(POST_BURST + 1)] == [None] * POST_BURST + [1]


def test_messages_of_all_channels_count_together() -> None:
    limiter = RateLimiter(SteppedClock(1000))
    most = PER_MINUTE["SpecialTier_chat_postMessage"]
    answers = [limiter.check("A1", "chat.postMessage", {"channel": f"C{n}"}) for n in range(most + 1)]
    assert answers == [None] * most + [60]


def test_connections_can_be_opened_more_than_once_a_minute() -> None:
    limiter = RateLimiter(SteppedClock(1000))
    assert [limiter.check("A1", "apps.connections.open", {}) for _ in range(10)] == [None] * 10


def test_unknown_methods_are_not_limited() -> None:
    limiter = RateLimiter(SteppedClock(1000))
    assert all(limiter.check("A1", "no.such", {}) is None for _ in range(200))


def test_a_generous_workspace_has_the_same_limits_further_up() -> None:
    limiter = RateLimiter(SteppedClock(1000), generosity=3)
    assert [limiter.check("A1", "conversations.create", {}) for _ in range(60)] == [None] * 60
    assert limiter.check("A1", "conversations.create", {}) == 60
    posts = [limiter.check("A1", "chat.postMessage", {"channel": "C1"}) for _ in range(3 * POST_BURST)]
    assert posts == [None] * 3 * POST_BURST
    assert limiter.check("A1", "chat.postMessage", {"channel": "C1"}) == 1
