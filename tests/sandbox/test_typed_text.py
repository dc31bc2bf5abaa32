"""What typed text becomes on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.typed_text import escape, typed_text

USERS = {"ana": "U1", "ben": "U2", "mary-jane": "U3", "incident-bot": "U4"}
CHANNELS = {"general": "C1"}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("@ben look", "<@U2> look"),
        ("(@ben), @ana.", "(<@U2>), <@U1>."),
        ("@mary-jane and @incident-bot", "<@U3> and <@U4>"),
        ("@bend it, @ben_x, @ben-x", "@bend it, @ben_x, @ben-x"),  # whole words only
        ("ana@ben.example and x.@ben", "ana@ben.example and x.@ben"),  # inside an address
        ("@ben@social.example", "@ben@social.example"),
        ("@@ben", "@@ben"),
        ("@nobody", "@nobody"),
        ("@here @channel", "<!here> <!channel>"),
        ("#general, #other, page#general", "<#C1|general>, #other, page#general"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("<!channel> <@U9>", "&lt;!channel&gt; &lt;@U9&gt;"),  # nobody types markup
    ],
)
def test_typed_text_is_stored_as_slack_stores_it(typed: str, stored: str) -> None:
    assert typed_text(typed, users=USERS, channels=CHANNELS) == stored


def test_commands_get_labelled_mentions() -> None:
    typed = "assign tech @ben in #general"
    stored = "assign tech <@U2|ben> in <#C1|general>"
    assert typed_text(typed, users=USERS, channels=CHANNELS, labelled=True) == stored


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@given(st.text(alphabet=st.sampled_from("@#<>&.- abenx_\n|é")))
def test_nothing_is_lost_and_no_bare_markup_comes_through(typed: str) -> None:
    stored = typed_text(typed, users=USERS, channels=CHANNELS)
    plain = stored
    for name, user in USERS.items():
        plain = plain.replace(f"<@{user}>", f"@{name}")
    plain = plain.replace("<#C1|general>", "#general")
    assert "<" not in plain
    assert ">" not in plain
    assert unescape(plain) == typed


@given(st.text())
def test_without_names_it_only_escapes(typed: str) -> None:
    stored = typed_text(typed, users={}, channels={})
    for word in ("here", "channel", "everyone"):
        stored = stored.replace(f"<!{word}>", f"@{word}")
    assert stored == escape(typed)
