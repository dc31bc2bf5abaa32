"""What tired people type: each gets a clear sentence, and nothing is lost."""

import asyncio

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.errors import UserError
from bot.service.desk import UnitOfWork
from bot.slack.inbound.interactions import Interactions
from bot.slack.inbound.requester import Requester
from tests.world import World, shown

pytestmark = pytest.mark.one_database

MISTAKES = [
    ("declair p1 Checkout down", "Did you mean `/incident declare`?"),
    ("flurb", "`/incident help` lists what there is"),
    ("declare p1", "An incident needs a title"),
    ("declare p1 Checkout down since:half-past", "I can't read since:half-past as a time"),
    ("declare p1 Checkout down since:2026-03-02T20:00Z", "is in the future"),
    ("declare p9 Checkout down", "There's no priority “p9”. There are: p1, p2, p3, p4"),
    ("declare p1 Checkout down private:perhaps", "Should this be private?"),
    ("declare p1 Checkout down impact:huge", "There's no impact “huge”"),
    ("status", "Which incident?"),
    ("take commander", "Which incident?"),
    ("status INC-99", "I can't find INC-99"),
    ("timeline page:²", "Which incident?"),
    ("take captain", "There's no role “captain”"),
    ("take comandr", "Did you mean `commander`?"),
    ("assign comms", "Say which role and who"),
    ("assign comms @nobody", "I don't know @nobody"),
]


async def test_each_mistake_gets_a_sentence_that_says_what_to_do(world: World, subtests: pytest.Subtests) -> None:
    for typed, expected in MISTAKES:
        with subtests.test(typed=typed):
            answer = await world.command("ana", typed)
            assert answer.ok
            assert expected in answer.text
    assert not world.workspace.latest_app_channel(), "nothing was declared"


async def test_a_refused_long_line_is_shown_again_so_that_it_can_be_copied(world: World) -> None:
    answer = await world.command("ana", "declare p1 Checkout returns 503 for everybody in Europe since:yesterdayish")
    assert "You typed: `/incident declare p1 Checkout returns 503 for everybody in Europe since:yesterdayish`" in (
        answer.text
    )


TITLES = [
    ("🔥🔥🔥", "inc-{}"),  # nothing that a channel's name may hold
    (":fire:", "inc-{}-fire"),
    ("انقطاع في خدمة الدفع", "inc-{}"),
    ("決済サービスが停止しています", "inc-{}"),
    ("Über-Straße: Zahlung geht nicht!", "inc-{}-uber-strae-zahlung-geht-nicht"),
    ("--- ... ---", "inc-{}"),
    ("x" * 3000, "inc-{}-" + "x" * 74),  # 80 characters at most
]


async def test_any_title_gets_a_legal_channel(world: World, subtests: pytest.Subtests) -> None:
    for number, (title, channel) in enumerate(TITLES, 1):
        with subtests.test(title=title):
            assert await world.declare(f"p2 {title}") == channel.format(number)
            assert (await world.record(number))["incident"]["title"][:20] == title[:20]


async def test_a_long_title_is_cut_for_the_card_and_kept_whole_in_the_description(world: World) -> None:
    title = "word " * 600
    await world.declare(f"p2 {title}")
    incident = (await world.record())["incident"]
    assert len(incident["title"]) <= 150
    assert incident["description"] == title.strip()


async def test_a_title_never_notifies_anyone(world: World) -> None:
    """Typed in the form it comes as it is; in a command Slack has made mentions of it."""
    ben = world.workspace.user("ben").id
    await world.command("ana", "declare")
    assert (await world.submit("ana", title=f"<!channel> <@{ben}> <!here|x> & co")).ok
    channel = await world.declare("p2 @channel @ben is on it")
    for name in (channel, "inc-1-channel-here-x-co", "incidents"):
        for message in world.workspace.channel(_existing(world, name)).messages.values():
            if message.user in {app.bot_user_id for app in world.workspace.apps}:
                for alive in ("<!channel", "<!here", f"<@{ben}>"):
                    assert alive not in message.text
                    assert alive not in shown(message)


