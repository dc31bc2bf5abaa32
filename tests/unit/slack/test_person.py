"""What is taken of a person's profile, however Slack describes them."""

from typing import Any

import pytest

from bot.slack.outbound.person import person_facts

USER = {
    "id": "U1",
    "name": "ana",
    "real_name": "Ana Torres",
    "tz": "Europe/Madrid",
    "team_id": "T1",
    "is_bot": False,
    "deleted": False,
    "is_restricted": True,
    "profile": {"real_name": "Ana T.", "team": "T1"},
    "enterprise_user": {"enterprise_id": "E1"},
}


def test_what_slack_documents_is_taken() -> None:
    found = person_facts(USER)
    assert (found.user_id, found.handle, found.name, found.tz) == ("U1", "ana", "Ana Torres", "Europe/Madrid")
    assert (found.home_team, found.home_enterprise, found.is_restricted) == ("T1", "E1", True)


@pytest.mark.parametrize("value", [None, "", "a word", 7, [], ["a"], {"not": "this"}, True])
@pytest.mark.parametrize("key", sorted(set(USER) - {"id"}))
def test_a_key_of_another_kind_counts_as_missing(key: str, value: Any) -> None:
    found = person_facts({**USER, key: value})
    assert found.user_id == "U1"
    assert all(isinstance(text, str) for text in (found.handle, found.name, found.tz, found.home_team))
    assert found.home_enterprise is None or isinstance(found.home_enterprise, str)
    assert found.handle
    assert found.name


@pytest.mark.parametrize("tz", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5000, "Europe"])
def test_a_zone_that_there_is_not_is_utc(tz: str) -> None:
    assert person_facts({**USER, "tz": tz}).tz == "UTC"
