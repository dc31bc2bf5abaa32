"""Transcripts: a channel as a page that can be read anywhere, in which nobody's words become markup."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.demo.readable import clean
from bot.demo.transcript import escaped, transcript, write_transcripts
from bot.sandbox import SteppedClock, Workspace, install_app
from bot.sandbox.actions.messages import post

START = 1540162320.0  # 2018-10-21 22:52 UTC


@pytest.fixture
def workspace() -> Workspace:
    made = Workspace(SteppedClock(START))
    made.add_user("ana", real_name="Ana Torres")
    made.add_user("ben", real_name="Ben Okafor")
    made.add_channel("general", members=["ana", "ben"])
    return made


async def later(workspace: Workspace, seconds: float) -> None:
    assert isinstance(workspace.clock, SteppedClock)
    workspace.clock.jump(workspace.clock.time() + seconds)


async def test_a_channel_with_thread_edit_deletion_reactions_and_a_file(workspace: Workspace) -> None:
    ben = workspace.user("ben").id
    alerts = await workspace.post_message(user="ana", channel="general", text=f"three clusters, <@{ben}>\nmore soon")
    await later(workspace, 60)
    other = await workspace.post_message(user="ben", channel="general", text="wrong window")
    await later(workspace, 60)
    await workspace.post_message(user="ben", channel="general", text="On *it*", thread_ts=alerts)
    await workspace.edit_message(user="ana", channel="general", ts=alerts, text=f"five clusters, <@{ben}>\nmore soon")
    await workspace.add_reaction(user="ben", channel="general", ts=alerts, name="pushpin")
    await workspace.delete_message(user="ben", channel="general", ts=other)
    await later(workspace, 86400)
    await workspace.upload_file(
        user="ana", channel="general", name="lag_now.txt", text="busiest   2 h\n```\nsecond    1 h"
    )

    assert (
        transcript(workspace, workspace.channel("general"))
        == """\
# \\#general

Channel of Ana Torres, Ben Okafor.

## 21 October 2018 (UTC)

**22:52:00 Ana Torres** _(edited 22:54:00)_\\
five clusters, \\@Ben Okafor\\
more soon\\
📌 Ben Okafor

> **22:54:00 Ben Okafor**\\
> On \\*it\\*

**22:53:00 Ben Okafor** _(deleted 22:54:00)_\\
_This message was deleted._

## 22 October 2018 (UTC)

**22:54:00 Ana Torres**\\
📎 lag\\_now.txt

````text
busiest   2 h
```
second    1 h
````
"""
    )


async def test_a_bots_message_shows_what_its_blocks_say(workspace: Workspace) -> None:
    app = install_app(workspace)
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Commander: <@{}>".format(workspace.user("ana").id)}}
    ]
    post(workspace, workspace.channel("general"), user=app.bot_user_id, text="INC-1", blocks=blocks, app=app)

    page = transcript(workspace, workspace.channel("general"))

    assert "**22:52:00 incident-bot**\\\nCommander: \\@Ana Torres" in page


async def test_a_deleted_parent_keeps_its_thread(workspace: Workspace) -> None:
    parent = await workspace.post_message(user="ana", channel="general", text="secret")
    await workspace.post_message(user="ben", channel="general", text="what was that", thread_ts=parent)
    await workspace.delete_message(user="ana", channel="general", ts=parent)

    page = transcript(workspace, workspace.channel("general"))

    assert "secret" not in page
    assert "_This message was deleted._" in page
    assert "> what was that" in page


async def test_every_channel_has_its_page(workspace: Workspace, tmp_path: Path) -> None:
    app = install_app(workspace)
    workspace.add_channel("inc-1-checkout", is_private=True, members=["ana"])
    from bot.sandbox.actions.channels import open_direct  # noqa: PLC0415 - how the app opens a conversation

    for who in ("ana", "ben"):
        direct = open_direct(workspace, [app.bot_user_id, workspace.user(who).id])
        if who == "ana":
            post(workspace, direct, user=app.bot_user_id, text="An update is due", app=app)

    pages = write_transcripts(workspace, tmp_path)

    assert sorted(page.name for page in pages) == ["dm-ana.md", "general.md", "inc-1-checkout.md"]
    assert "Private channel of Ana Torres." in (tmp_path / "inc-1-checkout.md").read_text(encoding="utf-8")


MARKUP = st.text(alphabet="#>*_`~[]()!<>&|\\-+=.1a \n$@:/{}", max_size=60)


@given(MARKUP | st.text())
@example("1. a\n2. b")
@example("# a\n## b\n- c\n> d\n    e")
@example("<script>alert(1)</script> &lt; **b** [a](b) ![a](b) `c` ~~d~~")
@example("a\n===\n---\n***\n___")
@example("|a|b|\n|-|-|")
def test_whatever_people_write_is_shown_as_text_and_as_it_was(typed: str) -> None:
    text = clean(typed)
    shown: list[str] = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(escaped(text)):
        assert token.type in {"paragraph_open", "paragraph_close", "inline"}, (token.type, escaped(text))
        shown += [_text(child, text) for child in token.children or ()]

    words = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    assert "".join(shown).split("\n") == (words or [""])


def _text(token: Token, text: str) -> str:
    assert token.type in {"text", "text_special", "hardbreak"}, (token.type, escaped(text))
    return "\n" if token.type == "hardbreak" else token.content
