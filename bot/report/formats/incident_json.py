"""The whole record for machines."""

from bot.domain.report import IncidentReport
from bot.render.json_text import to_json
from bot.render.words import Words
from bot.report.exporter import Exporter
from bot.report.record import record


def _export(report: IncidentReport, _: Words) -> bytes:
    return (to_json(record(report), indent=2) + "\n").encode()


EXPORTER = Exporter(
    name="json",
    summary="the whole record as JSON",
    file_name="incident.json",
    media_type="application/json",
    export=_export,
    order=20,
)
