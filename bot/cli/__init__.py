"""The command line: `incident-bot run`, `demo`, `sandbox`, `check-config`, `migrate`, and the verbs of /incident.

Exit codes: 0 done, 1 refused or failed with a sentence on standard error, 2 usage.
"""

import asyncio

from bot import log
from bot.cli.arguments import Verb, parser
from bot.cli.output import fail, spellings
from bot.config import Environment
from bot.domain.question import Question
from bot.errors import BotError, ConfigError, SlackBusy, SlackRefused, SlackUnclear

# Everything that only one subcommand needs is imported in it: a start to connected is measured.
# ruff: noqa: PLC0415


def main(argv: list[str] | None = None) -> int:
    """The program; returns its exit code."""
    arguments = parser().parse_args(argv)
    try:
        environment = Environment.read()
        usual = "INFO" if arguments.verb == "run" else "WARNING"
        log.configure(layout=environment.log_format, level=environment.log_level or usual)
        handle: Verb = arguments.handle
        return asyncio.run(handle(arguments))
    except KeyboardInterrupt:
        return 130
    except ConfigError as problem:
        return fail(*problem.problems)
    except SlackRefused as problem:
        from bot.bootstrap import explain_refusal

        return fail(explain_refusal(problem))
    except (SlackBusy, SlackUnclear) as problem:
        from bot.bootstrap import explain_silence

        return fail(explain_silence(problem))
    except BotError as problem:
        ways = problem.buttons if isinstance(problem, Question) else ()
        return fail(str(problem), *spellings(ways, getattr(arguments, "person", None)))
