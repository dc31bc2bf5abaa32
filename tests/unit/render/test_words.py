"""The words in the chat: every template renders, nobody's words are alive in it, an organisation's own ones win."""

import logging
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.lifecycle import Status
from bot.domain.mrkdwn import Mrkdwn, cut, markup, plain
from bot.domain.runbook import Action, Escalation, Match, Runbook, RunbookStep
from bot.errors import ConfigError
from bot.render.words import Words, local_time
from bot.resources import packaged
from bot.store.tables import ActionItem, Alert, Posting, Update
from tests.unit.facts import HOSTILE, after, incident, report

PACKAGED = packaged("templates")
WORDS = Words(PACKAGED)
CHAT = sorted(path.name.removesuffix(".j2") for path in PACKAGED.glob("*.j2") if path.name != "postmortem.md.j2")
# What the bot itself writes as markup: times, the people and channels of the facts below.
OURS = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>]*>|<@U[1-9]>|<#C[1-9]>")
ALIVE = re.compile(r"<[!@#]|<https?:")
SILENT = {
    "closed",
    "overdue",
    "postmortem_note",
    "role",
    "sooner",
    "status",
    "withdrawn",
}  # templates in which people have no say


def facts_with(text: str) -> dict[str, dict[str, Any]]:
    """{template: facts} as bot.slack gives them, with `text` wherever people have a say."""
    one = incident(
        title=text,
        priority_because=text,
        service=text,
        resolution=text,
        resolved_at=after(70),
        last_update_at=after(45),
        next_update_due_at=after(75),
    )
    runbook = Runbook(
        title=text,
        summary=text,
        match=Match(words=("x",)),
        symptoms=(text,),
        first_checks=(Action(do=text, command=text, expect=text),),
        mitigations=(Action(do=text, command=text),),
        escalation=(Escalation(to=text, when=text, how=text),),
        steps=(RunbookStep(do=text, owner="tech_lead"),),
    )
    update = Update(person="U1", status=Status.IDENTIFIED, text=text, next_due_at=after(75))
    facts: dict[str, dict[str, Any]] = {
        "alert": {
            "alert": Alert(integration="monitoring", title=text),
            "about": text,
            "description": text,
            "source": None,
        },
        "alert_resolved": {
            "alert": Alert(integration="monitoring", title=text),
            "others": 0,
            "commander": "U2",
        },
        "action": {"action": ActionItem(text=text, owner="U2", due_on="2026-03-31")},
        "announcement": {
            "emoji": Mrkdwn(":red_circle:"),
            "priority": "P1",
            "priority_name": "Critical",
            "major": True,
            "ended": timedelta(hours=1),
            "commander": "U2",
            "last_update": cut(" ".join(text.split()), 300),
        },
        "briefing": {"runbook": runbook, "similar": [one]},
        "cancelled": {"by": "U2", "reason": text},
        "channel": {"change": "renamed", "by": "U2", "name": text},
        "closed": {"by": "U2"},
        "declared": {"priority": "P1 Critical", "why": f" ({text})", "in_doubt": True, "hints": [text]},
        "note": {"by": "U2", "text": markup(text), "at": after(1), "earlier": True},
        "not_invited": {"person": "U1", "invited": "U2", "why": text},
        "postmortem_note": {},
        "priority": {"before_label": "P2", "after_label": "P1", "by": "U2", "because": text},
        "overdue": {"owed_at": after(75)},
        "prompt": {
            "asked": "U2",
            "role_name": "comms lead",
            "silent": text,
            "overdue": timedelta(minutes=5),
            "private": False,
        },
        "reopened": {"by": "U2", "reason": text},
        "resolved": {"by": "U2", "lasted": timedelta(minutes=70), "reason": text},
        "role": {
            "person": "U2",
            "before": ["U3", "U4"],
            "by": "U1",
            "role_name": "tech lead",
            "role_word": "tech",
            "left": [],
        },
        "role_brief": {"before": ["U3", "U4"], "role_name": "tech lead", "expects": text, "priority": "P1"},
        "sooner": {"due": after(75), "by": "U2"},
        "status": {"before": None, "after": "monitoring", "by": "U2"},
        "topic": {"priority": "P1"},
        "trouble": {"what": "set the topic", "why": text},
        "update": {"update": update, "priority": "P1"},
        "webhook_trouble": {"host": text, "why": text, "switched_off": True},
        "withdrawn": {},
        "vacant": {
            "name": text,
            "why": "deactivated",
            "left": [],
            "commander": "U2",
            "role_name": "tech lead",
            "role_word": "tech",
        },
    }
    return {name: {"it": one, **more} for name, more in facts.items()}


