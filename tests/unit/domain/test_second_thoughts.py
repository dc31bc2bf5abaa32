"""Who is not sure, or means something else, ends no incident; who says why it is over is not asked."""

import pytest

from bot.domain.second_thoughts import has_second_thoughts

THINGS = [
    "action item 2",
    "Action items",
    "item #2",
    "the update",
    "update",
    "my last note",
    "reminder",
    "this prompt",
    "all reminders",
    "2nd to-do",
    "the status update",
    "ben’s note",
    "<@U1>'s role",
    "“the task”",
]
WAITING = [
    "later",
    "Later!",
    "soon",
    "not fixed yet",
    "it isn’t fixed yet",
    "when the deploy is done",
    "if Ben agrees",
    "after lunch",
    "once it is deployed",
    "as soon as we know",
    "wait",
    "no, wait for Ben",
    "don’t do it now",
    "dont",
    "do not",
    "maybe",
    "tomorrow",
    "this tomorrow",
    "in 10 min",
    "in a bit",
    "in half an hour",
    "at 15:00",
    "at 3 pm",
    "is it over?",
    "should be fixed",
    "can we",
    ":thinking_face: not sure",
    "– later",
    "ｌａｔｅｒ",
    "lat\u200ber",
    "still failing",
]
# A reason that begins so is asked about as well.
SOUNDS_SO = ["No errors for 30 min", "After the rollback error rate is 0", "When we rolled back, it went away"]
FIXED = [
    "Graphs are back for 20 min",
    "All green",
    "All green, postmortem tomorrow",
    "Error rate is back to normal",
    "Now it holds",
    "Traffic is back",
    "It works",
    "The graphs are flat",
    "The keys are revoked",
    "At 14:20 the error rate was 0",
    "In the last 30 min all was green",
    "Updated the certificate",
    "Rolled back the update",
    "Noted nothing since noon",
    "Notified everyone, all fine",
    "Pages load again",
    "Calls work again",
    "This was the cache",
    "That fixed it",
    "",
]
NO_INCIDENT = [
    "A drill",
    "It was a load test",
    "a false alarm",
    "A test of the alert",
    "Can't reproduce",
    "a duplicate",
]


@pytest.mark.parametrize("words", [*THINGS, *WAITING, *SOUNDS_SO])
@pytest.mark.parametrize("verb", ["resolve", "cancel"])
def test_what_may_be_a_second_thought_is_one(verb: str, words: str) -> None:
    assert has_second_thoughts(verb, words)


@pytest.mark.parametrize("words", FIXED)
def test_how_somebody_knows_is_none(words: str) -> None:
    assert not has_second_thoughts("resolve", words)


@pytest.mark.parametrize("words", [*NO_INCIDENT, "This was a drill"])
def test_why_it_was_no_incident_is_none(words: str) -> None:
    assert not has_second_thoughts("cancel", words)


@pytest.mark.parametrize("words", ["the call", "page", "my message", "that", "it", "this one", "the draft", "that!"])
def test_an_appointment_is_cancelled_and_never_resolved(words: str) -> None:
    assert has_second_thoughts("cancel", words)
    assert not has_second_thoughts("resolve", words)


@pytest.mark.parametrize("words", ["Not an incident, a drill", "Not our fault"])
def test_a_no_is_asked_about(words: str) -> None:
    assert has_second_thoughts("cancel", words)


def test_doubt_is_why_one_reopens() -> None:
    assert has_second_thoughts("reopen", "action item 2")
    assert not has_second_thoughts("reopen", "Not fixed")
    assert not has_second_thoughts("note", "action item 2")
    assert not has_second_thoughts("update", "Not fixed yet")
