"""What an exporter is."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.report import IncidentReport
from bot.render.words import Words


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """A format in which a report can be had."""

    name: str  # what people type: md
    summary: str  # the postmortem as Markdown
    file_name: str  # what the file is called in an incident's folder: postmortem.md
    media_type: str
    export: Callable[[IncidentReport, Words], bytes]  # the words are the organisation's templates, where it has any
    order: int = 50  # where it stands in a list; the lower first