def _existing(world: World, name: str) -> str:
    """The channel, by the beginning of its name."""
    return next(
        one.name for one in world.workspace.channels.values() if one.name.startswith(name[:5]) or one.name == name
    )


INVISIBLE = ["\u200b\u2060\u200b", "\u202e", "\u3164 \u00ad"]


async def test_a_title_that_nobody_can_see_is_none(world: World) -> None:
    for title in INVISIBLE:
        assert "An incident needs a title" in (await world.command("ana", f"declare p1 {title}")).text


async def test_a_title_neither_turns_the_text_around_nor_orders_a_terminal_about(world: World) -> None:
    await world.command("ana", "declare")
    await world.submit("ana", title="pay\u202etuo\x1b[31m 👩‍💻 \u200bdown")
    assert (await world.record())["incident"]["title"] == "paytuo[31m 👩‍💻 down"


async def test_a_refusal_repeats_nothing_that_is_live(world: World) -> None:
    answer = await world.command("ana", "declare p1 @channel @ben Checkout returns 503 since:yesterdayish in Europe")
    assert "<" not in answer.text.split("You typed:")[1]
    assert "@channel @ben Checkout" in answer.text


async def test_an_incident_did_not_begin_in_the_year_one(world: World) -> None:
    answer = await world.command("ana", "declare p1 Checkout down since:0001-01-01")
    assert "more than ten years ago" in answer.text
    assert not world.workspace.latest_app_channel()


async def test_somebody_who_left_cannot_be_given_a_role(world: World) -> None:
    channel = await world.declare()
    await world.workspace.deactivate_user(user="ben")
    await world.settle()
    answer = await world.command("ana", "assign comms @ben", channel=channel)
    assert "Ben Okafor has left the workspace" in answer.text
    assert not (await world.record())["roles"]


async def test_a_channel_name_that_is_taken_gets_a_number(world: World) -> None:
    world.workspace.add_channel("inc-1-checkout-returns-503", creator="ana")
    await world.settle()
    assert await world.declare() == "inc-1-checkout-returns-503-2"


async def test_an_incident_without_its_channel_is_still_an_incident_and_the_declarer_is_told(world: World) -> None:
    world.server.faults.set({"error": {"method": "conversations.create", "error": "restricted_action"}})
    answer = await world.command("ana", "declare p1 Checkout down")
    assert "INC-1 is declared" in answer.text
    assert "doesn't let apps do that" in answer.text
    assert "now *identified*" in (await world.command("ana", "status INC-1 identified")).text
    assert "identified" in world.by_bot("incidents")[0].text


async def test_the_rate_limit_delays_and_loses_nothing(world: World) -> None:
    world.server.faults.set({"rate_limit": {"method": "chat.postMessage", "count": 2, "retry_after": 7}})
    channel = await world.declare()
    await world.pass_time(seconds=30)
    assert len(world.by_bot(channel)) == 2
    assert len(world.by_bot("incidents")) == 1


async def test_an_edit_or_a_deletion_that_comes_before_its_message_comes_out_right(world: World) -> None:
    channel = await world.declare()
    world.server.faults.set({"reorder_events": True})
    first = await world.workspace.post_message(user="ben", channel=channel, text="one")
    await world.workspace.edit_message(user="ben", channel=channel, ts=first, text="two")
    second = await world.workspace.post_message(user="ben", channel=channel, text="secret")
    await world.workspace.delete_message(user="ben", channel=channel, ts=second)
    await world.settle()
    messages = {one["ts"]: one for one in (await world.record())["messages"]}
    assert messages[first]["text"] == "two"
    assert [version["text"] for version in messages[first]["versions"]] == ["one", "two"]
    assert messages[second]["deleted_at"] is not None


