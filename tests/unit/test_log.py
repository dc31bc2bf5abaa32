"""What stands in the log, as people and as programs read it."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.errors import ConfigError
from bot.log import _OncePerMinute, configure

Said = Callable[[], list[str]]

TOKENS = ("xoxb-12-secret", "xapp-1-A1-secret", "xoxe.xoxp-1-secret")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """The lines on standard error since the last look."""

    def lines() -> list[str]:
        return capsys.readouterr().err.splitlines()

    return lines


def only_object(said: Said) -> dict[str, Any]:
    [line] = said()
    entry: dict[str, Any] = json.loads(line)
    return entry


def fail(message: str) -> None:
    try:
        int(message)
    except ValueError:
        logging.getLogger("bot.slack").exception("It failed.", extra={"action": "failed"})


def test_a_line_of_text_has_the_sentence_and_its_fields(said: Said) -> None:
    configure(layout="text", level="INFO")
    logging.getLogger("bot.slack").info("Sent the %s.", "card", extra={"incident": 42, "action": "sent"})
    [line] = said()
    assert line.endswith(" INFO bot.slack: Sent the card. (incident=42 action=sent)")


def test_a_line_of_json_has_the_same_as_an_object(said: Said) -> None:
    configure(layout="json", level="INFO")
    logging.getLogger("bot.slack").info("Sent the %s.\nÄ", "card", extra={"incident": 42, "action": "sent"})
    entry = only_object(said)
    at = datetime.fromisoformat(entry.pop("time"))
    assert at.utcoffset() == timedelta(0)
    assert entry == {
        "level": "INFO",
        "logger": "bot.slack",
        "message": "Sent the card.\nÄ",
        "incident": 42,
        "action": "sent",
    }


def test_a_traceback_is_one_string_on_the_same_line(said: Said) -> None:
    configure(layout="json")
    fail("no good")
    exception = only_object(said)["exception"]
    assert exception.startswith("Traceback (most recent call last):\n")
    assert exception.endswith("\nValueError: invalid literal for int() with base 10: 'no good'")


def test_a_field_that_json_does_not_know_is_written_as_text_and_none_hides_the_time(said: Said) -> None:
    configure(layout="json")
    logging.getLogger("bot").info("Done.", extra={"lanes": {"C1"}, "time": "yesterday"})
    entry = only_object(said)
    assert entry["lanes"] == "{'C1'}"
    assert datetime.fromisoformat(entry["time"])


@pytest.mark.parametrize("layout", ["text", "json"])
@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_blotted_out_wherever_it_stands(said: Said, layout: str, token: str) -> None:
    configure(layout=layout)
    log = logging.getLogger("bot.slack")
    log.info("Called with %s and\n%s", token, {"token": token})
    log.info("Called.", extra={"url": f"https://slack.com/?token={token}&x=1", "nested": {token: [token]}})
    fail(f"refused {token}")
    log.info("Here.", stack_info=True, extra={"found": ValueError(token)})
    lines = said()
    written = "\n".join(lines)
    assert "secret" not in written
    assert written.count("[token]") >= 7
    if layout == "json":
        assert [json.loads(line)["level"] for line in lines] == ["INFO", "INFO", "ERROR", "INFO"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("DEBUG", ["debug", "info", "warning", "error", "library warning", "library error"]),
        ("info", ["info", "warning", "error", "library warning", "library error"]),
        ("WARNING", ["warning", "error", "library warning", "library error"]),
        ("ERROR", ["error", "library error"]),
    ],
)
def test_the_level_is_ours_and_libraries_only_warn(said: Said, level: str, expected: list[str]) -> None:
    """At DEBUG the drivers of Slack and of the databases write what people wrote."""
    configure(layout="json", level=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger("bot.slack"), name)(name)
    for library in ("slack_sdk", "slack_bolt", "aiosqlite", "asyncio", "alembic"):
        for name in ("debug", "info"):
            getattr(logging.getLogger(library), name)("what people wrote")
    for name in ("warning", "error"):
        getattr(logging.getLogger("slack_sdk.web"), name)(f"library {name}")
    assert [json.loads(line)["message"] for line in said()] == expected


def test_a_layout_and_a_level_that_there_are_not_are_both_named() -> None:
    with pytest.raises(ConfigError) as caught:
        configure(layout="xml", level="loud")
    assert caught.value.problems == (
        "LOG_FORMAT is 'xml'; write text or json.",
        "LOG_LEVEL is 'loud'; write one of DEBUG, INFO, WARNING, ERROR.",
    )


class Kept(logging.Handler):
    """Keeps what it is given, and may be asked what time it is."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.lines: list[tuple[str, int]] = []
        self.addFilter(_OncePerMinute(self, lambda: self.now))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.getMessage(), getattr(record, "repeated", 0)))


