"""Every format tells the same story: in the same order, to the same second, with the same words."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.mrkdwn import plain
from bot.domain.report import IncidentReport, TimelineItem
from bot.render.words import Words
from bot.report import exporters
from bot.resources import packaged
from commands import timeline as command
from tests.unit.facts import ANA, BEGAN, BEN, HOSTILE, report
from tests.unit.readers import folded, said, tables

WORDS = Words(packaged("templates"))
_moments = st.integers(0, 10**9).map(lambda microseconds: BEGAN + timedelta(microseconds=microseconds))
_items = st.builds(
    TimelineItem,
    at=_moments,
    kind=st.sampled_from(["note", "status", "message"]),
    person=st.sampled_from([ANA, BEN, None]),
    what=st.sampled_from(["", "Action item", "Resolved. Verified"]),
    words=said,
)
_reports = st.lists(_items, max_size=6).map(
    lambda items: report(timeline=sorted(items, key=lambda item: item.at), messages=[])
)


def exported(name: str, of: IncidentReport) -> str:
    return exporters()[name].export(of, WORDS).decode()


@given(made=_reports)
@example(made=report(timeline=[TimelineItem(at=BEGAN, kind="note", person=None, words=HOSTILE)]))
def test_the_timeline_is_the_same_in_every_format(made: IncidentReport) -> None:
    wanted = [(one.at.replace(microsecond=0), one.who, folded(one.text)) for one in made.timeline]
    shown = tables(exported("md", made))[4][1:] if made.timeline else []
    recorded = json.loads(exported("json", made))["timeline"]
    lines = [line for page in reversed(command._pages(made.timeline)) for line in command._lines(page)]
    in_chat = [plain(line) for line in lines if not line.startswith("*")]

    assert [(datetime.fromisoformat(f"{at}+00:00"), who, what) for at, who, what in shown] == wanted
    assert [(datetime.fromisoformat(one["at"]).astimezone(UTC), folded(one["text"])) for one in recorded] == [
        (at, what) for at, _, what in wanted
    ]
    assert len(in_chat) == len(wanted)
    for line, (at, who, what) in zip(in_chat, wanted, strict=True):
        told = line.removesuffix("…")
        assert f"{at:%H:%M:%S} {who}: {what}".startswith(told)


def test_the_words_that_people_typed_are_apart_from_the_bots() -> None:
    item = TimelineItem(at=BEGAN, kind="action", person=ANA, what="Action item", words="Alert on 5xx")
    [told] = json.loads(exported("json", report(timeline=[item])))["timeline"]
    assert (told["text"], told["words"]) == ("Action item: Alert on 5xx", "Alert on 5xx")


def test_every_format_has_a_file_of_its_own() -> None:
    names = [one.file_name for one in exporters().values()]
    assert len(set(names)) == len(names)
    assert list(exporters()) == ["md", "json"]