def render(name: str, text: str, words: Words = WORDS) -> Mrkdwn:
    return words.chat(name, **facts_with(text)[name])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The organisation's folder, empty as yet."""
    return tmp_path


# the packaged ones


def test_every_packaged_template_is_rendered_below() -> None:
    assert sorted(facts_with("x")) == CHAT


@pytest.mark.parametrize("name", CHAT)
@given(text=st.text(max_size=60))
@example(text=HOSTILE)
@example(text="line\n> line\r\n<!here>")
def test_nothing_that_a_person_wrote_is_alive_in_a_message(name: str, text: str) -> None:
    rendered = render(name, text)

    assert rendered
    assert rendered == rendered.strip()
    assert not ALIVE.search(OURS.sub("", rendered))


@pytest.mark.parametrize("name", sorted(set(CHAT) - SILENT))
def test_people_read_what_was_written_and_no_entities(name: str) -> None:
    assert HOSTILE in plain(render(name, HOSTILE))


def test_a_quotation_is_escaped_once_and_each_of_its_lines_is_quoted() -> None:
    assert "> R&amp;D is slow\n> &lt;3 min" in render("update", "R&D is slow\n<3 min")


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        # what is not there is not spoken of
        ("action", {"action": ActionItem(text="x", owner=None, due_on=None)}, ":ballot_box_with_check: Action item: x"),
        ("announcement", {"commander": None}, "commander nobody"),
        ("announcement", {"it": incident(postings=[])}, "There is no channel"),
        ("briefing", {"runbook": None, "similar": []}, "No runbook matches."),
        ("cancelled", {"by": None}, "INC-1 is cancelled: x"),
        ("declared", {"it": incident(postings=[])}, "Slack didn't make one"),
        (
            "declared",
            {"it": incident(postings=[Posting(what="channel", destination="slack", problem="refused")])},
            "It has no channel: refused.",
        ),
        ("prompt", {"asked": None}, "there's no comms lead"),
        ("prompt", {"overdue": timedelta(seconds=59)}, "'s update is due now"),
        ("role", {"by": "U2", "before": []}, "<@U2> is now *tech lead*."),
        ("role", {"person": None, "before": ["U3"]}, "<@U3> stepped down as *tech lead*."),
        (
            "update",
            {"update": Update(person="U1", status=Status.IDENTIFIED, text="x")},
            "No further updates planned",
        ),
    ],
)
def test_what_is_missing_is_left_out_or_named(name: str, changes: dict[str, Any], said: str) -> None:
    assert said in WORDS.chat(name, **facts_with("x")[name] | changes)


def test_a_time_is_shown_in_the_readers_zone_and_in_utc_where_that_fails() -> None:
    assert local_time(after(0)) == "<!date^1772460000^{date_short_pretty} {time}|2026-03-02 14:00 UTC>"
    assert local_time(None) == "–"


def test_a_fact_that_a_template_lacks_is_a_mistake_and_not_a_hole(own: Path) -> None:
    (own / "topic.j2").write_text("{{ it.name }}\n{{ nope }}", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"^topic\.j2:2: 'nope' is undefined$"):
        Words(own).chat("topic", it=incident())


# an organisation's own


def test_an_organisations_own_template_wins(own: Path) -> None:
    (own / "closed.j2").write_text("Vorbei: {{ it.name }}, {{ it.title }} ({{ by | person }})", encoding="utf-8")
    words = Words(PACKAGED, own)

    assert render("closed", "R&D", words) == "Vorbei: INC-1, R&amp;D (<@U2>)"
    assert render("reopened", "x", words) == render("reopened", "x"), "the others stay"


def test_an_organisations_own_postmortem_wins(own: Path) -> None:
    (own / "postmortem.md.j2").write_text("# {{ it.title }}\n{{ it.description | block }}", encoding="utf-8")

    written = Words(PACKAGED, own).postmortem(report(title="a|b", description="c\nd"))

    assert written == "# a\\|b\nc  \nd\n"


