"""`make bench` in small: it measures what it says. Figures are not judged here; machines differ."""

from pathlib import Path

from tests.benchmarks.declaration import measure_declarations

# The channel, then the declarer, the topic, the card and the announcement side by side, then the pin and the briefing.
CALLS = sorted(
    [
        "conversations.create",
        "conversations.invite",
        "conversations.setTopic",
        "chat.postMessage",  # the card
        "chat.postMessage",  # the announcement
        "chat.postMessage",  # the briefing
        "pins.add",
    ]
)


async def test_a_declaration_takes_seven_calls_in_three_rounds(tmp_path: Path) -> None:
    figures, [declared] = await measure_declarations(tmp_path, latency_ms=0, runs=1)
    assert sorted(call["method"] for call in declared.calls) == CALLS
    assert 0 < declared.in_channel <= declared.everything
    assert {figure.unit for figure in figures} == {"ms", ""}
