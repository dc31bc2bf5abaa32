"""Scenario files: what they may say, and that every mistake is reported with its line and step, all at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.scenario.loader import ScenarioError, load_scenario, parse_scenario
from bot.sandbox.scenario.model import Delete, Edit, Join, Leave, Pin, React, Run, Say, Scenario, Upload

HEAD = """\
title: Database primaries promoted in the wrong region
starts_at: 2018-10-21T22:54:00Z
people:
  ana: {name: Ana Torres, title: Site reliability engineer, tz: America/New_York}
  ben: {name: Ben Okafor, tz: Europe/London}
steps:
"""
FIRST_STEP_LINE = HEAD.count("\n") + 1

FROM_THE_DESIGN = (
    HEAD
    + """\
  - {at: "00:00", by: ana, in: general, say: "Alerts from every MySQL cluster", id: alerts}
  - {at: "00:08", by: ana, in: general, run: "/incident declare p1 Database topology flipped to the West Coast"}
  - {at: "00:09", by: ana, in: incident, say: "Only West Coast servers in three topologies", id: topo}   # a comment
  - {at: "00:10", by: ben, reply_to: topo, say: "Same here"}
  - {at: "00:11", by: ana, edit: topo, say: "Only West Coast servers in five topologies"}
  - {at: "00:12", by: ben, react: pushpin, to: topo}
  - {at: "00:13", by: ben, delete: alerts}
  - {at: "00:14", by: ana, in: incident, upload: {name: replication.txt, text: "lag 41 min"}}
