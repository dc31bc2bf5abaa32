"""What people type is understood or asked about, and never guessed in the dangerous direction."""

import asyncio

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.domain.question import Question
from bot.sandbox import SteppedClock, default_workspace
from bot.service.command import read
from commands import find_commands
from tests.world import START, World, open_world

pytestmark = pytest.mark.one_database

COMMANDS = find_commands()

# wishes for privacy


async def test_a_wish_for_privacy_with_a_space_keeps_the_incident_private(world: World) -> None:
    await world.command("ana", "declare p2 Salary file leaked private:\u00a0yes")
    incident = (await world.record())["incident"]
    assert (incident["is_private"], incident["title"]) == (True, "Salary file leaked")
    assert not world.by_bot("incidents")


async def test_what_may_be_a_wish_for_privacy_is_asked_about_before_anything_is_posted(world: World) -> None:
    answer = await world.command("ana", "declare private payroll leak")
    assert "Should this be private?" in answer.text
    assert world.buttons("ana") == ["Private", "Public"]
    assert not world.workspace.latest_app_channel()
    answer = await world.press("ana", "Private")
    assert "INC-1" in answer.text
    assert (await world.record())["incident"]["is_private"] is True
    assert not world.by_bot("incidents")


WISHES = ["priv:yes", "--priv", "public:n", "public no", "non public", "secret:1", "isPrivate", "hidden:yes"]


async def test_no_wish_for_privacy_is_announced(world: World, subtests: pytest.Subtests) -> None:
    for wish in [*WISHES, "private : no yes"]:
        with subtests.test(wish=wish):
            await world.command("ana", f"declare p1 Payroll leaked {wish}")
            assert not world.by_bot("incidents")
            assert world.buttons("ana") == ["Private", "Public"]
    await world.press("ana", "Private")
    incident = (await world.record())["incident"]
    assert (incident["title"], incident["is_private"]) == ("Payroll leaked", True)


async def test_a_question_answered_with_public_declares_with_everything_that_was_typed(world: World) -> None:
    await world.command("ana", "declare p1 Private network <vpn> & more are down since:14:00Z service:vpn")
    await world.press("ana", "Public")
    incident = (await world.record())["incident"]
    assert incident["title"] == "Private network <vpn> & more are down"
    assert (incident["is_private"], incident["priority"], incident["service"]) == (False, "p1", "vpn")
    assert incident["impact_started_at"] == "2026-03-02T14:00:00Z"


async def test_two_taps_on_a_question_do_one_thing(world: World) -> None:
    await world.command("ana", "declare p1 Private network is down")
    await asyncio.gather(world.press("ana", "Public"), world.press("ana", "Private"))
    await world.settle()
    assert len([one for one in world.workspace.channels.values() if one.name.startswith("inc-")]) == 1
    assert any("already answered" in one.text for one in world.workspace.ephemerals)


async def test_a_button_that_is_not_known_any_more_says_so(world: World) -> None:
    await world.command("ana", "declare p1 Private network is down")
    await world.pass_time(days=32)
    answer = await world.press("ana", "Public")
    assert "Type the command again" in answer.text
    assert not world.workspace.latest_app_channel()


async def test_a_question_outlives_a_restart(database_url: str) -> None:
    clock = SteppedClock(START.timestamp())
    workspace = default_workspace(clock)
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        await world.command("ana", "declare p1 Private network is down")
    async with open_world(database_url, clock=clock, workspace=workspace) as world:
        await world.press("ana", "Private")
        assert (await world.record())["incident"]["is_private"] is True


async def test_nobody_answers_for_somebody_else(world: World) -> None:
    await world.command("ana", "declare p1 Private network is down")
    blocks = next(one.blocks for one in world.workspace.ephemerals if one.blocks)
    public = blocks[-1]["elements"][1]
    body = {
        "type": "block_actions",
        "team": {"id": world.workspace.team_id},
        "user": {"id": world.workspace.user("ben").id, "team_id": world.workspace.team_id},
        "trigger_id": "1.2.3",
        "actions": [{**public, "block_id": "choices"}],
    }
    reply = await world.bot.slack_app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
    assert reply.status == 200
    await world.settle()
    assert "for somebody else" in world.to_person("ben")[0]
    assert not world.workspace.latest_app_channel()


# which incident


async def test_another_incidents_number_in_front_is_a_question(world: World) -> None:
    """`resolve INC-2 …` in INC-1's channel once resolved INC-1."""
    checkout = await world.declare("p1 Checkout returns 503")
    await world.declare("p2 Mails are late")
    answer = await world.command("ana", "resolve INC-2 mails flow again", channel=checkout)
    assert "This is INC-1's channel, but you named INC-2 first." in answer.text
    assert world.buttons("ana") == [
        "INC-2: resolve “mails flow again”",
        "INC-1: resolve “INC-2 mails flow again”",
    ]
    assert {(await world.record(number))["incident"]["status"] for number in (1, 2)} == {"investigating"}
    answer = await world.press("ana", "INC-2")
    assert "INC-2 is resolved" in answer.text
    assert (await world.record(1))["incident"]["status"] == "investigating"
    assert (await world.record(2))["incident"]["status"] == "resolved"


