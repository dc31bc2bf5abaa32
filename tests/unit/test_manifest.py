"""manifest.yaml is what Slack accepts and what the code needs."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot.slack.inbound.events import HANDLED
from bot.slack.outbound.identity import SCOPES
from tests import slack_facts

ROOT = Path(__file__).parents[2]

# Slack asks for a subscription by kind of channel; the event that arrives is of type `message`.
EVENT_OF = {"message.channels": "message", "message.groups": "message"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "manifest.yaml").read_text(encoding="utf-8"))
    return found


def test_slack_accepts_the_manifest(manifest: dict[str, Any]) -> None:
    jsonschema.validate(manifest, slack_facts.manifest_schema())


def test_slack_refuses_a_manifest_with_words_that_it_does_not_know(manifest: dict[str, Any]) -> None:
    manifest = {**manifest, "settings": {**manifest["settings"], "socket_mode": "yes"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, slack_facts.manifest_schema())


def test_the_manifest_asks_for_the_scopes_that_the_bot_checks_at_its_start(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"]["bot"] == sorted(SCOPES)


def test_the_manifest_subscribes_to_the_events_that_the_bot_handles(manifest: dict[str, Any]) -> None:
    subscribed = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {EVENT_OF.get(name, name) for name in subscribed} == HANDLED


def test_every_subscribed_event_is_covered_by_a_scope(manifest: dict[str, Any]) -> None:
    for name in manifest["settings"]["event_subscriptions"]["bot_events"]:
        scopes = slack_facts.event_scopes().get(name)
        assert not scopes or set(scopes) & set(SCOPES), f"{name} needs one of {scopes}"


@pytest.mark.parametrize(
    "method",
    [
        "auth.test",
        "chat.postMessage",
        "chat.update",
        "conversations.create",
        "conversations.history",
        "conversations.invite",
        "conversations.replies",
        "conversations.setTopic",
        "files.completeUploadExternal",
        "pins.add",
        "users.conversations",
        "users.info",
        "views.open",
        "views.update",
    ],
)
def test_every_method_that_the_bot_calls_is_covered_by_a_scope(method: str) -> None:
    scopes = slack_facts.methods()[method]["scopes"]
    assert not scopes or set(scopes) & set(SCOPES), f"{method} needs one of {scopes}"
