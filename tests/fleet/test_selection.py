import time
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet import selection, semver
from reconciler.fleet.labels import Operator, Requirement, Selector
from reconciler.fleet.selection import Index
from tests.fleet.test_labels import KEYS, agents, selectors


def trusting() -> st.SearchStrategy[Selector]:
    keys = st.frozensets(st.sampled_from(KEYS), max_size=2)
    return st.builds(
        lambda one, trusted: Selector(one.requirements, trusted), selectors(), keys
    )


@given(
    st.lists(trusting(), max_size=8),
    st.lists(agents(), max_size=4),
    st.frozensets(st.sampled_from(KEYS)),
)
def test_an_index_says_the_same_as_each_selector_in_turn(
    several: list[Selector],
    met: list[Mapping[str, str]],
    claimed: frozenset[str],
) -> None:
    index = Index(several)
    for agent in met:
        expected = [one.matches(agent, claimed) for one in several]
        found = index.matching(agent, claimed)
        assert [bool(found >> n & 1) for n in range(len(several))] == expected


def test_keys_that_need_trust_are_known() -> None:
    role = Requirement("role", Operator.EXISTS)
    assert Index([Selector((role,)), Selector((role,), frozenset({"role"}))]).trusted
    assert not Index([Selector((role,))]).trusted


def test_versions_that_never_repeat_fill_no_memory() -> None:
    ranges = (semver.parse("^1"),)
    asked = Selector((Requirement("v", Operator.SEMVER_IN, ranges=ranges),))
    index = Index([asked])
    for n in range(selection.REMEMBERED + 10):
        assert index.matching({"v": f"1.{n}.0"})
    assert len(index._keys["v"]._known) <= selection.REMEMBERED


def test_thousands_of_selectors_for_single_hosts_cost_no_more_than_a_few() -> None:
    hosts = [
        Selector((Requirement("host.name", Operator.IN, frozenset({f"h{n}"})),))
        for n in range(5_000)
    ]
    index = Index(hosts)
    started = time.process_time()
    for n in range(10_000):
        assert index.matching({"host.name": f"h{n}"}) == (1 << n if n < 5_000 else 0)
    assert time.process_time() - started < 1
