"""What people see and click: Slack takes it whatever was typed, and nothing that was typed is alive in it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.config import Category, Priority, Role, Settings, load_settings
from bot.domain.lifecycle import LIVE, Status
from bot.domain.mrkdwn import Mrkdwn, markup, mention
from bot.render.words import local_time
from bot.resources import packaged
from bot.sandbox.block_kit.validation import LONGEST_MESSAGE, check_blocks, check_view, total_length
from bot.slack.messages.declare_modal import declare_modal
from bot.slack.messages.incident_card import TAKE_ROLE_BUTTON, CardFacts, incident_card
from bot.slack.messages.message import TEXT_LIMIT, SlackMessage
from bot.slack.messages.modal import values
from bot.slack.messages.prompt_message import prompt_message
from bot.slack.messages.resolve_modal import resolve_modal
from bot.slack.messages.update_modal import update_modal
from tests.unit.facts import BEGAN, HOSTILE, after, incident

SETTINGS = load_settings(packaged("config.yaml"))
OURS = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>]*>|<@U\d+>")
ALIVE = re.compile(r"<[!@#]")

# Any unicode; long ones by repetition, since a text of thousands of drawn characters is slow to draw.
texts = st.builds(
    lambda text, times: text * times, st.text(max_size=60) | st.just(HOSTILE), st.sampled_from([1, 1, 1, 10, 100, 1000])
)
written = texts.filter(bool)
people = st.integers(1, 10**10).map(lambda number: f"U{number}")
times = st.just(local_time(BEGAN)) | st.just(local_time(None))
keys = st.from_regex(r"[a-z][a-z0-9_-]{0,39}", fullmatch=True)


def mrkdwn_in(part: Any) -> Iterator[str]:
    """Every text in which Slack looks for markup."""
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from mrkdwn_in(one)


def assert_slack_takes(message: SlackMessage) -> None:
    """The message, and that nothing in it is alive but what the bot wrote."""
    args = json.loads(json.dumps(message.to_args()))
    blocks = args.get("blocks", [])

    assert 0 < len(args["text"]) <= TEXT_LIMIT
    assert check_blocks(blocks, surface="message") == []
    assert total_length(blocks) <= LONGEST_MESSAGE
    assert not [text for text in (args["text"], *mrkdwn_in(blocks)) if ALIVE.search(OURS.sub("", text))]


def assert_slack_opens(view: dict[str, Any]) -> None:
    assert check_view(json.loads(json.dumps(view))) == []
    assert not [text for text in mrkdwn_in(view) if ALIVE.search(text)]


def card_facts(**changes: Any) -> CardFacts:
    """The card of an incident that was declared a moment ago."""
    roles: dict[str, Any] = {role.name: [] for role in SETTINGS.roles.values()}
    vacant = {key: role.name for key, role in SETTINGS.roles.items()}
    facts: dict[str, Any] = {
        "name": "INC-1",
        "number": 1,
        "title": "Checkout returns 503 & <errors>",
        "priority": "P1 Critical",
        "priority_emoji": ":red_circle:",
        "priority_because": "impact extensive × urgency high",
        "status": "investigating",
        "is_live": True,
        "is_private": False,
        "service": "checkout",
        "category": "Application / Elevated errors",
        "since": local_time(BEGAN),
        "lasted": None,
        "last_update": local_time(None),
        "next_update": local_time(after(38)),
        "roles": roles,
        "vacant": vacant,
    }
    return CardFacts(**facts | changes)


NEW = card_facts()
RUNNING = card_facts(
    status="identified",
    is_private=True,
    last_update=local_time(after(45)),
    next_update=local_time(after(75)),
    roles={"Incident commander": ["U1"], "Tech lead": ["U2", "U3"], "Comms lead": []},
    vacant={"tech_lead": "Tech lead", "comms_lead": "Comms lead"},
)
RESOLVED = card_facts(
    status="resolved",
    is_live=False,
    lasted="1 h 10 min",
    next_update=local_time(None),
    roles={"Incident commander": ["U1"], "Tech lead": ["U2"], "Comms lead": ["U3"]},
    vacant={},
)


# the card


@pytest.mark.parametrize("facts", [NEW, RUNNING, RESOLVED], ids=["new", "running", "resolved"])
def test_the_card(facts: CardFacts, snapshot: SnapshotAssertion) -> None:
    message = incident_card(facts)

    assert_slack_takes(message)
    assert message.to_args() == snapshot


cards = st.builds(
    CardFacts,
    name=st.integers(1, 10**9).map(lambda number: f"INC-{number}"),
    number=st.integers(1, 10**9),
    title=texts,
    priority=written,
    priority_emoji=st.just(":red_circle:"),
    priority_because=texts,
    status=st.sampled_from(Status).map(str),
    is_live=st.booleans(),
    is_private=st.booleans(),
    service=texts,
    category=texts,
    since=times,
    lasted=st.none() | st.just("24 h 11 min"),
    last_update=times,
    next_update=times,
    roles=st.dictionaries(written, st.lists(people, max_size=40, unique=True), max_size=30),
    vacant=st.dictionaries(keys, written, max_size=30),
)


@given(facts=cards)
def test_slack_takes_the_card_of_any_incident(facts: CardFacts) -> None:
    assert_slack_takes(incident_card(facts))


def test_slack_takes_the_card_of_a_crowd() -> None:
    roles = {f"{number:02} {'x' * 37}": [f"U{person:010}" for person in range(200)] for number in range(30)}

    assert_slack_takes(
        incident_card(
            card_facts(roles=roles, title=HOSTILE * 100, service=HOSTILE * 100, priority_because=HOSTILE * 100)
        )
    )


@pytest.mark.parametrize("count", [0, 1, 23, 24, 30])  # Slack has room for 25 buttons, two of which are for everyone
def test_updating_and_resolving_are_always_within_reach(count: int) -> None:
    card = incident_card(card_facts(vacant={f"role_{number}": f"Role {number}" for number in range(count)}))

    buttons = [element for block in card.to_args()["blocks"] for element in block.get("elements", [])]
    actions = [button["action_id"] for button in buttons if button["type"] == "button"]
    assert actions[-2:] == ["open_update", "open_resolve"]
    assert actions[:-2] == [f"{TAKE_ROLE_BUTTON}role_{number}" for number in range(min(count, 23))]


def test_an_incident_that_has_ended_has_no_buttons() -> None:
    assert "actions" not in {block["type"] for block in incident_card(RESOLVED).to_args()["blocks"]}


def test_what_a_notification_reads_says_who_leads() -> None:
    assert incident_card(RUNNING).text == (
        "INC-1 · P1 Critical · identified · Checkout returns 503 &amp; &lt;errors&gt;"
        " · incident commander <@U1> · tech lead <@U2>"
    )


def test_the_name_of_a_role_is_escaped_wherever_the_card_shows_it() -> None:
    assert_slack_takes(incident_card(card_facts(roles={"<!channel> & co": ["U1"]}, vacant={"co": "<!channel> & co"})))


# messages


@given(text=written, number=st.integers(1, 10**9))
def test_slack_takes_the_prompt_whatever_it_says(text: str, number: int) -> None:
    message = prompt_message(Mrkdwn("{} {}").format(mention("U1"), text), number=number)

    assert_slack_takes(message)
    assert message.to_args()["blocks"][-1]["elements"][0]["value"] == str(number)


@given(text=written)
def test_slack_takes_a_message_of_any_length(text: str) -> None:
    message = SlackMessage(text=markup(text))

    assert_slack_takes(message)
    assert "blocks" not in message.to_args(), "an empty list would take the blocks away that a message has"


# forms


def test_the_form_for_a_declaration(snapshot: SnapshotAssertion) -> None:
    view = declare_modal(SETTINGS)

    assert_slack_opens(view)
    assert view == snapshot


def test_the_form_for_an_update(snapshot: SnapshotAssertion) -> None:
    view = update_modal(incident(status=Status.IDENTIFIED), last_text="Cards are refused. We roll back & watch.")

    assert_slack_opens(view)
    assert view == snapshot


def test_the_form_for_a_resolution(snapshot: SnapshotAssertion) -> None:
    view = resolve_modal(incident())

    assert_slack_opens(view)
    assert view == snapshot


@pytest.mark.parametrize(
    ("impact", "urgency", "shown"),
    [
        (None, None, ":large_orange_circle: *P2 High* (no priority was given)"),
        ("extensive", None, ":red_circle: *P1 Critical* (the highest for impact extensive; urgency unknown)"),
        ("minor", "low", ":white_circle: *P4 Low* (impact minor × urgency low)"),
    ],
)
def test_the_form_shows_the_priority_that_was_chosen_so_far(
    impact: str | None, urgency: str | None, shown: str
) -> None:
    view = declare_modal(SETTINGS, impact=impact, urgency=urgency)

    assert_slack_opens(view)
    assert f"Priority: {shown}" in "\n".join(mrkdwn_in(view))


@st.composite
def organisations(draw: st.DrawFn) -> Settings:
    """Any configuration that is accepted, as far as the form for a declaration shows it."""
    levels = draw(st.lists(keys, min_size=1, max_size=4, unique=True))
    urgencies = draw(st.lists(keys, min_size=1, max_size=5, unique=True))
    impacts = draw(st.lists(keys, min_size=1, max_size=5, unique=True))
    name = st.text(min_size=1, max_size=40) | st.just("<!channel> & <@U1>")
    subcategories = st.dictionaries(keys, name, max_size=5)
    categories = draw(st.dictionaries(keys, st.builds(Category, name=name, subcategories=subcategories), max_size=5))
    priority = st.builds(Priority, name=name, example=texts, respond_within=st.just("5m"), resolve_within=st.just("1h"))
    return Settings.model_construct(
        priorities={level: draw(priority) for level in levels},
        matrix={impact: {urgency: draw(st.sampled_from(levels)) for urgency in urgencies} for impact in impacts},
        priority_when_unstated=levels[0],
        categories=categories,
        roles={"chef": Role(name="Chef", expects="x")},
    )


@given(settings=organisations(), data=st.data())
def test_slack_opens_the_form_for_a_declaration_in_any_organisation(settings: Settings, data: st.DataObject) -> None:
    impact = data.draw(st.sampled_from(sorted(settings.matrix)) | st.none())
    urgency = data.draw(st.sampled_from(settings.urgencies) | st.none())

    assert_slack_opens(declare_modal(settings, impact=impact, urgency=urgency))


def test_slack_opens_the_form_with_more_categories_than_it_shows() -> None:
    many = {f"c{number}": Category(name="y" * 60, subcategories={"sub": "x" * 60}) for number in range(150)}
    many["c0"] = Category(name="z" * 60, subcategories={f"sub{number}": "x" * 60 for number in range(150)})

    assert_slack_opens(declare_modal(SETTINGS.model_copy(update={"categories": many})))


def test_an_update_that_does_not_fit_into_the_form_is_not_sent_again_without_its_end() -> None:
    def prefilled(length: int) -> bool:
        view = update_modal(incident(), last_text="x" * length)
        return "initial_value" in view["blocks"][1]["element"]

    assert [prefilled(length) for length in (3000, 3001)] == [True, False]


@given(text=texts, status=st.sampled_from(Status), number=st.integers(1, 10**12))
@example(text="x" * 3001, status=Status.IDENTIFIED, number=1)
def test_slack_opens_the_form_for_an_update_after_any_update(text: str, status: Status, number: int) -> None:
    view = update_modal(incident(status=status, number=number), last_text=text)

    assert_slack_opens(view)
    assert ("initial_option" in view["blocks"][0]["element"]) == (status in LIVE)
    assert view["private_metadata"] == str(number)


@given(number=st.integers(1, 10**12))
def test_slack_opens_the_form_for_a_resolution(number: int) -> None:
    view = resolve_modal(incident(number=number))

    assert_slack_opens(view)
    assert view["private_metadata"] == str(number)


def test_a_form_is_read_back_without_what_was_left_empty() -> None:
    state = {
        "title": {"title": {"type": "plain_text_input", "value": "Checkout down"}},
        "service": {"service": {"type": "plain_text_input", "value": None}},
        "impact": {"impact": {"type": "static_select", "selected_option": {"value": "minor"}}},
        "urgency": {"urgency": {"type": "static_select", "selected_option": None}},
        "private": {"private": {"type": "checkboxes", "selected_options": [{"value": "yes"}, {"value": "really"}]}},
        "category": {"category": {"type": "checkboxes", "selected_options": []}},
    }

    assert values({"state": {"values": state}}) == {
        "title": "Checkout down",
        "impact": "minor",
        "private": "yes,really",
    }
