"""What the command line says."""

import sys
from collections.abc import Sequence
from pathlib import Path

from bot.domain.question import Button
from bot.domain.typed import for_terminal

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415


def fail(*sentences: str) -> int:
    for sentence in sentences:
        sys.stderr.write(f"incident-bot: {for_terminal(sentence)}\n")
    return 1


def say(text: str) -> None:
    sys.stdout.write(for_terminal(text.rstrip("\n")) + "\n")


def write(content: bytes, output: Path | None) -> int:
    from bot.files import too_open, write_own

    if output is None:
        sys.stdout.write(for_terminal(content.decode()))
        return 0
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_own(output, content)
    except OSError as problem:
        return fail(f"{output} cannot be written: {problem.strerror}.")
    if warning := too_open([output]):
        sys.stderr.write(f"incident-bot: {warning}\n")
    return 0


def spellings(buttons: Sequence[Button], person: str | None) -> list[str]:
    """What the buttons stand for, to be copied into a shell."""
    return [f"{one.label}:  {_in_a_shell(one.command, person)}" for one in buttons]


def _in_a_shell(command: str, person: str | None) -> str:
    import shlex

    from bot.domain.command_line import first_word
    from bot.domain.mrkdwn import plain
    from bot.domain.references import take_reference

    number, rest = take_reference(command)
    verb, tail = first_word(rest)
    words = " ".join(filter(None, (f"INC-{number}" if number is not None else "", plain(tail))))
    return " ".join(
        ["incident-bot", verb, *([shlex.quote(words)] if words else [])]
        + (["--as", shlex.quote(person)] if person else [])
    )
