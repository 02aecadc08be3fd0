import time
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Where
from reconciler.fleet import findings, inventory
from reconciler.fleet.documents import Inventory, InventoryEntry
from reconciler.fleet.inventory import Index
from tests.fleet.conftest import MakeFleet
from tests.fleet.reading.test_parse import GOOD

EDGE = {"host.name": "edge-17"}


def listed(*entries: InventoryEntry) -> Inventory:
    return Inventory("known", Where("i.yaml", 1, 1), entries)


def entry(
    labels: Mapping[str, str],
    *,
    attributes: Mapping[str, str] | None = None,
    certificate: frozenset[str] = frozenset(),
    enrolment: str | None = None,
    line: int = 1,
) -> InventoryEntry:
    where = Where("i.yaml", line, 3)
    return InventoryEntry(where, attributes or {}, certificate, enrolment, labels)


def test_an_agent_is_labelled_by_what_it_reports() -> None:
    index = Index([listed(entry({"role": "edge"}, attributes=EDGE))])
    assert index.of({**EDGE, "os.type": "linux"}).labels == {"role": "edge"}
    assert index.of({"host.name": "edge-18"}) is inventory.NOTHING
    assert index.of({}) is inventory.NOTHING


def test_everything_an_entry_asks_for_must_be_known() -> None:
    one = entry(
        {"role": "edge"},
        attributes=EDGE,
        certificate=frozenset({"a.acme.example", "b.acme.example"}),
        enrolment="eu",
    )
    index = Index([listed(one)])
    known = index.of(EDGE, certificate=["b.acme.example"], enrolment="eu")
    assert known.labels == {"role": "edge"}
    assert not index.of(EDGE).labels
    assert not index.of(EDGE, certificate=["b.acme.example"]).labels
    assert not index.of(EDGE, certificate=["x"], enrolment="eu").labels
    assert not index.of({}, certificate=["b.acme.example"], enrolment="eu").labels


@pytest.mark.parametrize("names", [["a"], ["b"], ["b", "a"]])
def test_one_name_of_a_certificate_is_enough(names: list[str]) -> None:
    index = Index([listed(entry({"x": "1"}, certificate=frozenset({"a", "b"})))])
    given_ = index.of({}, certificate=names)
    assert (given_.labels, given_.faults) == ({"x": "1"}, ())


def test_entries_that_agree_add_up() -> None:
    index = Index(
        [
            listed(entry({"role": "edge", "site": "oslo"}, attributes=EDGE)),
            listed(entry({"role": "edge", "zone": "a"}, attributes={"os.type": "x"})),
        ]
    )
    found = index.of({**EDGE, "os.type": "x"})
    assert found.labels == {"role": "edge", "site": "oslo", "zone": "a"}
    assert found.faults == ()


def test_entries_that_disagree_are_told_with_both_places() -> None:
    one = entry({"role": "edge"}, attributes=EDGE, line=4)
    other = entry({"role": "gateway"}, attributes={"os.type": "x"}, line=7)
    index = Index([listed(other), listed(one)])
    (found,) = index.of({**EDGE, "os.type": "x"}).faults
    assert (found.rule, found.where) == ("E077", other.where)
    assert "i.yaml:4:3 and i.yaml:7:3" in found.message
    assert "`role` both `edge` and `gateway`" in found.message
    assert index.of(EDGE).faults == ()
    assert inventory.check([listed(one), listed(other)]) == ()


def test_entries_that_disagree_on_every_agent_of_one_are_found_without_agents() -> None:
    one = entry({"role": "edge"}, attributes=EDGE, line=4)
    more = entry({"role": "x"}, attributes={**EDGE, "os.type": "linux"}, line=7)
    cert = entry({"role": "a"}, certificate=frozenset({"a", "b"}), line=8)
    same = entry({"role": "b"}, certificate=frozenset({"b", "c"}), line=9)
    found = inventory.check([listed(one, more, cert, same)])
    assert [str(one.where) for one in found] == ["i.yaml:7:3", "i.yaml:9:3"]


def test_an_entry_with_errors_holds_the_agents_it_matches() -> None:
    why = findings.error("E004", "wrong", Where("i.yaml", 5, 1))
    broken = InventoryEntry(Where("i.yaml", 4, 3), EDGE, frozenset(), None, {}, (why,))
    index = Index([listed(broken, entry({"x": "1"}, attributes={"host.name": "b"}))])
    assert index.of(EDGE).faults == (why,)
    assert index.of({"host.name": "b"}).faults == ()


FACTS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"]), min_size=1
)


@given(st.lists(FACTS, max_size=8), FACTS)
def test_an_index_says_the_same_as_each_entry_in_turn(
    several: list[dict[str, str]], agent: dict[str, str]
) -> None:
    entries = [
        entry({f"l{n}": "x"}, attributes=attributes)
        for n, attributes in enumerate(several)
    ]
    expected = {
        f"l{n}": "x"
        for n, attributes in enumerate(several)
        if attributes.items() <= agent.items()
    }
    assert Index([listed(*entries)]).of(agent).labels == expected


def test_ten_thousand_hosts_cost_no_more_than_one() -> None:
    hosts = [
        entry({"n": f"{n}"}, attributes={"os.type": "linux", "host.name": f"h{n}"})
        for n in range(10_000)
    ]
    index = Index([listed(*hosts)])
    started = time.process_time()
    for n in range(10_000):
        known = index.of({"os.type": "linux", "host.name": f"h{n}"})
        assert known.labels == {"n": f"{n}"}
    assert time.process_time() - started < 1


def test_a_repository_is_checked_for_entries_that_disagree(fleet_of: MakeFleet) -> None:
    text = """\
apiVersion: reconciler/v1
kind: Inventory
metadata: {name: hosts}
spec:
  entries:
    - {match: {attributes: {host.name: a}}, labels: {role: edge}}
    - {match: {attributes: {host.name: a}}, labels: {role: gateway}}
"""
    fleet = fleet_of(GOOD | {"inventory.yaml": text})
    assert [str(found.where) for found in fleet.findings] == ["inventory.yaml:7:7"]
    assert fleet.findings[0].rule == "E077"
    assert not fleet.fatal
    assert not fleet.broken
