"""Reads a YAML file."""

from pathlib import Path
from typing import Any

import yaml

from bot.errors import ConfigError

# In C where the library was built with it: seven times as fast, which a start notices.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 50  # levels; far more than anything here needs, and far fewer than end the reader in C


def load_yaml(path: Path) -> Any:
    """The file's content; one sentence with the line where it is no YAML."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_deep_nesting(path, text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe one
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except (OSError, UnicodeError) as problem:
        raise ConfigError([f"{path}: cannot be read: {problem}"]) from problem
    except yaml.reader.ReaderError as problem:  # a control character, which has no mark
        line = text.encode().count(b"\n", 0, problem.position) + 1  # the reader in C counts bytes
        raise ConfigError([f"{path}:{line}: is not valid YAML: {str(problem).splitlines()[0]}"]) from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError([f"{where}: is not valid YAML: {getattr(problem, 'problem', None) or problem}"]) from problem
    except ValueError as problem:  # a day that the calendar lacks, a number of thousands of digits
        raise ConfigError([f"{path}: holds a value that cannot be read: {problem}; put it in quotes"]) from problem


def _refuse_deep_nesting(path: Path, text: str) -> None:
    """A nesting that no reader takes is found without reading that deep."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise ConfigError([f"{path}: is nested too deeply; nothing here needs more than four levels"])
