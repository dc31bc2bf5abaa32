"""What typed text becomes on the wire."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.state.typed_text import escape, posted_text, typed_text, unescape

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
        ("see https://a.example/x?y=1&z=2.", "see <https://a.example/x?y=1&amp;z=2>."),
        ("(https://a.example/b_(c)), really", "(<https://a.example/b_(c)>), really"),
        ("https://a.example/@ben?q=@ben #general", "<https://a.example/@ben?q=@ben> <#C1|general>"),
        ("status.acme.com is down", "<http://status.acme.com|status.acme.com> is down"),
        ("acme.io:8080/health, now", "<http://acme.io:8080/health|acme.io:8080/health>, now"),
        ("deploy.sh broke README.md", "<http://deploy.sh|deploy.sh> broke <http://README.md|README.md>"),
        ("ana@acme.com, please", "<mailto:ana@acme.com|ana@acme.com>, please"),
        ("v1.2.3, 14.30, main.js, e.g. this: http:// and a.b", "v1.2.3, 14.30, main.js, e.g. this: http:// and a.b"),
    ],
)
def test_typed_text_is_stored_as_slack_stores_it(typed: str, stored: str) -> None:
    assert typed_text(typed, users=USERS, channels=CHANNELS) == stored


def test_commands_get_labelled_mentions() -> None:
    typed = "assign tech @ben in #general"
    stored = "assign tech <@U2|ben> in <#C1|general>"
    assert typed_text(typed, users=USERS, channels=CHANNELS, labelled=True) == stored


def unlinked(text: str) -> str:
    return re.sub(r"<(?:https?://|mailto:)[^<>|]*\|([^<>]*)>|<(https?://[^<>|]*)>", r"\1\2", text)


@given(st.text(alphabet=st.sampled_from("@#<>&.- abenx_\n|é")))
def test_nothing_is_lost_and_no_bare_markup_comes_through(typed: str) -> None:
    stored = typed_text(typed, users=USERS, channels=CHANNELS)
    plain = stored
    for name, user in USERS.items():
        plain = plain.replace(f"<@{user}>", f"@{name}")
    plain = unlinked(plain.replace("<#C1|general>", "#general"))
    assert "<" not in plain
    assert ">" not in plain
    assert unescape(plain) == typed


@given(st.text())
def test_without_names_it_only_escapes(typed: str) -> None:
    stored = typed_text(typed, users={}, channels={})
    for word in ("here", "channel", "everyone"):
        stored = stored.replace(f"<!{word}>", f"@{word}")
    assert unlinked(stored) == escape(typed)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("see https://a.example/x", "see <https://a.example/x>"),
        ("see <https://a.example/x|this> & a&amp;b", "see <https://a.example/x|this> &amp; a&amp;b"),
        (
            "https://a.example/?x&amp;y or ana@acme.com",
            "<https://a.example/?x&amp;y> or <mailto:ana@acme.com|ana@acme.com>",
        ),
        ("<@U1> &lt;!channel&gt; 5 > 3", "<@U1> &lt;!channel&gt; 5 &gt; 3"),
        ("> *acme.com*", "&gt; *<http://acme.com|acme.com>*"),
    ],
)
def test_an_apps_text_is_read_back_with_its_addresses_as_links(sent: str, read: str) -> None:
    assert posted_text(sent) == read
    assert posted_text(read) == read
