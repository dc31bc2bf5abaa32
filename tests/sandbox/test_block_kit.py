"""What Block Kit refuses, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.block_kit.tables import BLOCKS, ELEMENTS
from bot.sandbox.block_kit.validation import LONGEST_MESSAGE, check_blocks, check_view, total_length

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain(), **more}


def option(value: str = "a", text: str = "A") -> Json:
    return {"text": plain(text), "value": value}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def input_block(element: Json, **more: Any) -> Json:
    return {"type": "input", "label": plain(), "element": element, **more}


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain(), "blocks": [section()], **more}


def in_message(*blocks: Any) -> list[str]:
    return check_blocks(list(blocks), surface="message")


GOOD: dict[str, Json] = {
    "section": section(fields=[mrkdwn(), plain()], accessory=button(), block_id="b"),
    "section with fields alone": {"type": "section", "fields": [plain()]},
    "header": {"type": "header", "text": {**plain(), "emoji": True}},
    "divider": {"type": "divider"},
    "context": {
        "type": "context",
        "elements": [mrkdwn(), plain(), {"type": "image", "image_url": "https://a.example", "alt_text": "a"}],
    },
    "actions": actions(
        button(style="danger", value="1", url="https://a.example", action_id="go", confirm={
            "title": plain(), "text": mrkdwn(), "confirm": plain("Yes"), "deny": plain("No")}),
        {"type": "static_select", "placeholder": plain(), "options": [option()], "initial_option": option()},
        {"type": "users_select", "initial_user": "U1"},
        {"type": "overflow", "options": [option()]},
        {"type": "datepicker", "initial_date": "2018-10-21"},
        {"type": "timepicker", "initial_time": "22:52", "timezone": "UTC"},
        {"type": "datetimepicker", "initial_date_time": 1540162320},
        {"type": "radio_buttons", "options": [option()]},
    ),
    "image": {"type": "image", "image_url": "https://a.example", "alt_text": "a", "title": plain()},
    "rich text": {"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [
            {"type": "text", "text": "a", "style": {"bold": True}}, {"type": "user", "user_id": "U1"},
            {"type": "emoji", "name": "fire"}, {"type": "link", "url": "https://a.example"},
            {"type": "date", "timestamp": 1, "format": "{date_num}", "fallback": "then"}]},
        {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": "a"}]}]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a"}]}]},
    "video": {"type": "video", "title": plain(), "alt_text": "a", "video_url": "https://a.example",
              "thumbnail_url": "https://a.example"},
    "markdown": {"type": "markdown", "text": "**bold**"},
    "file": {"type": "file", "external_id": "a", "source": "remote"},
    "input": input_block({"type": "plain_text_input", "multiline": True, "min_length": 1, "max_length": 3000}),
    "feedback": {"type": "context_actions", "elements": [{"type": "feedback_buttons",
        "positive_button": {"text": plain(), "value": "1"}, "negative_button": {"text": plain(), "value": "0"}}]},
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_blocks_pass(name: str) -> None:
    assert in_message(GOOD[name]) == []


INPUTS: list[Json] = [
    {"type": "email_text_input"},
    {"type": "url_text_input", "placeholder": plain()},
    {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"},
    {"type": "multi_static_select", "option_groups": [{"label": plain(), "options": [option()]}],
     "initial_options": [option()], "max_selected_items": 3},
    {"type": "multi_users_select", "initial_users": ["U1"]},
    {"type": "conversations_select", "filter": {"include": ["public"]}, "default_to_current_conversation": True},
    {"type": "external_select", "min_query_length": 2},
    {"type": "checkboxes", "options": [{"text": mrkdwn(), "value": "a"}]},
    {"type": "file_input", "filetypes": ["txt"], "max_files": 2},
    {"type": "rich_text_input"},
]  # fmt: skip


@pytest.mark.parametrize("element", INPUTS, ids=lambda element: element["type"])
def test_good_inputs_pass(element: Json) -> None:
    assert check_view(modal(blocks=[input_block(element)], submit=plain("Save"))) == []


# What is over a limit, the sentence about it and where.
BAD: list[tuple[Any, str, str]] = [
    ("text", "must provide an object", "/blocks/0"),
    ({}, "missing required field: type", "/blocks/0"),
    ({"type": "nonsense"}, "unsupported type: nonsense", "/blocks/0/type"),
    ({"type": ["section"]}, "unsupported type: ['section']", "/blocks/0/type"),
    ({"type": "divider", "text": "x"}, "invalid additional property: text", "/blocks/0"),
    ({"type": "section"}, "missing required field: text", "/blocks/0"),
    ({"type": "section", "text": "x"}, "must provide an object", "/blocks/0/text"),
    ({"type": "section", "text": mrkdwn("")}, "must be more than 0 characters", "/blocks/0/text/text"),
    ({"type": "section", "text": mrkdwn("x" * 3001)}, "must be less than 3001 characters", "/blocks/0/text/text"),
    ({"type": "section", "text": {"type": "html", "text": "x"}}, "unsupported type: html", "/blocks/0/text/type"),
    (section(fields=[]), "must provide at least 1 items", "/blocks/0/fields"),
    (section(fields=[plain()] * 11), "no more than 10 items allowed", "/blocks/0/fields"),
    (section(fields=[plain("x" * 2001)]), "must be less than 2001 characters", "/blocks/0/fields/0/text"),
    (section(block_id="x" * 256), "must be less than 256 characters", "/blocks/0/block_id"),
    (section(accessory={"type": "plain_text_input"}), "unsupported type: plain_text_input",
     "/blocks/0/accessory/type"),
    ({"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters", "/blocks/0/text/text"),
    ({"type": "header", "text": mrkdwn()}, "unsupported type: mrkdwn", "/blocks/0/text/type"),
    ({"type": "context", "elements": [mrkdwn()] * 11}, "no more than 10 items allowed", "/blocks/0/elements"),
    ({"type": "context", "elements": [button()]}, "unsupported type: button", "/blocks/0/elements/0/type"),
    (actions(), "must provide at least 1 items", "/blocks/0/elements"),
    (actions(*[button()] * 26), "no more than 25 items allowed", "/blocks/0/elements"),
    (actions(button(text=mrkdwn())), "unsupported type: mrkdwn", "/blocks/0/elements/0/text/type"),
    (actions(button(text=plain("x" * 76))), "must be less than 76 characters", "/blocks/0/elements/0/text/text"),
    (actions(button(value="x" * 2001)), "must be less than 2001 characters", "/blocks/0/elements/0/value"),
    (actions(button(url="x" * 3001)), "must be less than 3001 characters", "/blocks/0/elements/0/url"),
    (actions(button(style="green")), "must be a valid enum value", "/blocks/0/elements/0/style"),
    (actions(button(action_id="x" * 256)), "must be less than 256 characters", "/blocks/0/elements/0/action_id"),
    (actions(button(action_id="a"), button(action_id="a")), '`action_id` "a" already exists',
     "/blocks/0/elements/1/action_id"),
    (actions(button(confirm={"title": plain("x" * 101), "text": plain("x" * 301), "confirm": plain("x" * 31),
                             "deny": plain()})),
     "must be less than 101 characters", "/blocks/0/elements/0/confirm/title/text"),
    (actions(button(confirm={})), "missing required field: title", "/blocks/0/elements/0/confirm"),
    (actions({"type": "static_select", "options": [option()] * 101}), "no more than 100 items allowed",
     "/blocks/0/elements/0/options"),
    (actions({"type": "static_select", "options": []}), "must provide at least 1 items",
     "/blocks/0/elements/0/options"),
    (actions({"type": "static_select"}), "missing required field: options", "/blocks/0/elements/0"),
    (actions({"type": "static_select", "options": [option()], "placeholder": plain("x" * 151)}),
     "must be less than 151 characters", "/blocks/0/elements/0/placeholder/text"),
    (actions({"type": "static_select", "options": [option(text="x" * 76)]}), "must be less than 76 characters",
     "/blocks/0/elements/0/options/0/text/text"),
    (actions({"type": "static_select", "options": [option(value="x" * 151)]}), "must be less than 151 characters",
     "/blocks/0/elements/0/options/0/value"),
    (actions({"type": "static_select", "options": [option()], "initial_option": option("b")}),
     "must match one of the options", "/blocks/0/elements/0/initial_option"),
    (actions({"type": "checkboxes", "options": [option()], "initial_options": [option(), option("b")]}),
     "must match one of the options", "/blocks/0/elements/0/initial_options/1"),
    (actions({"type": "static_select", "option_groups": [{"label": plain(), "options": [option()]}] * 101}),
     "no more than 100 items allowed", "/blocks/0/elements/0/option_groups"),
    (actions({"type": "overflow", "options": [option()] * 6}), "no more than 5 items allowed",
     "/blocks/0/elements/0/options"),
    (actions({"type": "overflow", "options": []}), "must provide at least 1 items", "/blocks/0/elements/0/options"),
    (actions({"type": "datepicker", "initial_date": "21.10.2018"}), "failed to match schema",
     "/blocks/0/elements/0/initial_date"),
    ({"type": "image", "image_url": "https://a.example"}, "missing required field: alt_text", "/blocks/0"),
    ({"type": "image", "image_url": "x" * 3001, "alt_text": "a"}, "must be less than 3001 characters",
     "/blocks/0/image_url"),
    ({"type": "image", "image_url": "x", "alt_text": "x" * 2001}, "must be less than 2001 characters",
     "/blocks/0/alt_text"),
    (input_block({"type": "plain_text_input"}, label=plain("x" * 2001)), "must be less than 2001 characters",
     "/blocks/0/label/text"),
    (input_block({"type": "plain_text_input"}, hint=plain("x" * 2001)), "must be less than 2001 characters",
     "/blocks/0/hint/text"),
    (input_block({"type": "plain_text_input", "max_length": 3001}), "must be less than 3001",
     "/blocks/0/element/max_length"),
    (input_block(button()), "unsupported type: button", "/blocks/0/element/type"),
    ({"type": "input", "label": plain()}, "missing required field: element", "/blocks/0"),
    ({"type": "markdown", "text": "x" * 12_001}, "must be less than 12001 characters", "/blocks/0/text"),
    ({"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": []}]},
     "missing required field: style", "/blocks/0/elements/0"),
    (actions(button(url="not a url")), "must be a valid URL", "/blocks/0/elements/0/url"),
    (actions(button(url="https://")), "must be a valid URL", "/blocks/0/elements/0/url"),
    *(({"type": "image", "image_url": url, "alt_text": "a"}, "downloading image failed", "/blocks/0/image_url")
      for url in ("http://localhost/a.png", "http://127.0.0.1:80/a.png", "https://10.0.0.1/a.png", "http://box/a.png",
                  "http://[::1]/a.png", "ftp://a.example/a.png")),
    *((input_block({"type": kind}), f"unsupported type: {kind}", "/blocks/0/element/type")
      for kind in ("email_text_input", "number_input", "file_input")),
]  # fmt: skip


@pytest.mark.parametrize(("block", "sentence", "pointer"), BAD)
def test_what_slack_refuses(block: Any, sentence: str, pointer: str) -> None:
    assert f"{sentence} [json-pointer:{pointer}]" in in_message(block)


def test_a_message_has_at_most_fifty_blocks_and_a_view_a_hundred() -> None:
    assert in_message(*[section()] * 50) == []
    assert in_message(*[section()] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert check_view(modal(blocks=[section()] * 100)) == []
    assert check_view(modal(blocks=[section()] * 101)) == ["no more than 100 items allowed [json-pointer:/view/blocks]"]


def test_a_block_id_serves_once_in_a_message_and_an_action_id_once_in_its_block() -> None:
    problems = in_message(section(block_id="a"), section(block_id="a"))
    assert problems == ['`block_id` "a" already exists [json-pointer:/blocks/1/block_id]']
    assert in_message(actions(button(action_id="a")), actions(button(action_id="a"))) == []


def test_the_blocks_of_a_message_count_together() -> None:
    assert total_length([section(fields=[plain("abc")]), {"type": "markdown", "text": "de"}]) == 1 + 3 + 2
    assert total_length([section(text=mrkdwn("x" * 2700))] * 5) > LONGEST_MESSAGE


@pytest.mark.parametrize(
    "url", ["https://a.example/x?y=1#z", "http://a.example:8080", "mailto:a@b.example", "slack://x"]
)
def test_a_button_opens_any_address(url: str) -> None:
    assert in_message(actions(button(url=url))) == []


@pytest.mark.parametrize("kind", ["email_text_input", "number_input", "file_input", "datetimepicker"])
def test_the_home_tab_has_fewer_inputs_than_a_modal(kind: str) -> None:
    element = {"type": kind, **({"is_decimal_allowed": True} if kind == "number_input" else {})}
    blocks = [input_block(element)]
    assert check_view(modal(blocks=blocks, submit=plain())) == []
    problem = f"unsupported type: {kind} [json-pointer:/view/blocks/0/element/type]"
    assert check_view({"type": "home", "blocks": blocks}) == [problem]


BAD_VIEWS: list[tuple[Any, str, str]] = [
    ([], "must provide an object", "/view"),
    ({"type": "message"}, "unsupported type: message", "/view/type"),
    ({"type": "modal", "blocks": []}, "missing required field: title", "/view"),
    ({"type": "modal", "title": plain()}, "missing required field: blocks", "/view"),
    (modal(title=plain("x" * 25)), "must be less than 25 characters", "/view/title/text"),
    (modal(title=mrkdwn()), "unsupported type: mrkdwn", "/view/title/type"),
    (modal(submit=plain("x" * 25)), "must be less than 25 characters", "/view/submit/text"),
    (modal(close=plain("x" * 25)), "must be less than 25 characters", "/view/close/text"),
    (modal(private_metadata="x" * 3001), "must be less than 3001 characters", "/view/private_metadata"),
    (modal(callback_id="x" * 256), "must be less than 256 characters", "/view/callback_id"),
    (modal(blocks=[{"type": "markdown", "text": "x"}]), "unsupported type: markdown", "/view/blocks/0/type"),
    (modal(blocks=[section(), input_block({"type": "plain_text_input"})]),
     "must define `submit` to use an `input` block in modals", "/view/blocks/1/input"),
    (modal(blocks="x"), "must provide an array", "/view/blocks"),
    (modal(blocks=[section(text=mrkdwn("x" * 2900))] * 90), "must be less than 250001 bytes", "/view"),
    ({"type": "home", "title": plain(), "blocks": []}, "invalid additional property: title", "/view"),
]  # fmt: skip


@pytest.mark.parametrize(("view", "sentence", "pointer"), BAD_VIEWS)
def test_which_views_slack_refuses(view: Any, sentence: str, pointer: str) -> None:
    assert f"{sentence} [json-pointer:{pointer}]" in check_view(view)


def test_good_views_pass() -> None:
    settings = {"callback_id": "declare", "private_metadata": "{}", "notify_on_close": True, "clear_on_close": False}
    form = modal(blocks=[input_block({"type": "plain_text_input"})], submit=plain(), close=plain(), **settings)
    assert check_view(form) == []
    assert check_view({"type": "home", "blocks": [section(), actions(button())], "private_metadata": ""}) == []


# --- nothing makes it stumble

_KEYS = st.sampled_from(
    [
        "type",
        "text",
        "fields",
        "accessory",
        "elements",
        "element",
        "label",
        "options",
        "option_groups",
        "blocks",
        "title",
        "block_id",
        "action_id",
        "initial_option",
        "initial_options",
        "value",
        "confirm",
        "submit",
        "style",
    ]
)
_WORDS = st.sampled_from([*BLOCKS, *ELEMENTS, "plain_text", "mrkdwn", "modal", "home", "rich_text_section", ""])
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)


@given(_ANY)
def test_any_json_is_judged_without_stumbling(anything: Any) -> None:
    for surface in ("message", "modal", "home"):
        assert all("[json-pointer:/blocks" in one for one in check_blocks(anything, surface=surface))
        assert isinstance(check_blocks([anything, anything], surface=surface), list)
    assert all("[json-pointer:/view" in one for one in check_view(anything))
    assert total_length(anything) >= 0


@given(
    _ANY, st.sampled_from(sorted(ELEMENTS)), st.sampled_from(["options", "initial_option", "placeholder", "confirm"])
)
def test_any_value_in_an_element_is_judged_without_stumbling(anything: Any, kind: str, key: str) -> None:
    element = {"type": kind, "options": [option()], key: anything}
    for block in (actions(element), section(accessory=element), input_block(element)):
        assert isinstance(in_message(block), list)