async def test_the_other_reading_keeps_the_number_in_the_text(world: World) -> None:
    checkout = await world.declare("p1 Checkout returns 503")
    await world.declare("p2 Mails are late")
    await world.command("ana", "update INC-2 has the same cause", channel=checkout)
    assert not (await world.record(1))["updates"]
    answer = await world.press("ana", "INC-1")
    assert "INC-1" in answer.text
    assert [one["text"] for one in (await world.record(1))["updates"]] == ["INC-2 has the same cause"]
    assert not (await world.record(2))["updates"]


@pytest.mark.parametrize(
    "typed",
    [
        "note INC-2 the queue is empty",
        "take INC-2 commander",
        "drop INC-2 commander",
        "assign INC-2 comms @ben",
        "action INC-2 Alert on the queue",
        "priority INC-2 p3 Only one customer",
        "status INC-2 monitoring",
        "cancel INC-2 A drill",
        "close INC-2",
        "reopen INC-2 Again",
        "postmortem INC-2",
        "priority p3 INC-2 only one customer",
        "priority sev 3 for INC-2 only one customer",
        "close mails INC-2",
        "close 2",
        "update next:20m INC-2 mails are late",
        "note at:14:00Z #2 the queue is empty",
        "resolve <#C0123|mails-late> mails flow again",
        "priority p3 <#C0123|mails-late> only one customer",
        "close <#C0123>",
    ],
)
def test_every_verb_that_changes_something_asks(typed: str) -> None:
    with pytest.raises(Question) as asked:
        read(COMMANDS, typed, here=1, channels={"C0123": 2})
    ways = [read(COMMANDS, one.command, here=1) for one in asked.value.buttons]
    assert [one.number for one in ways] == [2, 1]


@pytest.mark.parametrize(
    "typed",
    [
        "note It was the same thing as INC-2",
        "priority p1 same cause as INC-2",
        "resolve :: INC-2 was it",
        "resolve #1 is over",
        "INC-1 resolve #2 was it",
    ],
)
def test_talk_of_another_incident_is_not_asked_about(typed: str) -> None:
    read(COMMANDS, typed, here=1)


@pytest.mark.parametrize("typed", ["status INC-2", "timeline INC-2", "resolve INC-1 fixed", "INC-2 resolve fixed"])
def test_what_has_one_reading_or_changes_nothing_is_not_asked_about(typed: str) -> None:
    assert read(COMMANDS, typed, here=1).number == (1 if "INC-1" in typed else 2)


async def test_the_question_does_not_tell_whether_the_other_incident_exists(world: World) -> None:
    await world.command("chloe", "declare p1 Stolen laptop private:yes")
    channel = await world.declare("p2 Logins fail")
    answers = []
    for number in (1, 9):
        answer = await world.command("ana", f"note INC-{number} was the same thief", channel=channel)
        pressed = await world.press("ana", f"INC-{number}")
        answers.append((answer.text + pressed.text).replace(f"INC-{number}", "INC-X"))
    assert answers[0] == answers[1]


# priorities


async def test_a_level_above_the_scale_is_offered_as_the_highest(world: World) -> None:
    answer = await world.command("ana", "declare P0: payments are down since:14:00Z")
    assert "There's no P0 here. P1 is the highest." in answer.text
    assert not world.workspace.latest_app_channel()
    await world.press("ana", "P1")
    incident = (await world.record())["incident"]
    assert (incident["priority"], incident["title"]) == ("p1", "payments are down")
    assert incident["impact_started_at"] == "2026-03-02T14:00:00Z"
    answer = await world.command("ana", "priority INC-1 sev0 it is worse")
    assert "P1 is the highest" in answer.text


async def test_what_is_no_priority_can_stay_in_the_title(world: World) -> None:
    await world.command("ana", "declare p99 latency is 3 s")
    await world.press("ana", "P2, and")
    assert (await world.record())["incident"]["title"] == "p99 latency is 3 s"


async def test_the_priority_is_changed_as_it_is_declared(world: World) -> None:
    await world.declare("sev-2: Mails are late")
    answer = await world.command("ana", "priority INC-1 [P1] – payments too")
    assert "INC-1 is now P1" in answer.text
    assert (await world.record())["incident"]["priority_because"] == "payments too"


# words that look like a command's