async def test_a_misspelt_option_stays_in_the_title_and_is_pointed_out(world: World) -> None:
    answer = await world.command("ana", "declare p2 Checkout down sevice:checkout")
    assert "did you mean service:…?" in answer.text


async def test_double_clicks_send_one_update(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "update", channel=channel)
    view = world.workspace.interactions.views.top(world.workspace.user("ana").id)
    assert view is not None
    body = {
        "type": "view_submission",
        "team": {"id": world.workspace.team_id},
        "user": {"id": world.workspace.user("ana").id},
        "view": {
            **view.body,
            "id": view.id,
            "hash": view.hash,
            "callback_id": "update",
            "state": {"values": {"text": {"text": {"type": "plain_text_input", "value": "Half of them are back"}}}},
        },
    }
    for _ in range(2):
        reply = await world.bot.slack_app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))
        assert reply.status == 200
    await world.settle()
    assert len((await world.record())["updates"]) == 1


async def test_a_stakeholders_channel_that_is_missing_is_told_to_the_reporter_once(world: World) -> None:
    """Nobody may be silently not told."""
    world.server.faults.set({"error": {"method": "chat.update", "error": "channel_not_found"}})
    channel = await world.declare()
    for status in ("identified", "monitoring"):
        await world.command("ana", f"status {status}", channel=channel)
    told = [text for text in world.to_person("ana") if "couldn't" in text]
    assert len(told) == 2, "the card and the announcement, each once"
    assert "there's no such channel" in told[0]


async def test_a_title_that_begins_with_a_priority_alias_stays_whole(world: World) -> None:
    """`low disk space` once became P4 “disk space”."""
    await world.declare("low disk space on db1")
    incident = (await world.record())["incident"]
    assert (incident["title"], incident["priority"]) == ("low disk space on db1", "p2")


async def test_a_title_may_begin_with_another_incidents_number(world: World) -> None:
    await world.declare("INC-7 came back after the fix")
    assert (await world.record())["incident"]["title"] == "INC-7 came back after the fix"


async def test_an_updates_angle_brackets_survive_into_the_postmortem(world: World) -> None:
    channel = await world.declare()
    await world.command("ana", "update latency < 5 ms and > 2 ms, says @ben", channel=channel)
    assert (await world.record())["updates"][0]["text"] == "latency < 5 ms and > 2 ms, says @ben"


async def test_an_outage_of_slack_delays_and_loses_nothing(world: World) -> None:
    """Messages were once given up after twelve cut connections, and nobody was told."""
    channel = await world.declare()
    world.server.faults.set({"drop_before_accept": {"method": "chat.postMessage"}})
    await world.command("ana", "update Half of them are back", channel=channel)
    await world.pass_time(minutes=20)
    assert not any("Half of them" in one.text for one in world.by_bot(channel))
    world.server.faults.set({})
    await world.pass_time(minutes=2)
    assert len([one for one in world.by_bot(channel) if "Half of them" in one.text]) == 1
    assert len([one for one in world.by_bot("incidents") if "Half of them" in one.text and one.is_reply]) == 1


async def test_an_accepted_call_whose_answer_was_lost_is_not_repeated(world: World) -> None:
    world.server.faults.set({"drop_after_accept": {"method": "chat.postMessage", "count": 2}})
    channel = await world.declare()
    await world.pass_time(minutes=1)
    assert len(world.by_bot(channel)) == 2
    assert len(world.by_bot("incidents")) == 1


async def test_a_stakeholders_channel_that_is_mended_later_hears_of_it(world: World) -> None:
    world.server.faults.set({"error": {"method": "chat.postMessage", "error": "channel_not_found", "count": 3}})
    channel = await world.declare()
    await world.command("ana", "update Half of them are back", channel=channel)
    assert any("Half of them are back" in one.text for one in world.by_bot("incidents"))


