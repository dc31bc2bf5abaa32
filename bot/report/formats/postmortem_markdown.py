"""The postmortem draft as Markdown."""

from bot.report.exporter import Exporter

EXPORTER = Exporter(
    name="md",
    summary="the postmortem draft as Markdown",
    file_name="postmortem.md",
    media_type="text/markdown; charset=utf-8",
    export=lambda report, words: words.postmortem(report).encode(),
    order=10,
)
