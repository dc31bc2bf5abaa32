"""What is known of files, whatever Slack tells of them."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.service.files import NAMELESS, file_facts, file_names, is_nameless, merged

# As Slack sends them, and as Slack Connect does: without a name.
FILES = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["F1", "F2", "F3"])},
        optional={"name": st.none() | st.text(), "size": st.integers(), "file_access": st.just("check_file_info")},
    ),
    max_size=4,
    unique_by=lambda one: one["id"],
)


@given(known=FILES, told=FILES)
def test_a_name_that_was_known_is_not_lost_and_each_file_is_shown(
    known: list[dict[str, Any]], told: list[dict[str, Any]]
) -> None:
    before = {one["id"]: one for one in map(file_facts, known)}
    now = merged(list(before.values()), [file_facts(one) for one in told])
    assert [one["id"] for one in now] == [one["id"] for one in told]
    for one in now:
        if "name" in before.get(one["id"], {}):
            assert not is_nameless(one)
    assert file_names(now).count(NAMELESS) >= sum(map(is_nameless, now))