BROKEN = [
    ("{{ it.name }}\n{{ it.title", 2, "unexpected end of template"),  # a bracket lost
    ("\n\n{% if by %}x", 3, "Unexpected end of template"),  # a block never ended
    ("{{ it.name }}\n{{ nope }}", 2, "'nope' is undefined"),
    ("{{ it.nope }}", 1, "has no attribute 'nope'"),
    ("{{ it.name | shout }}", 1, "No filter named 'shout'"),
    ("\n{{ 1 / 0 }}", 2, "division by zero"),
    ("{{ it.name + 1 }}", 1, "can only concatenate str"),
    ("{{ it.title | span }}", 1, "has no attribute 'total_seconds'"),
    ("{% include 'other.j2' %}", 1, "there is no template other.j2"),
]
ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ it.__class__.__mro__ }}",
    "{{ it.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id') }}",
    "{{ ().__class__.__bases__[0].__subclasses__() }}",
    "{{ '{0.__class__}'.format(it) }}",
    "{{ (it | attr('__class__')) }}",
    "{{ it['__class__'] }}",
]


@pytest.mark.parametrize(("template", "line", "why"), [*BROKEN, *((template, 1, "") for template in ESCAPES)])
def test_a_template_that_fails_is_named_with_its_line_and_the_packaged_one_is_used(
    own: Path, caplog: pytest.LogCaptureFixture, template: str, line: int, why: str
) -> None:
    (own / "closed.j2").write_text(template, encoding="utf-8")

    rendered = plain(render("closed", "x", Words(PACKAGED, own)))

    said, _, complaint = rendered.partition("\n")
    assert said == plain(render("closed", "x"))
    assert complaint.startswith(f"(The template closed.j2:{line} has an error: ")
    assert complaint.endswith(". The packaged one was used.)")
    assert ".." not in complaint
    assert why in complaint
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_postmortem_template_that_fails_says_so_in_the_document(own: Path) -> None:
    (own / "postmortem.md.j2").write_text("# x\n{{ it.nope }}", encoding="utf-8")

    written = Words(PACKAGED, own).postmortem(report())

    assert written.startswith(WORDS.postmortem(report()).rstrip())
    assert "The template postmortem.md.j2:2 has an error" in written
    assert "The packaged one was used." in written


def test_what_a_complaint_quotes_is_not_alive(own: Path) -> None:
    (own / "closed.j2").write_text("{{ it['<!channel>'] }}", encoding="utf-8")

    assert "<!channel>" not in render("closed", "x", Words(PACKAGED, own))


# what check-config says of them


def test_a_copy_of_every_packaged_template_is_a_good_beginning(own: Path) -> None:
    for path in PACKAGED.glob("*.j2"):
        shutil.copy(path, own)

    assert [*Words(PACKAGED, own).problems()] == []


def test_problems_are_told_with_file_and_line_before_an_incident_needs_the_words(own: Path) -> None:
    (own / "closed.j2").write_text("{{ it.name }}\n{% if %}", encoding="utf-8")
    (own / "closd.j2").write_text("x", encoding="utf-8")
    (own / "postmortem.md.j2").write_text("{{ it.title | shout }}", encoding="utf-8")

    misspelt, closed, postmortem = Words(PACKAGED, own).problems()

    assert misspelt.startswith(f"{own / 'closd.j2'}: no such template is used; there are action.j2, alert.j2, ")
    assert closed.startswith(f"{own / 'closed.j2'}:2: ")
    assert postmortem == f"{own / 'postmortem.md.j2'}:1: No filter named 'shout'."


def test_a_template_that_is_no_utf_8_is_a_problem_and_not_a_crash(own: Path) -> None:
    (own / "closed.j2").write_bytes("Erledigt für heute".encode("latin-1"))
    words = Words(PACKAGED, own)

    (problem,) = words.problems()
    assert problem.startswith(f"{own / 'closed.j2'}: cannot be read: ")
    assert "The packaged one was used." in render("closed", "x", words)


def test_without_a_folder_of_its_own_an_organisation_has_no_problems() -> None:
    assert [*WORDS.problems()] == []
