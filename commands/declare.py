"""/incident declare: one line, or a form."""

from bot.domain.command_line import nearest, spell
from bot.domain.mrkdwn import plain
from bot.domain.priority import Choice, check_level, choose, priority_in_front
from bot.domain.privacy import NO, YES, sounds_private, without_order
from bot.domain.question import Button, Question
from bot.domain.times import parse_past
from bot.service import asking
from bot.service.command import Answer, Call, Command, DeclareForm, declared
from bot.service.declare import Declaration, declare
from bot.service.guests import check
from bot.service.people import zone_of

_CATEGORY_LIMIT = 80


async def _run(call: Call) -> Answer | DeclareForm:
    settings, options = call.uow.settings, call.line.options
    if not call.line.words and not options and call.can_show_forms:
        await check(call.uow, "declare")
        return DeclareForm()
    is_private = _is_private(call)
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
            is_private=is_private,
            key=call.key,
        ),
    )
    hints += [f"“{plain(typed)}” stayed in the title; did you mean {key}:…?" for typed, key in call.line.suspects]
    return declared(incident, channel, in_doubt=choice.in_doubt, hints=hints)


async def _title_and_priority(call: Call) -> tuple[str, Choice | None]:
    scale, line = call.uow.settings.scale, call.line
    typed = line.options.get("priority")
    stated = priority_in_front(line.words if typed is None else typed, scale, any_name=typed is not None)

    def with_priority(level: str, title: str = line.words) -> str:
        return spell("declare", title, options={**line.options, "priority": level})

    if typed is not None and (stated is None or stated.rest or stated.choice is None):
        raise asking.which_priority(scale, typed, spelled=with_priority, field="priority")
    if stated is None:
        return await call.words(), None
    if stated.choice is None:
        unstated, rest = scale.when_unstated, stated.rest
        keep = Button(
            label=f"{unstated.upper()}, and {asking.quoted(stated.word)} is part of the title",
            command=with_priority(unstated),
        )
        raise asking.which_priority(scale, stated.word, spelled=lambda level: with_priority(level, rest), as_text=keep)
    return (await call.readable(stated.rest) if typed is None else await call.words()), stated.choice


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
        return name, below or None, [f"There's no category “{name}”{meant} There are: {', '.join(known)}."]
    subcategories = known[name].subcategories
    if below and below not in subcategories:
        listed = ", ".join(f"{name}/{one}" for one in subcategories)
        return name, below, [f"There's no {name}/{below}. There are: {listed}."]
    return name, below or None, []


def _is_private(call: Call) -> bool:
    """What was said of it; where that is not clear, a question: the public way would leak, the private way hide."""
    line = call.line
    said = line.options.get("private", "").lower()
    if said in YES or (said in NO and (line.is_text or not sounds_private(line.words))):
        return said in YES
    if said or sounds_private(" ".join([line.words, *line.options.values()])):
        others = {key: value for key, value in line.options.items() if key != "private"}
        raise Question(
            "Should this be private? Then only the people you invite see it. Nothing has been posted yet.",
            Button(
                label="Private",
                command=spell("declare", without_order(line.words), options={**others, "private": "yes"}),
            ),
            Button(label="Public", command=spell("declare", line.words, options={**others, "private": "no"})),
            field="private",
        )
    return False


COMMAND = Command(
    name="declare",
    usage="[PRIORITY] TITLE [since:14:23] [service:NAME] [category:NAME/SUB] [private:yes]",
    summary="Declares an incident and opens its channel; in Slack, without words, it shows a form.",
    run=_run,
    takes="text",
    about_incident=False,
    options=("since", "detected", "service", "category", "impact", "urgency", "private", "priority"),
    aliases=("new", "open", "start"),
    order=10,
)
