"""`python -m tests.chaos.bot_with_clock run`: the program, with a clock that is set from outside while it runs.

Every look at the clock reads the file named in CLOCK_FILE: seconds to be added to the machine's time. Leases go by the
database's clock and are not touched.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.cli import main
from bot.clock import SystemClock

CLOCK_FILE = "CHAOS_CLOCK_FILE"


def set_from_outside(file: Path) -> None:
    """From now on the system's clock is the machine's plus what the file says."""

    def now(_: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text(encoding="utf-8")))

    SystemClock.now = now  # type: ignore[method-assign]


if __name__ == "__main__":
    set_from_outside(Path(os.environ[CLOCK_FILE]))
    sys.exit(main())
