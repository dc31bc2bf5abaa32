"""/incident timeline: what happened, the newest last."""

from collections.abc import Sequence

from bot.domain.command_line import spell
from bot.domain.mrkdwn import Mrkdwn, cut, link
from bot.domain.question import Button
from bot.domain.report import TimelineItem
from bot.errors import UserError
from bot.service.command import Answer, Call, Command
from bot.service.timeline import items

# What one message holds, headings and all.
_BUDGET = 3900
_HEADINGS = 120
_DAY = 20
_ITEM_LIMIT = 160


async def _run(call: Call) -> Answer:
    incident = await call.incident()
    pages = _pages(await items(call.uow, incident))
    typed = call.line.options.get("page", "1")
    number = int(typed) if typed.isdecimal() and len(typed) < 6 else 0
    if not 1 <= number <= len(pages):
        raise UserError(
            f"{incident.name}'s timeline has {len(pages)} page{'s' if len(pages) > 1 else ''}; page 1 is the newest."
        )
    earlier, newer = sum(map(len, pages[number:])), sum(map(len, pages[: number - 1]))

    def other(label: str, page: int) -> Button:
        return Button(label=label, command=spell("timeline", "", number=incident.number, options={"page": str(page)}))

    lines = [Mrkdwn("*Timeline of {}* (UTC)").format(incident.name)]
    if earlier:
        lines.append(Mrkdwn("_{} earlier_").format(earlier))
    lines += _lines(pages[number - 1])
    if newer:
        lines.append(Mrkdwn("_{} newer_").format(newer))
    buttons = [other(f"{earlier} earlier", number + 1)] if earlier else []
    buttons += [other(f"{newer} newer", number - 1)] if newer else []
    return Answer(text=Mrkdwn("\n").join(lines), buttons=buttons)


def _pages(found: Sequence[TimelineItem]) -> list[list[TimelineItem]]:
    """The items by page, the newest page first; what fills a page is cut from the front, so that the end is shown."""
    pages: list[list[TimelineItem]] = [[]]
    left = _BUDGET - _HEADINGS
    for item in reversed(found):
        needed = len(_line(item)) + 1
        if not pages[-1] or pages[-1][0].at.date() != item.at.date():
            needed += _DAY
        if needed > left and pages[-1]:
            pages.append([])
            left = _BUDGET - _HEADINGS
        pages[-1].insert(0, item)
        left -= needed
    return pages


def _lines(page: Sequence[TimelineItem]) -> list[Mrkdwn]:
    lines, day = [], None
    for item in page:
        if item.at.date() != day:
            day = item.at.date()
            lines.append(Mrkdwn("*{}*").format(f"{day:%a %d %b %Y}"))
        lines.append(_line(item))
    return lines


def _line(item: TimelineItem) -> Mrkdwn:
    when = f"{item.at:%H:%M:%S}"
    return Mrkdwn("{} {}: {}").format(
        link(item.link, when) if item.link else when, item.who, cut(" ".join(item.text.split()), _ITEM_LIMIT)
    )


COMMAND = Command(
    name="timeline",
    usage="[page:2]",
    summary="Shows what happened, with links to the messages.",
    run=_run,
    takes="nothing",
    options=("page",),
    reads="always",
    order=52,
)
