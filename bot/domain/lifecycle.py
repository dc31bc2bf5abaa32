"""The states of an incident and the ways between them."""

from enum import StrEnum

from bot.errors import UserError


class Status(StrEnum):
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


# People go back as often as forward while the incident is live: a theory falls, a fix does not hold.
# Resolved is not closed (process 35): only a resolved incident can be closed.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.INVESTIGATING: frozenset({Status.IDENTIFIED, Status.MONITORING, Status.RESOLVED, Status.CANCELLED}),
    Status.IDENTIFIED: frozenset({Status.INVESTIGATING, Status.MONITORING, Status.RESOLVED, Status.CANCELLED}),
    Status.MONITORING: frozenset({Status.INVESTIGATING, Status.IDENTIFIED, Status.RESOLVED, Status.CANCELLED}),
    Status.RESOLVED: frozenset({Status.INVESTIGATING, Status.CLOSED}),
    Status.CLOSED: frozenset({Status.INVESTIGATING}),
    Status.CANCELLED: frozenset({Status.INVESTIGATING}),
}

LIVE = frozenset({Status.INVESTIGATING, Status.IDENTIFIED, Status.MONITORING})
ENDED = frozenset(Status) - LIVE

# What a person does to reach a status that `/incident status` does not set by itself.
_COMMANDS = {
    Status.RESOLVED: "/incident resolve HOW IT WAS VERIFIED",
    Status.CLOSED: "/incident close",
    Status.CANCELLED: "/incident cancel REASON",
}


def check_transition(name: str, current: Status, wanted: Status) -> None:
    """Refuses a way that TRANSITIONS does not have; `name` is the incident's, such as INC-1."""
    if wanted in TRANSITIONS[current]:
        return
    if wanted is current:
        raise UserError(f"{name} is already {current}.")
    if current in ENDED and wanted is not Status.CLOSED:
        raise UserError(f"{name} is already {current}. Reopen it first: `/incident reopen {name} REASON`.")
    # No other way is missing but the one to closed, which leads through resolved.
    raise UserError(
        f"{name} is {current}, and only a resolved incident can be closed."
        if current is Status.CANCELLED
        else f"{name} is still {current}. Resolve it first: `/incident resolve {name} HOW IT WAS VERIFIED`."
    )


def parse_status(word: str) -> Status | None:
    """The live status that a person names in a command or an update, or None where it is none."""
    try:
        status = Status(word.lower())
    except ValueError:
        return None
    return status if status in LIVE else None


def how_to_reach(word: str) -> str:
    """What to type for a status that is not set as such, or the list of those that are."""
    try:
        return f"Use `{_COMMANDS[Status(word.lower())]}`."
    except (ValueError, KeyError):
        return "There are: " + ", ".join(status for status in Status if status in LIVE) + "."
