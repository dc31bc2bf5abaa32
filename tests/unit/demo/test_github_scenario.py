"""The bundled scenario: that it holds what it promises, and that its times are those of the real incident."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.demo.play import DEFAULT_SCENARIO
from bot.sandbox.scenario.loader import load_scenario
from bot.sandbox.scenario.model import Delete, Edit, React, Run, Say, Scenario, Step, Upload


@pytest.fixture(scope="module")
def story() -> Scenario:
    return load_scenario(DEFAULT_SCENARIO)


def commands(story: Scenario, verb: str) -> list[tuple[Step, str]]:
    return [
        (step, step.action.text)
        for step in story.steps
        if isinstance(step.action, Run) and step.action.text.split()[0] == verb
    ]


def key_events(story: Scenario) -> dict[str, str]:
    """HH:MM (UTC) -> text of every pinned message and every note that tells its own time."""
    said = {step.id: step for step in story.steps if step.id and isinstance(step.action, Say)}
    latest = {step.action.message: step.action.text for step in story.steps if isinstance(step.action, Edit)}
    events: dict[str, str] = {}
    for step in story.steps:
        if isinstance(step.action, React) and step.action.emoji == "pushpin":
            pinned = said[step.action.message]
            assert isinstance(pinned.action, Say)
            moment = f"{story.starts_at + pinned.at:%H:%M}"
            events[f"{moment} {pinned.id}"] = latest.get(pinned.id or "", pinned.action.text)
    for _, text in commands(story, "note"):
        if match := re.match(r"note at:(\d\d:\d\d)Z (.*)", text):
            events[f"{match[1]} note"] = match[2]
    return events


def test_there_is_enough_of_everything(story: Scenario) -> None:
    kinds = Counter(type(step.action) for step in story.steps)
    said = [step for step in story.steps if isinstance(step.action, Say | Upload)]
    threads = {step.action.reply_to for step in said if isinstance(step.action, Say)} - {None}
    emoji = Counter(step.action.emoji for step in story.steps if isinstance(step.action, React))
    assert len(said) >= 100
    assert len({step.by for step in said}) >= 8
    assert len(story.people) >= 9
    assert len(threads) >= 6
    assert kinds[Edit] >= 3
    assert kinds[Delete] == 1
    assert kinds[Upload] == 2
    assert emoji["pushpin"] >= 10
    assert emoji["eyes"] >= 3
    assert emoji["white_check_mark"] >= 5
    assert len(commands(story, "update")) >= 10


# What the key event of each fact of the published report must say, with the time at which it is told.
FACTS = {
    "23:16 fortythree": ("43 seconds", "deselected", "promoted West Coast"),
    "22:54 note": ("monitoring alerts", "triage"),
    "23:02 note": ("unexpected state", "only West Coast servers"),
    "23:07 note": ("deployment tooling", "by hand"),
    "23:09 yellow": ("yellow", "active", "coordinator"),
    "23:11 mei_here": ("incident coordinator",),
    "23:13 many": ("Multiple clusters", "paged more database engineers"),
    "23:13 red": ("red", "two minutes"),
    "23:19 paused": ("metadata", "webhook delivery", "Pages builds", "paused"),
    "00:05 plan": ("restore from backups", "synchronise", "both sites", "stable topology", "queued jobs"),
    "00:41 restoring": ("all affected MySQL clusters", "Several terabytes", "remote storage", "hours"),
    "06:51 partly": ("Some clusters", "restored in the East", "replicate from the West", "slow"),
    "07:46 blog": ("blog post is public",),
    "11:12 primaries": ("All database primaries are in the East again", "more responsive", "hours behind"),
    "13:15 growing": ("near peak traffic", "delay grows instead of shrinking", "more read replicas"),
    "16:24 level": ("in sync", "original topology", "stays red"),
    "16:45 backlog": ("over 5 million webhook events", "80,000 Pages builds", "200,000", "time to live", "paused"),
    "23:02 zero": ("All webhooks and all Pages builds are processed", "integrity checks", "green"),
}


def test_every_fact_is_a_key_event_exactly_once_at_its_true_time(story: Scenario) -> None:
    events = key_events(story)

    assert set(events) == set(FACTS)
    for fact, words in FACTS.items():
        assert [word for word in words if word not in events[fact]] == [], fact


def test_it_is_declared_and_resolved_when_the_real_one_was(story: Scenario) -> None:
    [(declared, text)] = commands(story, "declare")
    [(resolved, _)] = commands(story, "resolve")
    [(closed, _)] = commands(story, "close")
    assert story.starts_at + declared.at == datetime(2018, 10, 21, 23, 9, tzinfo=UTC)
    assert text == (
        "declare p1 Database topology flipped to the West Coast since:22:52Z detected:22:54Z "
        "service:mysql category:database/failover"
    )
    assert resolved.at == timedelta(hours=24, minutes=11)
    assert closed.at > resolved.at


def test_updates_come_as_promised_but_for_one_that_is_minutes_late(story: Scenario) -> None:
    late: list[timedelta] = []
    due: timedelta | None = None
    statuses: list[str] = []
    for step, text in commands(story, "update"):
        if due is not None and step.at > due:
            late.append(step.at - due)
        match = re.match(r"update (?:status:(\w+) )?next:(\d+)([mh]) \S", text)
        assert match is not None, text
        due = step.at + timedelta(minutes=int(match[2]) * (60 if match[3] == "h" else 1))
        statuses += [match[1]] if match[1] else []
    [(resolved, _)] = commands(story, "resolve")
    assert late == [timedelta(minutes=5)]
    assert due is not None
    assert due >= resolved.at
    assert statuses == ["identified", "monitoring"]


def test_roles_are_taken_and_handed_over(story: Scenario) -> None:
    holders: dict[str, list[str]] = {}
    for step in story.steps:
        if isinstance(step.action, Run) and (match := re.match(r"(take|assign) (\w+)(?: @(\w+))?", step.action.text)):
            holders.setdefault(match[2], []).append(match[3] or step.by)
    assert holders == {
        "commander": ["mei", "jonas", "mei"],
        "comms": ["priya", "tomas", "priya"],
        "tech": ["ravi", "lena", "ravi"],
    }


def test_nobody_reacts_to_themselves_and_nobody_is_at_it_for_more_than_half_a_day(story: Scenario) -> None:
    author = {step.id: step.by for step in story.steps if step.id}
    spells: dict[str, list[timedelta]] = {}
    for step in story.steps:
        if isinstance(step.action, React):
            assert author[step.action.message] != step.by, step.number
        spells.setdefault(step.by, []).append(step.at)
    for who, times in spells.items():
        begin = before = times[0]
        for at in times:
            if at - before > timedelta(hours=5):
                begin = at
            before = at
            assert at - begin <= timedelta(hours=12), (who, at)


def test_people_live_in_real_places_with_a_title(story: Scenario) -> None:
    assert all(person.title and ZoneInfo(person.tz) for person in story.people.values())
    assert len({person.tz for person in story.people.values()}) >= 6
