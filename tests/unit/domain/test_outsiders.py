"""Who belongs to a workspace, and who only visits it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.outsiders import Account, is_outsider


@pytest.mark.parametrize(
    ("more", "outside"),
    [
        ({}, False),
        ({"is_restricted": True}, True),  # a guest has an account of ours
        ({"is_restricted": True, "is_ultra_restricted": True}, True),
        ({"is_ultra_restricted": True}, True),
        ({"is_stranger": True}, True),
        ({"team": "T0OTHER"}, True),  # Slack Connect: no stranger, since we share a channel
        ({"team": "T0OTHER", "enterprise": "E0OTHER"}, True),
        ({"team": "T0OTHER", "enterprise": "E0OURS"}, False),  # a colleague from another workspace
        ({"team": "T0OTHER", "enterprise": "E0OURS", "is_restricted": True}, True),
        ({"team": ""}, False),  # Slack doesn't say
    ],
)
def test_guests_and_people_from_other_organisations_are_outsiders(more: dict[str, Any], outside: bool) -> None:
    account = Account(
        **{"is_restricted": False, "is_ultra_restricted": False, "is_stranger": False, "team": "T0OURS", **more}
    )
    assert is_outsider(account, team="T0OURS", enterprise="E0OURS") is outside


def test_a_workspace_without_an_organisation_shares_it_with_nobody() -> None:
    account = Account(is_restricted=False, is_ultra_restricted=False, is_stranger=False, team="T0OTHER")
    assert is_outsider(account, team="T0OURS", enterprise=None)


@given(
    account=st.builds(
        Account,
        is_restricted=st.booleans(),
        is_ultra_restricted=st.booleans(),
        is_stranger=st.booleans(),
        team=st.sampled_from(["", "T1", "T2"]),
        enterprise=st.sampled_from([None, "E1", "E2"]),
    ),
    enterprise=st.sampled_from([None, "E1"]),
)
def test_only_who_is_no_guest_and_of_the_workspace_or_its_organisation_is_one_of_us(
    account: Account, enterprise: str | None
) -> None:
    guest = account.is_restricted or account.is_ultra_restricted or account.is_stranger
    at_home = account.team in ("", "T1") or (enterprise is not None and account.enterprise == enterprise)
    assert is_outsider(account, team="T1", enterprise=enterprise) == (guest or not at_home)
