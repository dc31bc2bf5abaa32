"""Block Kit's blocks and elements with their limits, as tables that a reader can hold against Slack's reference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.sandbox.block_kit.rules import (
    Rule,
    address,
    all_of,
    any_text,
    at_least_one,
    boolean,
    exactly_one,
    integer,
    items,
    one_of,
    picture,
    plain,
    record,
    string,
    tell,
    typed,
)

ID = string(255, least=1)
URL = string(3000, least=1)
WEB_ADDRESS = address(3000)
PICTURE = picture(3000)

_CONFIRM = record(
    required={"title": plain(100), "text": any_text(300), "confirm": plain(30), "deny": plain(30)},
    optional={"style": one_of("primary", "danger")},
)
_SLACK_FILE = record(optional={"id": ID, "url": URL}, also=exactly_one("id", "url"))


def _option(text: Rule, **more: Rule) -> Rule:
    return record(required={"text": text, "value": string(150)}, optional=more)


_SELECT_OPTION = _option(plain(75), description=plain(75))
_BOX_OPTION = _option(any_text(75), description=any_text(75))  # checkboxes and radio buttons take mrkdwn
_OVERFLOW_OPTION = _option(plain(75), description=plain(75), url=WEB_ADDRESS)
_OPTIONS = items(_SELECT_OPTION, least=1, most=100)
_GROUPS = items(record(required={"label": plain(75), "options": _OPTIONS}), least=1, most=100)
# What an app answers when it is asked for the options of an external select.
SUGGESTIONS = record(
    optional={
        "options": items(_SELECT_OPTION, most=100),
        "option_groups": items(
            record(required={"label": plain(75), "options": items(_SELECT_OPTION, most=100)}), most=100
        ),
    },
    also=exactly_one("options", "option_groups"),
)
_FILTER = record(
    optional={
        "include": items(one_of("im", "mpim", "private", "public"), least=1),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
_TRIGGER = record(
    required={"url": URL},
    optional={"customizable_input_parameters": items(record(required={"name": string(least=1), "value": string()}))},
)
_DISPATCH = record(
    optional={"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), least=1, most=2)}
)


def _key(option: Any) -> tuple[Any, Any]:
    return option["value"], option["text"]["text"]


def _initial_among_options(value: Any, pointer: str, problems: list[str]) -> None:
    """What is chosen at the start can also be chosen."""
    offered = [
        *value.get("options", ()),
        *(one for group in value.get("option_groups", ()) for one in group["options"]),
    ]
    keys = {_key(option) for option in offered}
    if "initial_option" in value and _key(value["initial_option"]) not in keys:
        tell(problems, "must match one of the options", f"{pointer}/initial_option")
    for at, option in enumerate(value.get("initial_options", ())):
        if _key(option) not in keys:
            tell(problems, "must match one of the options", f"{pointer}/initial_options/{at}")


def _element(
    kind: str, *, required: Mapping[str, Rule] | None = None, also: Rule | None = None, **optional: Rule
) -> Rule:
    return record(
        required={"type": one_of(kind), **(required or {})}, optional={"action_id": ID, **optional}, also=also
    )


def _menu(kind: str, *, required: Mapping[str, Rule] | None = None, also: Rule | None = None, **optional: Rule) -> Rule:
    return _element(
        kind,
        required=required,
        also=also,
        placeholder=plain(150),
        confirm=_CONFIRM,
        focus_on_load=boolean,
        **optional,
    )


def _input(kind: str, *, required: Mapping[str, Rule] | None = None, **optional: Rule) -> Rule:
    return _element(
        kind,
        required=required,
        placeholder=plain(150),
        dispatch_action_config=_DISPATCH,
        focus_on_load=boolean,
        **optional,
    )


_ONE_LIST = all_of(exactly_one("options", "option_groups"), _initial_among_options)
_AT_MOST = integer(1)
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"

# --- rich text

_STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
_STYLE = record(optional=dict.fromkeys(_STYLES, boolean))


def _piece(kind: str, *, required: Mapping[str, Rule] | None = None, **optional: Rule) -> Rule:
    return record(required={"type": one_of(kind), **(required or {})}, optional={"style": _STYLE, **optional})


_PIECES: dict[str, Rule] = {
    "text": _piece("text", required={"text": string(least=1)}),
    "link": _piece("link", required={"url": URL}, text=string(), unsafe=boolean),
    "user": _piece("user", required={"user_id": ID}),
    "usergroup": _piece("usergroup", required={"usergroup_id": ID}),
    "channel": _piece("channel", required={"channel_id": ID}),
    "emoji": _piece("emoji", required={"name": string(least=1)}, unicode=string(), skin_tone=integer(2, 6)),
    "broadcast": _piece("broadcast", required={"range": one_of("here", "channel", "everyone")}),
    "color": _piece("color", required={"value": string(least=1)}),
    "date": _piece("date", required={"timestamp": integer(), "format": string(least=1)}, url=URL, fallback=string()),
}
_SECTION_OF_TEXT = record(required={"type": one_of("rich_text_section"), "elements": items(typed(_PIECES))})
_TEXT_AND_LINKS = items(typed({kind: _PIECES[kind] for kind in ("text", "link")}))
_RICH_TEXT: dict[str, Rule] = {
    "rich_text_section": _SECTION_OF_TEXT,
    "rich_text_list": record(
        required={
            "type": one_of("rich_text_list"),
            "style": one_of("bullet", "ordered"),
            "elements": items(typed({"rich_text_section": _SECTION_OF_TEXT})),
        },
        optional={"indent": integer(0, 8), "offset": integer(0), "border": integer(0, 1)},
    ),
    "rich_text_preformatted": record(
        required={"type": one_of("rich_text_preformatted"), "elements": _TEXT_AND_LINKS},
        optional={"border": integer(0, 1), "language": string()},
    ),
    "rich_text_quote": record(
        required={"type": one_of("rich_text_quote"), "elements": items(typed(_PIECES))},
        optional={"border": integer(0, 1)},
    ),
}
_RICH_TEXT_BLOCK = record(
    required={"type": one_of("rich_text"), "elements": items(typed(_RICH_TEXT))}, optional={"block_id": ID}
)

# --- elements

ELEMENTS: dict[str, Rule] = {
    "button": _element(
        "button",
        required={"text": plain(75)},
        url=WEB_ADDRESS,
        value=string(2000),
        style=one_of("primary", "danger"),
        confirm=_CONFIRM,
        accessibility_label=string(75),
    ),
    "workflow_button": _element(
        "workflow_button",
        required={"text": plain(75), "workflow": record(required={"trigger": _TRIGGER})},
        style=one_of("primary", "danger"),
        accessibility_label=string(75),
    ),
    "overflow": _element("overflow", required={"options": items(_OVERFLOW_OPTION, least=1, most=5)}, confirm=_CONFIRM),
    "static_select": _menu(
        "static_select", also=_ONE_LIST, options=_OPTIONS, option_groups=_GROUPS, initial_option=_SELECT_OPTION
    ),
    "external_select": _menu("external_select", min_query_length=integer(0), initial_option=_SELECT_OPTION),
    "users_select": _menu("users_select", initial_user=ID),
    "conversations_select": _menu(
        "conversations_select",
        initial_conversation=ID,
        default_to_current_conversation=boolean,
        response_url_enabled=boolean,
        filter=_FILTER,
    ),
    "channels_select": _menu("channels_select", initial_channel=ID, response_url_enabled=boolean),
    "multi_static_select": _menu(
        "multi_static_select",
        also=_ONE_LIST,
        options=_OPTIONS,
        option_groups=_GROUPS,
        initial_options=items(_SELECT_OPTION, least=1, most=100),
        max_selected_items=_AT_MOST,
    ),
    "multi_external_select": _menu(
        "multi_external_select",
        min_query_length=integer(0),
        initial_options=items(_SELECT_OPTION, least=1, most=100),
        max_selected_items=_AT_MOST,
    ),
    "multi_users_select": _menu("multi_users_select", initial_users=items(ID), max_selected_items=_AT_MOST),
    "multi_conversations_select": _menu(
        "multi_conversations_select",
        initial_conversations=items(ID),
        default_to_current_conversation=boolean,
        filter=_FILTER,
        max_selected_items=_AT_MOST,
    ),
    "multi_channels_select": _menu("multi_channels_select", initial_channels=items(ID), max_selected_items=_AT_MOST),
    "datepicker": _menu("datepicker", initial_date=string(pattern=_DATE)),
    "timepicker": _menu("timepicker", initial_time=string(pattern=_TIME), timezone=string(least=1)),
    "datetimepicker": _element(
        "datetimepicker",
        initial_date_time=integer(1_000_000_000, 9_999_999_999),
        confirm=_CONFIRM,
        focus_on_load=boolean,
    ),
    "checkboxes": _element(
        "checkboxes",
        required={"options": items(_BOX_OPTION, least=1, most=10)},
        also=_initial_among_options,
        initial_options=items(_BOX_OPTION, least=1, most=10),
        confirm=_CONFIRM,
        focus_on_load=boolean,
    ),
    "radio_buttons": _element(
        "radio_buttons",
        required={"options": items(_BOX_OPTION, least=1, most=10)},
        also=_initial_among_options,
        initial_option=_BOX_OPTION,
        confirm=_CONFIRM,
        focus_on_load=boolean,
    ),
    "plain_text_input": _input(
        "plain_text_input",
        initial_value=string(3000),
        multiline=boolean,
        min_length=integer(0, 3000),
        max_length=integer(1, 3000),
    ),
    "email_text_input": _input("email_text_input", initial_value=string(3000)),
    "url_text_input": _input("url_text_input", initial_value=string(3000)),
    "number_input": _input(
        "number_input",
        required={"is_decimal_allowed": boolean},
        initial_value=string(),
        min_value=string(),
        max_value=string(),
    ),
    "rich_text_input": _input("rich_text_input", initial_value=_RICH_TEXT_BLOCK),
    "file_input": _element("file_input", filetypes=items(string(least=1), least=1), max_files=integer(1, 10)),
    "image": record(
        required={"type": one_of("image"), "alt_text": string(2000)},
        optional={"image_url": PICTURE, "slack_file": _SLACK_FILE},
        also=exactly_one("image_url", "slack_file"),
    ),
    "plain_text": plain(3000),
    "mrkdwn": any_text(3000),
    "icon_button": _element(
        "icon_button",
        required={"icon": one_of("trash"), "text": plain(75)},
        value=string(2000),
        confirm=_CONFIRM,
        accessibility_label=string(75),
        visible_to_user_ids=items(ID),
    ),
    "feedback_buttons": _element(
        "feedback_buttons",
        required={
            side: record(
                required={"text": plain(75), "value": string(2000)}, optional={"accessibility_label": string(75)}
            )
            for side in ("positive_button", "negative_button")
        },
    ),
}

# --- which element belongs where

_SELECTS = (
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
)
_CHOICES = (*_SELECTS, "datepicker", "timepicker", "checkboxes", "radio_buttons")
_TEXT_INPUTS = ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input")


def _those(kinds: Iterable[str]) -> Rule:
    return typed({kind: ELEMENTS[kind] for kind in kinds})


IN_SECTION = _those((*_CHOICES, "button", "overflow", "image", "workflow_button"))
IN_ACTIONS = _those((*_CHOICES, "button", "overflow", "datetimepicker", "workflow_button", "rich_text_input"))
IN_CONTEXT = _those(("image", "plain_text", "mrkdwn"))
IN_CONTEXT_ACTIONS = _those(("feedback_buttons", "icon_button"))
IN_INPUT = _those((*_CHOICES, *_TEXT_INPUTS, "datetimepicker", "file_input"))


def _block(
    kind: str, *, required: Mapping[str, Rule] | None = None, also: Rule | None = None, **optional: Rule
) -> Rule:
    return record(required={"type": one_of(kind), **(required or {})}, optional={"block_id": ID, **optional}, also=also)


BLOCKS: dict[str, Rule] = {
    "section": _block(
        "section",
        also=at_least_one("text", "fields"),
        text=any_text(3000),
        fields=items(any_text(2000), least=1, most=10),
        accessory=IN_SECTION,
        expand=boolean,
    ),
    "header": _block("header", required={"text": plain(150)}),
    "divider": _block("divider"),
    "context": _block("context", required={"elements": items(IN_CONTEXT, least=1, most=10)}),
    "context_actions": _block("context_actions", required={"elements": items(IN_CONTEXT_ACTIONS, least=1, most=5)}),
    "actions": _block("actions", required={"elements": items(IN_ACTIONS, least=1, most=25)}),
    "image": _block(
        "image",
        required={"alt_text": string(2000)},
        also=exactly_one("image_url", "slack_file"),
        image_url=PICTURE,
        slack_file=_SLACK_FILE,
        title=plain(2000),
    ),
    "input": _block(
        "input",
        required={"label": plain(2000), "element": IN_INPUT},
        hint=plain(2000),
        optional=boolean,
        dispatch_action=boolean,
    ),
    "rich_text": _RICH_TEXT_BLOCK,
    "video": _block(
        "video",
        required={"alt_text": string(least=1), "thumbnail_url": URL, "title": plain(200), "video_url": URL},
        author_name=string(50),
        description=plain(200),
        provider_icon_url=URL,
        provider_name=string(),
        title_url=URL,
    ),
    "markdown": _block("markdown", required={"text": string(12_000, least=1)}),
    "file": _block("file", required={"external_id": string(least=1), "source": one_of("remote")}),
}

SURFACES: dict[str, tuple[str, ...]] = {
    "message": tuple(BLOCKS),
    "modal": ("section", "header", "divider", "context", "actions", "image", "input", "rich_text", "video"),
    "home": ("section", "header", "divider", "context", "actions", "image", "input", "rich_text", "video"),
}
# Elements that only some surfaces have.
ELEMENT_SURFACES: dict[str, tuple[str, ...]] = {
    "email_text_input": ("modal",),
    "number_input": ("modal",),
    "file_input": ("modal",),
    "datetimepicker": ("modal", "message"),
}
MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}

_VIEW = {"callback_id": string(255), "private_metadata": string(3000), "external_id": string(255)}
VIEWS: dict[str, Rule] = {
    "modal": record(
        required={"type": one_of("modal"), "title": plain(24), "blocks": lambda *_: None},
        optional={
            **_VIEW,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": record(required={"type": one_of("home"), "blocks": lambda *_: None}, optional=_VIEW),
}