@pytest.mark.parametrize(
    ("typed", "button", "command"),
    [
        ("action done", "action with the text “done”", "action :: done"),
        ("action done 2", "action with the text “done 2”", "action :: done 2"),
        ("note list", "note with the text “list”", "note :: list"),
        ("declare help", "declare with the text “help”", "declare :: help"),
        ("list closed", "Just list", "list"),
        ("close thanks everyone", "Just close", "close"),
        ("INC-0 close thanks everyone", "Just close INC-0", "INC-0 close"),
        ("timeline all", "Just timeline", "timeline"),
        ("declair p1 x", "declare p1 x", "declare p1 x"),
        ("note service: x at: y", "Keep it in the text", "note :: service: x at: y"),
    ],
)
def test_a_word_that_a_verb_does_not_know_is_asked_about(typed: str, button: str, command: str) -> None:
    with pytest.raises(Question) as asked:
        read(COMMANDS, typed)
    assert [(one.label, one.command) for one in asked.value.buttons] == [(button, command)]
    read(COMMANDS, command)


async def test_an_action_called_done_is_added_only_when_it_is_wanted(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "action done", channel=channel)
    assert not (await world.record())["action_items"]
    await world.press("ana", "action with")
    assert [one["text"] for one in (await world.record())["action_items"]] == ["done"]


HESITANT = [
    "resolve ?",
    "resolve --help",
    "resolve not yet",
    "cancel no",
    "cancel 2",
    "update ?",
    "cancel action item 2",
    "cancel my last note",
    "resolve action item 2",
    "resolve when the deploy is done",
]


async def test_who_hesitates_ends_nothing(world: World, subtests: pytest.Subtests) -> None:
    channel = await world.declare()
    for typed in HESITANT:
        with subtests.test(typed=typed):
            answer = await world.command("ana", typed, channel=channel)
            assert "Nothing has changed yet" in answer.text
            assert (await world.record())["incident"]["status"] == "investigating"


async def test_another_incidents_channel_names_it(world: World, subtests: pytest.Subtests) -> None:
    checkout = await world.declare("p1 Checkout returns 503")
    mails = await world.declare("p2 Mails are late")
    await world.workspace.rename_channel(user="ana", channel=mails, name="mails-late")
    await world.settle()
    there = world.workspace.channel("mails-late").id
    for typed in ("#mails-late", "(#mails-late)", f"https://acme.slack.com/archives/{there}"):
        with subtests.test(typed=typed):
            answer = await world.command("ana", f"resolve {typed} mails flow again", channel=checkout)
            assert "you named INC-2 first" in answer.text
            assert world.buttons("ana")[0] == "INC-2: resolve “mails flow again”"
    await world.press("ana", "INC-2")
    assert (await world.record(1))["incident"]["status"] == "investigating"
    assert (await world.record(2))["incident"]["status"] == "resolved"


async def test_a_channel_that_is_none_of_an_incidents_is_part_of_the_text(world: World) -> None:
    checkout = await world.declare("p1 Checkout returns 503")
    await world.command("ana", "resolve #general confirms it", channel=checkout)
    assert (await world.record())["incident"]["resolution"] == "#general confirms it"


async def test_a_hidden_incidents_channel_is_any_channel(world: World) -> None:
    await world.command("chloe", "declare p1 Stolen laptop private:yes")
    hidden = world.workspace.latest_app_channel()
    assert hidden is not None
    channel = await world.declare("p2 Logins fail")
    answer = await world.command("ana", f"note https://acme.slack.com/archives/{hidden.id} was it", channel=channel)
    assert answer.text == "Noted on the timeline of INC-2."


async def test_a_misspelt_verb_keeps_the_number_zero(world: World) -> None:
    """`INC-0 reslove …` once offered to resolve the incident of the channel."""
    channel = await world.declare()
    await world.command("ana", "INC-0 reslove it works", channel=channel)
    assert world.buttons("ana") == ["INC-0 resolve it works"]
    answer = await world.press("ana", "INC-0")
    assert "can't find INC-0" in answer.text
    assert (await world.record())["incident"]["status"] == "investigating"


NAMED = [
    "INC 2",
    "(INC-2)",
    "`INC-2`",
    "incident 2",
    "inc_2",
    "please INC-2",
    "INC-2?",
    "#2",
    "{INC-2}",
    ">INC-2",
    "INC-②",
    "INC\u20602",
]


async def test_another_incident_is_noticed_however_it_is_named(world: World, subtests: pytest.Subtests) -> None:
    channel = await world.declare()
    await world.declare("p2 Search is slow")
    for named in NAMED:
        with subtests.test(named=named):
            answer = await world.command("ana", f"cancel {named} a duplicate", channel=channel)
            assert "you named INC-2 first" in answer.text
            assert {(await world.record(number))["incident"]["status"] for number in (1, 2)} == {"investigating"}


async def test_private_yes_stays_whatever_else_is_said(world: World) -> None:
    await world.command("ana", "declare private:yes p1 Salary list leaked private:no")
    assert (await world.record())["incident"]["is_private"]
    asked = await world.command("ana", "declare private:no p1 private payroll leak")
    assert "Should this be private?" in asked.text
