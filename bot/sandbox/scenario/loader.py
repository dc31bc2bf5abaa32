"""Scenario files: a story in YAML, read and checked before anything of it is played."""

from pathlib import Path

from bot.sandbox.scenario.located_yaml import Problems, read_mapping
from bot.sandbox.scenario.model import Scenario
from bot.sandbox.scenario.reader import ScenarioReader


class ScenarioError(Exception):
    """A scenario that cannot be played; each problem names the file, the line and the step."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def load_scenario(path: Path) -> Scenario:
    """Reads and checks a file; raises ScenarioError with every problem in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ScenarioError([f"{path}: cannot be read: {error.strerror or error}"]) from error
    except UnicodeDecodeError as error:
        raise ScenarioError([f"{path}: is not UTF-8 text (byte {error.start})"]) from error
    return parse_scenario(text, file=str(path))


def parse_scenario(text: str, *, file: str) -> Scenario:
    """The scenario in `text`; raises ScenarioError with every problem in it."""
    problems = Problems(file=file)
    table = read_mapping(text, problems)
    scenario = ScenarioReader(problems).scenario(table) if table is not None else None
    if problems.found or scenario is None:
        raise ScenarioError(problems.lines())
    return scenario
