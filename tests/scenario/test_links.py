"""Addresses arrive as links (`<http://x.y|x.y>`): what people typed is what they read, everywhere."""

from typing import Any

import pytest

from tests.databases import in_turn
from tests.world import World, shown

pytestmark = pytest.mark.one_database

TYPED = "deploy.sh broke https://shop.acme.com/pay?a=1&b=2, ask ana@acme.com"


def texts(part: Any) -> list[str]:
    """Every text in a record."""
    if isinstance(part, dict):
        return [text for one in part.values() for text in texts(one)]
    if isinstance(part, list):
        return [text for one in part for text in texts(one)]
    return [part] if isinstance(part, str) else []


async def test_words_with_addresses_read_as_typed(world: World) -> None:
    channel = await world.declare(f"p1 {TYPED} service:shop.acme.com")
    await world.command("ana", f"note {TYPED}", channel=channel)
    await world.command("ana", f"update {TYPED}", channel=channel)
    await world.command("ana", f"action {TYPED}", channel=channel)
    said = await world.say("ben", channel, TYPED)
    await world.workspace.add_reaction(user="ben", channel=channel, ts=said, name="pushpin")
    await world.command("ana", f"resolve {TYPED}", channel=channel)
    record = await world.record()
    assert (record["incident"]["title"], record["incident"]["service"]) == (TYPED, "shop.acme.com")
    assert [update["text"] for update in record["updates"]] == [TYPED]
    assert [message["text"] for message in record["messages"] if message["person"] == "ben"] == [TYPED]
    told = [entry["text"] for entry in record["timeline"] if TYPED in entry["text"]]
    assert len(told) >= 5, "declared, noted, updated, marked, resolved"
    written = "\n".join(texts(record))
    assert "http://deploy.sh" not in written
    assert "mailto:" not in written


async def test_what_stakeholders_and_the_channel_read_has_each_address_once(world: World) -> None:
    channel = await world.declare(f"p1 {TYPED}")
    await world.command("ana", f"update {TYPED}", channel=channel)
    for message in [*world.by_bot("incidents"), *world.by_bot(channel)]:
        assert "(http" not in shown(message), shown(message)
        assert "&amp;lt;" not in shown(message)
    await world.command("ana", f"resolve {TYPED}", channel=channel)
    [draft] = [file.content.decode() for file in world.workspace.files.values()]
    assert "http://deploy.sh" not in draft
    assert "mailto:" not in draft


@in_turn("since", ["14:05", "2026-03-02T14:05Z"])
async def test_a_time_beside_an_address_is_understood(world: World, since: str) -> None:
    await world.declare(f"p1 https://shop.acme.com is down since:{since} service:shop.acme.com", who="ben")
    incident = (await world.record())["incident"]
    assert incident["title"] == "https://shop.acme.com is down"
    assert incident["impact_started_at"].startswith("2026-03-02T14:05")
