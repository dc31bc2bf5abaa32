"""The generic door's contract, read from bytes that nobody has checked before."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.config import GenericIntegration
from bot.domain.alert import AlertFacts
from bot.errors import IntakeRefused
from bot.intake.generic.contract import alert_in, document_in

GUIDE = (Path(__file__).resolve().parents[2] / "docs/intake.md").read_text("utf-8")
FIELDS = ("id", "key", "status", "title", "severity", "service", "description", "url", "occurred_at", "labels")


def read(**fields: Any) -> AlertFacts:
    return alert_in(document_in(json.dumps({"title": "t", **fields}).encode()), {})[0]


@pytest.mark.parametrize(
    ("told", "read_as"),
    [
        ("2026-03-02T14:30:00Z", datetime(2026, 3, 2, 14, 30, tzinfo=UTC)),
        ("2026-03-02T16:30:00+02:00", datetime(2026, 3, 2, 14, 30, tzinfo=UTC)),
        ("2026-03-02 14:30", datetime(2026, 3, 2, 14, 30, tzinfo=UTC)),
        ("20260302T143000+0000", datetime(2026, 3, 2, 14, 30, tzinfo=UTC)),
        ("2026-03-02T14:30:00.123456789Z", datetime(2026, 3, 2, 14, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times_as_programs_write_them(told: str, read_as: datetime) -> None:
    assert read(occurred_at=told).occurred_at == read_as


def test_an_empty_time_counts_as_left_out() -> None:
    assert read(occurred_at="").occurred_at is None


@pytest.mark.parametrize("told", ["now", "14:30", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "1772461800"])
def test_what_is_no_time_is_refused(told: str) -> None:
    with pytest.raises(IntakeRefused, match="occurred_at"):
        read(occurred_at=told)


@pytest.mark.parametrize("url", ["https://x.example", "http://x.example/a?b=c#d", "HTTPS://X.example", "", "  "])
def test_addresses_that_people_may_follow(url: str) -> None:
    assert read(url=url).url == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://x.example",
        "//x.example",
        "https://",
        "x.example",
        "https://[",
        "http://a b",
        "https://x\n.example",
        "https://x.example/" + "a" * 2000,
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(IntakeRefused, match="url"):
        read(url=url)


def test_long_text_is_cut_and_what_is_known_again_is_not() -> None:
    told = read(title="t" * 151, description="d" * 3001, service="s" * 101, labels={"l" * 200: "v" * 1000})
    assert (len(told.title), len(told.description), len(told.service)) == (150, 3000, 100)
    assert [(len(name), len(value)) for name, value in told.labels.items()] == [(100, 500)]
    assert read(key="k" * 255).key == "k" * 255
    with pytest.raises(IntakeRefused, match=r"key: has 256 characters; 255 are the most"):
        read(key="k" * 256)
    with pytest.raises(IntakeRefused, match="Idempotency-Key"):
        alert_in({"title": "t"}, {}, idempotency_key="i" * 256)
    with pytest.raises(IntakeRefused, match="labels: has 51 entries"):
        read(labels={str(number): "x" for number in range(51)})


def test_an_id_of_its_own_goes_before_the_headers() -> None:
    assert alert_in({"title": "t", "id": "one"}, {}, idempotency_key="two")[1] == "one"
    assert alert_in({"title": "t"}, {}, idempotency_key=" two ")[1] == "two"
    assert alert_in({"title": "t"}, {})[1] == ""


def wrong(reading: Callable[[], object]) -> set[str]:
    """The fields that are refused; none where it can be read."""
    try:
        reading()
    except IntakeRefused as refused:
        return set(refused.problems)
    return set()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(), json_values), st.booleans())
def test_any_object_is_an_alert_or_refused_by_its_fields(document: dict[str, Any], foreign: bool) -> None:
    mapping = {field: f"/{field}" for field in FIELDS if foreign}
    body = document_in(json.dumps(document).encode())
    if problems := wrong(lambda: alert_in(body, mapping)):
        assert problems <= ({"title"} if foreign else set(FIELDS))
        return
    told, sent_as = alert_in(body, mapping)
    assert 0 < len(told.title) <= 150
    assert told.key
    assert len(told.key) <= 255
    assert len(sent_as) <= 255
    assert told.url == "" or re.match("https?://", told.url, re.IGNORECASE)
    assert all(isinstance(text, str) for pair in told.labels.items() for text in pair)
    assert told.occurred_at is None or told.occurred_at.utcoffset() is not None


@given(st.binary())
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    if problems := wrong(lambda: document_in(body)):
        assert problems == {"body"}
    else:
        json.dumps(document_in(body), allow_nan=False)


# docs/intake.md


def test_the_guide_names_every_field() -> None:
    section = GUIDE[GUIDE.index("## What to send") : GUIDE.index("## What it answers")]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(FIELDS)


def test_the_guides_examples_are_understood() -> None:
    [body] = re.findall(r"-d '(\{.*\})'", GUIDE)
    assert alert_in(document_in(body.encode()), {})[0].severity == "critical"
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    [whole] = [yaml.safe_load(one) for one in blocks if one.startswith("intake:")]
    parts = [yaml.safe_load(one) for one in blocks if not one.startswith("intake:")]
    for part in (whole["intake"]["generic"]["monitoring"], *({"key_env": "KEY", **one} for one in parts)):
        GenericIntegration.model_validate(part)
