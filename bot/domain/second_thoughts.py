"""Whether the words behind a verb that ends an incident may mean that it goes on, or something else that is to end.

What ends an incident ends it for everybody, so a reason that happens to begin like a second thought (“No errors for
30 min”) is asked about too: one press then does it.
"""

import re

from bot.domain.typed import plain_keys

_END = r"(?![^\W_])"
_START = re.compile(r"\A(?::[a-z0-9][\w+-]*:|[\W_])*")  # signs and an :emoji:

# Something of the bot's: “action item 2”, “my last note”, “ben's update”.
_WHICH = (
    r"(?:(?:the|an?|my|our|your|his|her|their|this|that|these|those|last|latest|previous|next|first|second|current|all|"
    r"any|every|each|open|pending|scheduled|old|new|other|wrong|\d+(?:st|nd|rd|th)?|status|stakeholder|follow-?up|"
    r"[^\s']+'s)\s+){0,4}"
)
_THING = rf"{_WHICH}(?:action|item|note|prompt|reminder|role|task|to-?do|update)s?{_END}"
_POSTED = r"announcement|assignment|bridge|call|commander|draft|meeting|message|page|post-?mortem|promise"
_APPOINTMENT = rf"{_WHICH}(?:{_POSTED})s?{_END}"
_POINTING = r"(?:it|that|this|them|those|these|last|previous|everything|all)(?: (?:one|please|now))?\W*$"
# Not yet, or not sure: “when the deploy is done”, “in 10 min”, “fixed?”.
_NOT_YET = (
    r"(?:not|never|no|nope|don'?t|do not|later|soon|when|whenever|if|unless|until|till|after|before|once|as soon as|"
    r"wait|hold|maybe|perhaps|possibly|probably|hopefully|almost|nearly|eventually|tomorrow|tonight|still|pending|should|"
    rf"shall|might|may|could(?! not)|can(?!'t| not)|would|will|hm+){_END}"
    r"|in (?:about )?(?:an?|half an?|the|a few|a couple of|\d+) ?"
    rf"(?:s|secs?|seconds?|m|mins?|minutes?|h|hours?|days?|weeks?|bit|moment|while|morning|afternoon|evening){_END}"
    r"|at \d[\d:.]* ?(?:[ap]m|utc|z)?$"
    r"|.*(?:\?|\byet)[^\w?]*$"
    r"|(?:\S+ ){0,2}(?:later|soon|tomorrow|tonight)\W*$"
)

_SECOND_THOUGHTS = {
    verb: re.compile("|".join(kinds))
    for verb, kinds in {
        # Its words say how somebody knows: calls, pages and messages “work again”, so they are no other thing here.
        "resolve": (_THING, _NOT_YET),
        # Appointments are cancelled too, and “cancel that” means whatever was done last.
        "cancel": (_THING, _APPOINTMENT, _POINTING, _NOT_YET),
        # It ends nothing, and doubt is why one reopens: “Not fixed”, “After the deploy the errors are back”.
        "reopen": (_THING,),
        # `close` takes no words, so whatever follows it is asked about anyway.
    }.items()
}


def has_second_thoughts(verb: str, words: str) -> bool:
    """Whether `words` may mean that `verb` is not to be done to the incident, or not now."""
    pattern = _SECOND_THOUGHTS.get(verb)
    typed = " ".join(plain_keys(words).lower().split())
    return pattern is not None and pattern.match(_START.sub("", typed)) is not None
