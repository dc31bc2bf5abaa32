"""Slack's own addresses of messages and channels."""

import pytest

from bot.slack.messages import permalinks


@pytest.mark.parametrize(
    ("thread_ts", "found"),
    [
        (None, "https://acme.slack.com/archives/C1/p1540162440000100"),
        ("1540162440.000100", "https://acme.slack.com/archives/C1/p1540162440000100"),  # the thread's own first message
        (
            "1540160000.000000",
            "https://acme.slack.com/archives/C1/p1540162440000100?thread_ts=1540160000.000000&cid=C1",
        ),
    ],
)
@pytest.mark.parametrize("workspace", ["https://acme.slack.com", "https://acme.slack.com/"])
def test_a_message_has_slacks_permalink(workspace: str, thread_ts: str | None, found: str) -> None:
    assert permalinks.message(workspace, "C1", "1540162440.000100", thread_ts) == found
