"""Channel names that Slack accepts for any title: at most 80 of a–z, 0–9, - and _."""

import re
import unicodedata
from datetime import datetime

LIMIT = 80
_ILLEGAL = re.compile(r"[^a-z0-9_]+")


def slug(title: str) -> str:
    """The title's letters and digits as a channel name can hold them; empty for a title in another script."""
    # ß, ø, ł and the like have no decomposition; a missing letter is better than a wrong one.
    ascii_only = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _ILLEGAL.sub("-", ascii_only.lower()).strip("-_")


def channel_name(pattern: str, *, number: int, title: str, declared_at: datetime, attempt: int = 0) -> str:
    """The name for an incident's channel from `pattern`, such as `inc-{number}-{title}`.

    `attempt` counts the names that were taken already; it adds -2, -3 and so on.
    """
    suffix = f"-{attempt + 1}" if attempt else ""
    filled = pattern.format(number=number, title=slug(title), date=f"{declared_at:%Y%m%d}")
    name = _ILLEGAL.sub("-", filled.lower())[: LIMIT - len(suffix)].strip("-_")
    # A pattern without {number} and a title without a legal letter leave nothing.
    return (name or f"incident-{number}") + suffix
