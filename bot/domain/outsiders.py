"""Who is a guest or comes from another organisation, as Slack describes accounts."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Account:
    """What of an account says where its person belongs."""

    is_restricted: bool  # a guest
    is_ultra_restricted: bool  # a guest of one channel
    is_stranger: bool  # from elsewhere, and in no channel with the app
    team: str  # its workspace; "" where Slack doesn't say
    enterprise: str | None = None  # the organisation of that workspace


def is_outsider(account: Account, *, team: str, enterprise: str | None) -> bool:
    """Whether the workspace (`team`, of the organisation `enterprise`) has them as a guest, or not as its own."""
    if account.is_restricted or account.is_ultra_restricted or account.is_stranger:
        return True
    same_organisation = enterprise is not None and account.enterprise == enterprise
    return account.team not in ("", team) and not same_organisation
