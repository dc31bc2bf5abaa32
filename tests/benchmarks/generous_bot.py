"""The bot in a Slack whose limits do not count: `python -m tests.benchmarks.generous_bot`.

It asks its own count of Slack's limits before each call; a thousand prompts in a minute are more than Slack allows.
"""

from bot import cli
from bot.slack import limits
from tests.benchmarks.workspace import GENEROSITY

if __name__ == "__main__":
    limits._PER_MINUTE.update({tier: most * GENEROSITY for tier, most in limits._PER_MINUTE.items()})
    limits._BURST *= GENEROSITY
    raise SystemExit(cli.main(["run"]))