@pytest.fixture
def kept() -> Iterator[tuple[Kept, logging.Logger]]:
    handler, logger = Kept(), logging.getLogger("bot.test")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.INFO)
    yield handler, logger
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


def test_faults_that_are_over_together_are_each_told_once(kept: tuple[Kept, logging.Logger]) -> None:
    handler, logger = kept
    for _ in range(3):
        logger.error("Slack is away")
        logger.error("The disk is full")
    handler.now += 60
    logger.info("On with it")
    assert handler.lines[2:] == [("Slack is away", 2), ("The disk is full", 2), ("On with it", 0)]


def test_a_repeated_fault_is_logged_once_a_minute_with_its_count(kept: tuple[Kept, logging.Logger]) -> None:
    """At the limit of descriptors the log once grew by 222 MB a minute."""
    handler, logger = kept
    for second in range(150):
        handler.now = 1000.0 + second
        for _ in range(10):
            logger.error("Out of descriptors, again in %.1f s", second / 7)
    assert handler.lines == [
        ("Out of descriptors, again in 0.0 s", 0),
        ("Out of descriptors, again in 0.0 s", 599),
        ("Out of descriptors, again in 0.0 s", 600),
    ]


def test_a_fault_that_is_over_is_told_with_its_count_all_the_same(kept: tuple[Kept, logging.Logger]) -> None:
    handler, logger = kept
    logger.warning("The database is away")
    logger.warning("The database is away")
    handler.now += 3600
    logger.info("Connected")
    assert handler.lines == [("The database is away", 0), ("The database is away", 1), ("Connected", 0)]


def test_other_faults_and_what_is_no_fault_are_logged_each_time(kept: tuple[Kept, logging.Logger]) -> None:
    handler, logger = kept
    for _ in range(2):
        logger.info("Read what was missed.")
    logger.warning("The inbox loop failed")
    logger.warning("The outbox loop failed")
    logger.error("The outbox loop failed")
    assert len(handler.lines) == 5


def test_what_somebody_was_told_to_look_for_is_always_logged(kept: tuple[Kept, logging.Logger]) -> None:
    handler, logger = kept
    for reference in ("13cde3af", "cb3c9cfe"):
        logger.error("A request failed.", extra={"reference": reference})
    assert len(handler.lines) == 2


def test_faults_of_different_incidents_or_places_are_not_the_same(kept: tuple[Kept, logging.Logger]) -> None:
    handler, logger = kept
    for number in (1, 2):
        logger.warning("Slack did not say who is in a channel.", extra={"incident_id": number})
    for fail_ in (lambda: int("x"), lambda: {}["x"]):
        try:
            fail_()
        except (ValueError, KeyError):
            logger.exception("The loop failed.")
    assert len(handler.lines) == 4


@pytest.mark.parametrize("layout", ["text", "json"])
def test_the_rows_that_postgresql_quotes_stay_out_of_the_log_whole(
    capsys: pytest.CaptureFixture[str], layout: str
) -> None:
    """A row holds what people wrote, line breaks and all; only its first line was once cut."""
    configure(layout=layout)
    quoted = (
        'null value in "x"\nDETAIL:  Failing row contains (1, SECRET first line\nSECRET second line\nHINT: SECRET).'
    )
    problem = ValueError(f"{quoted}\n[SQL: INSERT INTO messages]")
    problem.__cause__ = RuntimeError(quoted)
    logging.getLogger("bot.test").error("It failed.", exc_info=problem)
    told = capsys.readouterr().err
    assert "SECRET" not in told
    assert "null value" in told
    assert "[SQL: INSERT INTO messages]" in told


def test_a_line_that_is_written_wrong_does_not_end_what_it_is_about(kept: tuple[Kept, logging.Logger]) -> None:
    handler, logger = kept
    logger.warning("In two incidents", extra={"incident_id": [1, 2]})
    assert handler.lines == [("In two incidents", 0)]
