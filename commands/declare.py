"""/incident declare: one line, or a form."""

import re

from bot.domain.command_line import first_word, nearest
from bot.domain.mrkdwn import plain
from bot.domain.priority import Choice, check_level, choose, read_priority
from bot.domain.times import parse_past
from bot.errors import UserError
from bot.service.command import Answer, Call, Command, Modal, declared
from bot.service.declare import Declaration, declare
from bot.service.people import zone_of
from bot.slack.views.declare_modal import declare_modal

_LOOKS_LIKE_PRIORITY = re.compile(r"(p|sev|prio|priority|severity)-?\d{1,3}\??", re.IGNORECASE)
_YES = frozenset({"yes", "y", "true", "1", "on"})
_CATEGORY_LIMIT = 80
_NO = frozenset({"no", "n", "false", "0", "off"})


async def _run(call: Call) -> Answer | Modal:
    settings, options = call.uow.settings, call.line.options
    if not call.line.words and not options and call.can_open_modals:
        return Modal(view=declare_modal(settings))
    title, stated = await _title_and_priority(call)
    impact, urgency = options.get("impact"), options.get("urgency")
    impact = check_level(impact, tuple(settings.matrix), "impact") if impact else None
    urgency = check_level(urgency, settings.urgencies, "urgency") if urgency else None
    category, subcategory, hints = _category(call)
    times = {}
    for option in ("since", "detected"):
        if option in options:
            zone = await zone_of(call.uow, call.person)
            times[option] = parse_past(options[option], now=call.uow.now, zone=zone, what=option)
    choice = choose(settings.scale, stated=stated, impact=impact, urgency=urgency)
    incident, channel = await declare(
        call.uow,
        Declaration(
            title=title,
            reporter=call.person,
            choice=choice,
            impact=impact,
            urgency=urgency,
            category=category,
            subcategory=subcategory,
            service=plain(options["service"]) if "service" in options else None,
            impact_started_at=times.get("since"),
            detected_at=times.get("detected"),
            is_private=_yes_or_no(options.get("private", "no")),
            key=call.key,
        ),
    )
    hints += [f"“{plain(typed)}” stayed in the title; did you mean {key}:…?" for typed, key in call.line.suspects]
    return declared(incident, channel, in_doubt=choice.in_doubt, hints=hints)


async def _title_and_priority(call: Call) -> tuple[str, Choice | None]:
    scale = call.uow.settings.scale
    words = await call.words()
    head, tail = first_word(words)
    if "priority" in call.line.options:
        head, tail = call.line.options["priority"], words
    # A word such as “low” begins many a title: only what can be nothing else is taken for a priority there.
    clear = "priority" in call.line.options or head.lower() in scale.levels or any(sign.isdigit() for sign in head)
    stated = read_priority(head, scale) if head and clear else None
    if stated is not None:
        return tail, stated
    if "priority" in call.line.options or _LOOKS_LIKE_PRIORITY.fullmatch(head):
        raise UserError(
            f"There is no priority “{head}”. There are: {', '.join(scale.levels)} (also {', '.join(scale.aliases)}).",
            field="priority",
        )
    return words, None


def _category(call: Call) -> tuple[str | None, str | None, list[str]]:
    """Category, subcategory, and a hint where the configuration does not have them.

    Nobody is kept from declaring by a category: it is put on record as typed, and can be sorted out later.
    """
    typed = call.line.options.get("category")
    if typed is None:
        return None, None, []
    name, _, below = plain(typed).lower()[:_CATEGORY_LIMIT].partition("/")
    known = call.uow.settings.categories
    if name not in known:
        guess = nearest(name, known)
        meant = f"; did you mean {guess}?" if guess else "."
        return name, below or None, [f"There is no category “{name}”{meant} There are: {', '.join(known)}."]
    subcategories = known[name].subcategories
    if below and below not in subcategories:
        listed = ", ".join(f"{name}/{one}" for one in subcategories)
        return name, below, [f"There is no {name}/{below}. There are: {listed}."]
    return name, below or None, []


def _yes_or_no(word: str) -> bool:
    if word.lower() in _YES | _NO:
        return word.lower() in _YES
    # In doubt the private way would hide an incident, the public way would leak one: ask.
    raise UserError(
        f"private:{plain(word)} is neither yes nor no. Write private:yes, or leave it out.", field="private"
    )


COMMAND = Command(
    name="declare",
    usage="[PRIORITY] TITLE [since:14:23] [service:NAME] [category:NAME/SUB] [private:yes]",
    summary="Declares an incident and opens its channel; without words it shows a form.",
    run=_run,
    about_incident=False,
    options=("since", "detected", "service", "category", "impact", "urgency", "private", "priority"),
    aliases=("new", "open", "start"),
    order=10,
)