async def test_answers_are_not_escaped_twice(world: World) -> None:
    channel = await world.declare("p1 Checkout <since the deploy> & more")
    await world.command("ben", "take commander", channel=channel)
    answer = await world.command("ana", "status", channel=channel)
    assert "&lt;since the deploy&gt; &amp; more" in answer.text
    assert f"<@{world.workspace.user('ben').id}>" in answer.text


async def test_a_private_channels_words_do_not_land_in_another_incident(world: World) -> None:
    public = await world.declare("p2 Logins fail")
    await world.command("ana", "declare p1 Stolen laptop private:yes")
    private = world.workspace.latest_app_channel()
    assert private is not None
    await world.command("ana", "note INC-1 was the same thief", channel=private.name)
    await world.press("ana", "INC-2")
    assert all("thief" not in one.text for one in world.by_bot(public))
    assert any(item["text"] == "INC-1 was the same thief" for item in (await world.record(2))["timeline"])


async def test_an_answer_whose_response_url_is_gone_comes_as_a_private_message(world: World) -> None:
    await world.declare()
    world.server.faults.set({"error": {"method": "response_url", "error": 404, "count": 1}})
    await world.workspace.run_command(
        user="ana", channel="general", command="/incident", text="status INC-1", wait=0.05
    )
    await world.settle()
    assert any("investigating" in text for text in world.to_person("ana"))


CATEGORIES = [
    ("netwrok/outage", "did you mean network?"),
    ("network/pipes", "There's no network/pipes. There are: network/outage"),
    ("plumbing", "There's no category “plumbing”"),
]


async def test_a_category_that_does_not_exist_keeps_nobody_from_declaring(world: World) -> None:
    for number, (typed, hint) in enumerate(CATEGORIES, 1):
        answer = await world.command("ana", f"declare p1 Checkout down category:{typed}")
        assert hint in answer.text
        assert (await world.record(number))["incident"]["category"] == typed


async def test_a_command_that_is_delivered_twice_is_refused_once(world: World) -> None:
    interactions = Interactions(world.bot.desk, world.bot._slack, world.bot.membership)
    ana = world.workspace.user("ana").id
    asked = Requester(person=ana, key="the same", trigger_id=None, response_url=None)

    async def refuse(_: UnitOfWork) -> None:
        raise UserError("Not like this.")

    await asyncio.gather(*(interactions.do(asked, refuse) for _ in range(3)))
    await world.settle()
    assert world.to_person("ana").count("Not like this.") == 1


async def test_a_form_that_sounds_private_asks_who_may_know(world: World) -> None:
    await world.command("ana", "declare")
    refused = await world.submit("ana", title="Confidential: salary file leaked")
    assert refused.errors == {"private": "This sounds private. Choose who may know."}
    assert not world.workspace.latest_app_channel()
    assert (await world.submit("ana", title="Confidential: salary file leaked", private="yes")).ok
    assert (await world.record())["incident"]["is_private"] is True
    assert not world.by_bot("incidents")


async def test_a_form_reads_the_priority_in_front_of_the_title(world: World) -> None:
    await world.command("ana", "declare")
    assert "P1 is the highest" in (await world.submit("ana", title="P0: payments are down")).errors["title"]
    assert (await world.submit("ana", title="P1: payments are down")).ok
    incident = (await world.record())["incident"]
    assert (incident["title"], incident["priority"]) == ("payments are down", "p1")


async def test_an_action_is_due_in_a_time_that_comes(world: World) -> None:
    channel = await world.declare()
    for day in ("0001-01-01", "2025-12-31", "9999-12-31"):
        answer = await world.command("ana", f"action Alert on the queue due:{day}", channel=channel)
        assert "Check the year" in answer.text
    assert not (await world.record())["action_items"]
    assert "INC-1" in (await world.command("ana", "action Alert due: 2026-03-31", channel=channel)).text
    assert (await world.record())["action_items"][0]["due_on"] == "2026-03-31"