"""
)


def read(*steps: str, head: str = HEAD) -> Scenario:
    return parse_scenario(head + "".join(f"  - {step}\n" for step in steps), file="github.yaml")


def problems(*steps: str, head: str = HEAD) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(*steps, head=head)
    return list(caught.value.problems)


SAID = '{at: "00:00", by: ana, in: general, say: Alerts, id: alerts}'


def test_the_example_of_the_design_is_read() -> None:
    scenario = parse_scenario(FROM_THE_DESIGN, file="github.yaml")

    assert scenario.starts_at == datetime(2018, 10, 21, 22, 54, tzinfo=UTC)
    assert scenario.linger == timedelta(0)
    assert [person.name for person in scenario.people.values()] == ["Ana Torres", "Ben Okafor"]
    assert [type(step.action) for step in scenario.steps] == [Say, Run, Say, Say, Edit, React, Delete, Upload]
    answer = scenario.steps[3].action
    assert answer == Say(text="Same here", channel="incident", reply_to="topo")
    assert scenario.steps[1].action == Run(
        command="/incident", text="declare p1 Database topology flipped to the West Coast", channel="general"
    )
    assert scenario.ends_at == datetime(2018, 10, 21, 23, 8, tzinfo=UTC)


def test_what_goes_beyond_the_example_is_read_too() -> None:
    scenario = read(
        SAID,
        '{at: "00:01", by: ben, react: ":eyes:", to: alerts}',
        '{at: "00:02", by: ben, unreact: eyes, to: alerts}',
        '{at: "00:03", by: ben, pin: alerts}',
        '{at: "00:04", by: ben, unpin: true, to: alerts}',
        '{at: "00:05", by: ben, join: true, in: "#war-room"}',
        '{at: "00:06", by: ben, leave: war-room}',
        '{at: "25:00:30", by: ben, reply_to: alerts, upload: {name: a.txt, text: b}}',
        head=HEAD.replace("steps:", 'linger: "01:30"\nsteps:'),
    )

    assert [step.action for step in scenario.steps[1:]] == [
        React(message="alerts", emoji="eyes"),
        React(message="alerts", emoji="eyes", take_back=True),
        Pin(message="alerts"),
        Pin(message="alerts", take_back=True),
        Join(channel="war-room"),
        Leave(channel="war-room"),
        Upload(name="a.txt", text="b", channel="general", reply_to="alerts"),
    ]
    assert scenario.steps[-1].at == timedelta(hours=25, seconds=30)
    assert scenario.linger == timedelta(minutes=90)


@pytest.mark.parametrize("written", ["00:08", '"00:08"', "'00:08'"])
def test_a_time_without_quotes_means_what_it_says_although_yaml_would_read_a_number(written: str) -> None:
    assert read(f"{{at: {written}, by: ana, in: general, say: Hello}}").steps[0].at == timedelta(minutes=8)


def test_steps_out_of_order_are_played_in_order_and_those_at_once_as_written() -> None:
    scenario = read(
        '{at: "00:05", by: ana, reply_to: a, say: third}',
        '{at: "00:00", by: ana, in: general, say: first, id: a}',
        '{at: "00:00", by: ben, in: general, say: second}',
    )

    assert [step.number for step in scenario.steps] == [2, 3, 1]


MISTAKES = {
    # what is wrong: the step, and what must be said after "github.yaml:LINE: step 2: "
    "an unknown person": (
        '{at: "00:01", by: bne, in: general, say: Hi}',
        "unknown person 'bne' (did you mean 'ben'?)",
    ),
    "an unknown person who is mentioned": (
        '{at: "00:01", by: ana, in: incident, run: "/incident assign tech @bne"}',
        "unknown person 'bne' (did you mean 'ben'?)",
    ),
    "an unknown message": (
        '{at: "00:01", by: ben, react: eyes, to: alrets}',
        "unknown message 'alrets' (did you mean 'alerts'?)",
    ),
    "an unknown key": (
        '{at: "00:01", by: ben, in: general, sya: Hi, say: Hi}',
        "unknown key 'sya' (did you mean 'say'?)",
    ),
    "no time": ("{by: ben, in: general, say: Hi}", "'at' is missing"),
    "a time that is none": (
        '{at: "00:60", by: ben, in: general, say: Hi}',
        "'at' '00:60' is not a time; write HH:MM or HH:MM:SS, quoted",
    ),
    "nobody": ('{at: "00:01", in: general, say: Hi}', "'by' is missing"),
    "no place": ('{at: "00:01", by: ben, say: Hi}', "'in' is missing (or 'reply_to')"),
    "no place for a command": ('{at: "00:01", by: ben, run: /incident status}', "'in' is missing"),
    "nothing to do": (
        '{at: "00:01", by: ben, in: general}',
        "does nothing; give it one of say, upload, run, edit, delete, react, unreact, pin, unpin, join, leave",
    ),
    "two things at once": (
        '{at: "00:01", by: ben, in: general, say: Hi, run: /incident status}',
        "does several things ('say' and 'run'); make a step of each",
    ),
    "a key that does not fit": (
        '{at: "00:01", by: ben, in: general, say: Hi, to: alerts}',
        "'to' does not go with 'say'",
    ),
    "an id for what is no message": (
        '{at: "00:01", by: ben, in: general, run: /incident status, id: status}',
        "'id' does not go with 'run'",
    ),
    "an id twice": (
        '{at: "00:01", by: ben, in: general, say: Hi, id: alerts}',
        f"id 'alerts' is already used in line {FIRST_STEP_LINE}",
    ),
    "somebody else's message": (
        '{at: "00:01", by: ben, edit: alerts, say: Hi}',
        "ben cannot edit 'alerts': it is ana's, and people edit their own messages only",
    ),
    "an edit without text": ('{at: "00:01", by: ana, edit: alerts}', "'edit' needs 'say', the new text"),
    "a reaction to nothing": ('{at: "00:01", by: ana, react: eyes}', "'to' is missing"),
    "a sign in place of an emoji's name": (
        '{at: "00:01", by: ana, react: 📌, to: alerts}',
        "'📌' is not an emoji's name; write for example pushpin",
    ),
    "no command": (
        '{at: "00:01", by: ana, in: general, run: incident status}',
        "a command begins with '/', for example /incident status; this is 'incident'",
    ),
    "another channel than the message's": (
        '{at: "00:01", by: ana, in: incident, reply_to: alerts, say: Hi}',
        "message 'alerts' is in 'general', not in 'incident'",
    ),
    "a channel's name that Slack refuses": (
        '{at: "00:01", by: ana, in: "War Room", say: Hi}',
        "'War Room' cannot be a channel's name",
    ),
    "a file without text": ('{at: "00:01", by: ana, in: general, upload: {name: a.txt}}', "'text' is missing"),
    "a file that is none": (
        '{at: "00:01", by: ana, in: general, upload: a.txt}',
        "'upload' must be a mapping such as {name: lag.txt, text: \"41 min\"}",
    ),
    "empty text": ('{at: "00:01", by: ana, in: general, say: ""}', "'say' is empty"),
    "a key twice": ('{at: "00:01", by: ana, in: general, say: Hi, say: Ho}', "'say' stands twice"),
    "half a character": (
        '{at: "00:01", by: ana, in: general, say: "\\ud83d"}',
        "'say' holds a character that is not valid Unicode",
    ),
    "a step that is no mapping": (
        "Hi",
        'a step is a mapping such as {at: "00:10", by: ana, in: general, say: "Looking"}',
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_file_line_and_step(mistake: str) -> None:
    step, sentence = MISTAKES[mistake]

    assert problems(SAID, step) == [f"github.yaml:{FIRST_STEP_LINE + 1}: step 2: {sentence}"]


def test_an_id_that_is_used_too_early_says_where_it_is() -> None:
    early = '{at: "00:01", by: ben, react: eyes, to: later}'
    later = '{at: "00:02", by: ben, in: general, say: Hi, id: later}'

    assert problems(early, later) == [
        f"github.yaml:{FIRST_STEP_LINE}: step 1: message 'later' is not posted yet; it is in line {FIRST_STEP_LINE + 1}"
    ]


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    found = problems(
        "{at: x, by: bne, in: general, say: Hi}",
        "{by: ana}",
        head=HEAD.replace("Europe/London", "Europe/Lodnon").replace("title: Data", "titel: Data"),
    )

    assert [each.split(": ", 1)[0] for each in found] == [f"github.yaml:{line}" for line in (1, 1, 5, 7, 7, 8, 8)]
    assert "github.yaml:5: person 'ben': unknown time zone 'Europe/Lodnon' (did you mean 'Europe/London'?)" in found
    assert "github.yaml:1: unknown key 'titel' (did you mean 'title'?)" in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "github.yaml:1: a scenario is a mapping with title, starts_at, people and steps"),
        ("[" * 5000, "github.yaml:1: this is not a scenario: its brackets are nested too deep"),
        (
            HEAD.replace("22:54:00Z", "22:54:00"),
            "github.yaml:2: 'starts_at' '2018-10-21T22:54:00' does not say its zone",
        ),
        (HEAD.replace("2018-10-21T22:54:00Z", "yesterday"), "github.yaml:2: 'starts_at' 'yesterday' is not a time"),
        (HEAD + "  - {at: [1]", "github.yaml:7: this is not YAML"),
        (HEAD.replace("steps:", "steps: []"), "github.yaml:6: 'steps' must be a list with at least one step"),
        (HEAD.replace("ben:", "Ben O:"), "github.yaml:5: person 'Ben O': a person's key has lowercase letters"),
        (HEAD.replace("ben:", "here:"), "github.yaml:5: person 'here': @here means everybody in Slack"),
        ("title: x\nsteps: [{}]", "github.yaml:1: 'people' is missing"),
    ],
)
def test_what_is_wrong_outside_the_steps_is_named_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, file="github.yaml")

    assert any(each.startswith(problem) for each in caught.value.problems), caught.value.problems


@pytest.mark.parametrize(
    "text",
    [
        "Write to ana@example.com",
        "`SELECT @@global.read_only`",
        "@@global.read_only is 1",
        "npm i @scope/tool",
        "@here look",
        "@ben.",
    ],
)
def test_an_at_sign_that_mentions_nobody_unknown_is_fine(text: str) -> None:
    assert read(f'{{at: "00:00", by: ana, in: general, say: "{text}"}}').steps


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"absent\.yaml: cannot be read: No such file"):
        load_scenario(tmp_path / "absent.yaml")

    (tmp_path / "bytes.yaml").write_bytes(b"title: \xff")
    with pytest.raises(ScenarioError, match=r"bytes\.yaml: is not UTF-8 text"):
        load_scenario(tmp_path / "bytes.yaml")


WORDS = st.sampled_from(
    [
        *"{}[],:#&*!|>'\"%@`-?\n ",
        "title",
        "steps",
        "people",
        "at",
        "by",
        "say",
        "in",
        "id",
        "to",
        "ana",
        "00:01",
        "edit",
        "react",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | WORDS, inner, max_size=3),
    max_leaves=12,
)


@given(
    st.text()
    | st.lists(WORDS, max_size=40).map("".join)
    | st.lists(WORDS, max_size=20).map(lambda w: HEAD + " ".join(w))
)
def test_whatever_the_text_is_only_a_scenario_error_comes_of_it(text: str) -> None:
    _attempt(text)


@given(st.lists(st.dictionaries(WORDS, VALUES, max_size=6), max_size=4), VALUES, VALUES)
def test_whatever_the_values_are_only_a_scenario_error_comes_of_it(
    steps: object, people: object, starts_at: object
) -> None:
    import yaml  # noqa: PLC0415 - only this test writes YAML

    _attempt(yaml.safe_dump({"title": "x", "starts_at": starts_at, "people": people, "steps": steps}))
    _attempt(HEAD.replace("steps:\n", "") + yaml.safe_dump({"steps": steps}))


def _attempt(text: str) -> None:
    found: tuple[str, ...] = ("any.yaml: fine",)
    try:
        parse_scenario(text, file="any.yaml")
    except ScenarioError as error:
        found = error.problems
    assert found
    assert all(each.startswith("any.yaml:") for each in found)
