from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.documents import Fleet, Guard
from reconciler.fleet.population import KnownAgent, Population
from reconciler.state import forecast
from reconciler.state.desired import Resolver
from reconciler.state.forecast import Fate, Forecast
from tests.toy_fleet import config, fleet, group, inventory, oversized

GATEWAYS = "{matchLabels: {role: gateway}}"
NODES = "{matchLabels: {role: node}}"


def agents(**counts: int) -> Population:
    return tuple(
        KnownAgent(f"{role}-{number}", {"role": role})
        for role, count in counts.items()
        for number in range(1, count + 1)
    )


def names(known: Iterable[KnownAgent]) -> list[str]:
    return [one.name for one in known]


def fates(told: Forecast) -> dict[Fate, list[str]]:
    return {one.fate: names(one.agents) for one in told.changes}


def test_the_same_documents_do_nothing_to_anybody() -> None:
    one, other = (fleet(commit, config("a", "x")) for commit in ("c1", "c2"))
    told = forecast.forecast(one, other, agents(node=3))
    assert told.is_empty
    assert (told.agents, told.restarts, told.risks) == (3, 0, ())
    assert (told.before.commit[:2], told.after.commit[:2]) == ("c1", "c2")


def test_agents_that_change_alike_are_told_of_together_the_most_first() -> None:
    documents = (config("gw", "a", GATEWAYS), config("node", "a", NODES))
    before = fleet("c1", *documents)
    after = fleet("c2", config("gw", "b", GATEWAYS), config("node", "c", NODES))
    told = forecast.forecast(before, after, agents(node=3, gateway=2, other=1))
    assert [names(one.agents) for one in told.changes] == [
        ["node-1", "node-2", "node-3"],
        ["gateway-1", "gateway-2"],
    ]
    assert {one.fate for one in told.changes} == {Fate.CHANGED}
    assert told.restarts == 5
    [entry] = {entry for one in told.changes for entry, _ in one.differences}
    assert entry == ""
    removed, *_ = (found for _, found in told.changes[0].differences)
    assert (removed.path, removed.new) == (("exporters", "debug/a"), None)
    assert told.changes[0].risks[0] == "removes the exporter debug/a"


def test_agents_that_begin_or_cease_to_be_selected_are_told_apart() -> None:
    before = fleet("c1", config("gw", "a", GATEWAYS))
    after = fleet("c2", config("gw", "a", NODES))
    told = forecast.forecast(before, after, agents(node=1, gateway=2))
    assert fates(told) == {
        Fate.UNMATCHED: ["gateway-1", "gateway-2"],
        Fate.MATCHED: ["node-1"],
    }
    assert told.restarts == 1
    assert "every agent" in told.risks[0]


BROKEN = config("gw", "a", GATEWAYS, priority="high")


def test_a_broken_document_holds_back_whom_it_selects_and_nobody_else() -> None:
    before = fleet("c1", config("gw", "a", GATEWAYS), config("node", "a", NODES))
    after = fleet("c2", BROKEN, config("node", "b", NODES))
    told = forecast.forecast(before, after, agents(node=1, gateway=1))
    assert fates(told) == {Fate.BLOCKED: ["gateway-1"], Fate.CHANGED: ["node-1"]}
    [blocked] = (one for one in told.changes if one.fate is Fate.BLOCKED)
    assert "priority" in blocked.why[0].message
    assert told.restarts == 1
    back = forecast.forecast(after, before, agents(gateway=1))
    assert fates(back) == {Fate.UNBLOCKED: ["gateway-1"]}


def test_whoever_is_held_back_before_and_after_is_only_counted() -> None:
    before, after = (fleet(commit, BROKEN) for commit in ("c1", "c2"))
    told = forecast.forecast(before, after, agents(node=1, gateway=2))
    assert (told.is_empty, told.stuck) == (True, 2)


def test_agents_whose_new_config_no_message_holds_keep_what_they_have() -> None:
    before = fleet("c1", config("gw", "a", GATEWAYS), config("node", "a", NODES))
    large = oversized("large", GATEWAYS)
    after = fleet("c2", config("gw", "a", GATEWAYS), config("node", "b", NODES), large)
    told = forecast.forecast(before, after, agents(node=1, gateway=2))
    assert fates(told) == {
        Fate.TOO_LARGE: ["gateway-1", "gateway-2"],
        Fate.CHANGED: ["node-1"],
    }
    assert told.restarts == 1
    assert told.guard
    assert told.guard.touched == 1
    risk, *_ = told.changes[0].risks
    assert risk.endswith(
        "bytes, and a message to an agent holds 4,194,304: it cannot be sent"
    )
    first = forecast.forecast(fleet("c0"), after, agents(gateway=1))
    assert fates(first) == {Fate.TOO_LARGE: ["gateway-1"]}
    back = forecast.forecast(after, before, agents(gateway=2))
    assert fates(back) == {Fate.UNBLOCKED: ["gateway-1", "gateway-2"]}


def test_whoever_stays_too_large_is_counted_and_told_of_when_that_changes() -> None:
    one = fleet("c1", oversized("large"))
    same = fleet("c2", oversized("large"), group("all"))
    told = forecast.forecast(one, same, agents(gateway=2))
    assert (fates(told), told.stuck) == ({}, 2)
    other = fleet("c3", oversized("large", lines=99_999))
    told = forecast.forecast(one, other, agents(gateway=2))
    assert fates(told) == {Fate.TOO_LARGE: ["gateway-1", "gateway-2"]}
    assert told.stuck == 0


