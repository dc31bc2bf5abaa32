"""Renders templates in a sandbox: the organisation's own first, the packaged one where that fails, and it says so."""

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from bot.domain import mrkdwn
from bot.domain.mrkdwn import Mrkdwn
from bot.domain.report import IncidentReport
from bot.domain.times import span
from bot.errors import ConfigError
from bot.render import markdown

log = logging.getLogger(__name__)


class Words:
    """`own` is the organisation's folder, or None; `packaged` the one that came with the bot."""

    def __init__(self, packaged: Path, own: Path | None = None) -> None:
        self._packaged = packaged
        self._own = own

    def chat(self, name: str, /, **facts: Any) -> Mrkdwn:
        """A chat message from `name`.j2; whatever is put into it is escaped for Slack."""
        text, complaint = self._render(f"{name}.j2", _chat_environment, facts)
        if complaint:
            text += mrkdwn.markup(f"\n({complaint})")
        return Mrkdwn(text.strip())

    def postmortem(self, report: IncidentReport) -> str:
        """The document in Markdown; people's words in it are escaped for Markdown."""
        text, complaint = self._render("postmortem.md.j2", _markdown_environment, {"it": report})
        if complaint:
            text += f"\n\n---\n{markdown.inline(complaint)}"
        return text.strip() + "\n"

    def problems(self) -> Iterator[str]:
        """What is wrong with the organisation's own templates as far as it shows without facts."""
        if self._own is None:
            return
        known = {path.name for path in self._packaged.glob("*.j2")}
        for path in sorted(self._own.glob("*.j2")):
            if path.name not in known:
                yield f"{path}: no such template is used; there are {', '.join(sorted(known))}"
            # Each kind has filters of its own, and an unknown filter is a mistake.
            environment = _markdown_environment if path.suffixes == [".md", ".j2"] else _chat_environment
            try:
                environment(self._own).get_template(path.name)
            except TemplateSyntaxError as problem:
                yield f"{path}:{problem.lineno}: {problem.message}"
            except (OSError, UnicodeDecodeError) as problem:
                yield f"{path}: cannot be read: {problem}"

    def _render(
        self, name: str, environment: Callable[[Path], SandboxedEnvironment], facts: dict[str, Any]
    ) -> tuple[str, str]:
        """The text, and a sentence where the organisation's own template could not be used."""
        complaint = ""
        if self._own is not None and (self._own / name).exists():
            try:
                return environment(self._own).get_template(name).render(facts), ""
            # A template can raise anything that Python can: the packaged one is used whatever it was.
            except Exception as problem:  # noqa: BLE001
                where = _place(problem, name)
                complaint = f"The template {where} has an error: {_reason(problem)}. The packaged one was used."
                log.warning("%s", complaint, extra={"action": "template_failed", "template": str(self._own / name)})
        try:
            return environment(self._packaged).get_template(name).render(facts), complaint
        except TemplateError as problem:
            raise ConfigError([f"{_place(problem, name)}: {_reason(problem)}"]) from problem


def _place(problem: BaseException, name: str) -> str:
    """`update.j2:3`, as Jinja's traceback tells it."""
    if isinstance(problem, TemplateSyntaxError):
        return f"{name}:{problem.lineno}"
    lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if Path(frame.filename).name == name]
    return f"{name}:{lines[-1]}" if lines else name


def _reason(problem: BaseException) -> str:
    if isinstance(problem, TemplateNotFound):
        return f"there is no template {problem.name}"
    return str(problem).rstrip(".") or type(problem).__name__


def _environment(folder: Path, finalize: Callable[[Any], Any]) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        # Not Jinja's own escaping, which writes HTML: each value that a template prints goes through `finalize`.
        autoescape=False,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["span"] = _optional(span)
    environment.filters["count"] = _count
    environment.filters["clock"] = _optional(lambda when: f"{when:%H:%M}")
    environment.filters["moment"] = _optional(lambda when: f"{when:%Y-%m-%d %H:%M:%S}")
    return environment


def _optional(function: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "–" if value is None else function(value)


def _count(number: int, one: str, several: str | None = None) -> str:
    """`3 people`, `1 message`."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def local_time(when: datetime | None) -> Mrkdwn:
    """A time that Slack shows to each reader in their own zone; in UTC where it cannot."""
    if when is None:
        return Mrkdwn("–")
    return Mrkdwn(f"<!date^{int(when.timestamp())}^{{date_short_pretty}} {{time}}|{when:%Y-%m-%d %H:%M} UTC>")


@cache  # compiling a template takes longer than everything else about a message
def _chat_environment(folder: Path) -> SandboxedEnvironment:
    environment = _environment(folder, lambda value: "" if value is None else mrkdwn.markup(value))
    environment.filters["person"] = lambda user_id: mrkdwn.mention(user_id) if user_id else "nobody"
    environment.filters["channel"] = mrkdwn.channel_link
    environment.filters["local_time"] = local_time
    environment.filters["quote"] = lambda text: Mrkdwn("\n").join(
        Mrkdwn("> ") + Mrkdwn(line) for line in mrkdwn.markup(text).splitlines()
    )
    return environment


@cache
def _markdown_environment(folder: Path) -> SandboxedEnvironment:
    environment = _environment(folder, lambda value: "" if value is None else markdown.inline(value))
    environment.filters["block"] = markdown.block
    environment.filters["link"] = markdown.link
    environment.filters["sentence"] = markdown.sentence
    return environment