def test_a_revision_that_would_be_refused_changes_nothing() -> None:
    before = fleet("c1", config("a", "x"))
    after = fleet("c2", config("a", "y"), "apiVersion: reconciler/v1\nkind: Flet\n")
    told = forecast.forecast(before, after, agents(node=1))
    assert [one.message for one in told.fatal] == ["unknown kind `Flet`"]
    assert not told.changes
    assert not told.is_empty


def test_moves_between_groups_are_told() -> None:
    same = config("a", "x")
    before, after = fleet("c1", same), fleet("c2", same, group("gateways", GATEWAYS))
    told = forecast.forecast(before, after, agents(node=1, gateway=2))
    [move] = told.moves
    assert (move.before, move.after) == ("default", "gateways")
    assert names(move.agents) == ["gateway-1", "gateway-2"]
    assert (told.restarts, told.is_empty) == (0, False)


@pytest.mark.parametrize(
    ("guard", "counts", "exceeded"),
    [
        (Guard(), {"gateway": 6, "node": 4}, True),
        (Guard(), {"gateway": 5, "node": 5}, False),
        (Guard(), {"gateway": 9}, False),
        (Guard(share=0.1, least=2), {"gateway": 1, "node": 3}, True),
        (Guard(share=1.0), {"gateway": 20}, False),
    ],
)
def test_the_guard_stops_what_touches_too_many(
    guard: Guard, counts: dict[str, int], *, exceeded: bool
) -> None:
    documents = (config("gw", "a", GATEWAYS), config("node", "a", NODES))
    before = fleet("c1", *documents)
    after = fleet("c2", config("gw", "b", GATEWAYS), documents[1])
    told = forecast.forecast(before, replace(after, guard=guard), agents(**counts))
    assert told.guard
    assert told.guard.is_exceeded is exceeded
    assert told.guard.share == counts["gateway"] / sum(counts.values())


def test_agents_that_are_left_alone_count_for_the_guard_and_new_ones_do_not() -> None:
    before = fleet("c1", config("gw", "a", GATEWAYS))
    after = fleet("c2", config("gw", "a", NODES))
    told = forecast.forecast(before, after, agents(node=12, gateway=2))
    assert told.guard
    assert (told.guard.touched, told.guard.total) == (2, 14)


TRUSTING = "{matchLabels: {role: gateway}, trusted: [role]}"


def test_labels_that_only_the_agent_vouches_for_are_not_trusted() -> None:
    before, after = fleet("c1"), fleet("c2", config("gw", "a", TRUSTING))
    proven = KnownAgent("proven", {"role": "gateway"})
    claims = KnownAgent("claims", {"role": "gateway"}, frozenset({"role"}))
    told = forecast.forecast(before, after, (proven, claims))
    assert fates(told) == {Fate.MATCHED: ["proven"]}


def test_the_inventory_of_each_revision_counts_for_it() -> None:
    listed = inventory("{host.name: a}", "{role: gateway}")
    document = config("gw", "a", TRUSTING)
    without, with_it = fleet("c1", document), fleet("c2", document, listed)
    bare = KnownAgent("a", {"host.name": "a"}, frozenset({"host.name"}))
    told = forecast.forecast(without, with_it, (bare,))
    assert fates(told) == {Fate.MATCHED: ["a"]}
    saved = replace(bare, labels={"host.name": "a", "role": "gateway"})
    told = forecast.forecast(with_it, without, (saved,))
    assert fates(told) == {Fate.UNMATCHED: ["a"]}


def test_without_agents_the_selectors_speak() -> None:
    before = fleet("c1", config("gw", "a", GATEWAYS))
    after = fleet("c2", config("gw", "b", GATEWAYS))
    told = forecast.forecast(before, after)
    assert (told.known, told.complete, told.guard) == (False, True, None)
    assert fates(told) == {Fate.CHANGED: ["role=gateway"]}


def test_nobody_known_has_no_share() -> None:
    assert forecast.GuardVerdict(Guard(), 0, 0).share == 0


_documents = st.lists(
    st.builds(
        config,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["{}", GATEWAYS, NODES]),
        priority=st.sampled_from([0, 1, "bad"]),
    ),
    max_size=3,
    unique_by=lambda text: text.split("name: ")[1][:1],
)


@given(_documents, _documents, st.lists(st.sampled_from(["gateway", "node"])))
def test_a_forecast_says_of_every_agent_what_the_resolver_would(
    one: list[str], other: list[str], roles: list[str]
) -> None:
    known = tuple(
        KnownAgent(f"{number}", {"role": role}) for number, role in enumerate(roles)
    )
    before, after = fleet("c1", *one), fleet("c2", *other)
    told = forecast.forecast(before, after, known)
    touched = {name for change in told.changes for name in names(change.agents)}
    assert len(touched) == sum(len(change.agents) for change in told.changes)
    if known and not after.fatal:
        assert touched == {
            agent.name for agent in known if _differs(before, after, agent.labels)
        }


def _differs(before: Fleet, after: Fleet, labels: Any) -> bool:
    old, new = (Resolver(one).resolve(labels).desired for one in (before, after))
    kinds = {type(old).__name__, type(new).__name__}
    if kinds == {"Blocked"}:
        return False
    return len(kinds) == 2 or getattr(old, "hash", 0) != getattr(new, "hash", 0)
