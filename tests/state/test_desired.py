import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.fleet.documents import Fleet
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import Blocked, RenderedConfig, Unmatched
from reconciler.state import desired
from reconciler.state.desired import Desired, Resolver
from tests.toy_fleet import config, fleet, group, inventory, spread

GATEWAY = {"role": "gateway"}


def test_agents_alike_in_what_selectors_ask_share_one_rendering(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Mapping[str, str]] = []
    real = render.render

    def counted(
        of: Fleet, labels: Mapping[str, str], claimed: frozenset[str]
    ) -> Desired:
        calls.append(labels)
        return real(of, labels, claimed)

    monkeypatch.setattr(render, "render", counted)
    selector = "{matchLabels: {role: gateway}}"
    resolver = Resolver(fleet("c1", config("gw", "a", selector)))
    answers = [resolver.resolve({**GATEWAY, "host.name": str(n)}) for n in range(50)]
    assert len(calls) == 1
    assert len({id(answer) for answer in answers}) == 1


def test_equal_configs_of_different_labels_are_one_object() -> None:
    selector = "{matchExpressions: [{key: env, operator: Exists}]}"
    resolver = Resolver(fleet("c1", config("any", "a", selector)))
    one, other = (resolver.resolve({"env": env}).desired for env in ("a", "b"))
    assert isinstance(one, RenderedConfig)
    assert one is other


def test_a_tie_between_groups_blocks_the_agent_in_group_default() -> None:
    tied = fleet("c1", group("one"), group("two"), config("any", "a"))
    resolution = Resolver(tied).resolve({})
    assert resolution.group == "default"
    assert isinstance(resolution.desired, Blocked)


def test_labels_that_never_repeat_fill_no_memory() -> None:
    resolver = Resolver(fleet("c1", config("some", "a", "{matchLabels: {x: one}}")))
    for n in range(1000):
        resolver.resolve({"x": str(n)})
    assert len(resolver._by_selection) == 1


def test_selections_that_never_repeat_fill_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desired, "REMEMBERED", 10)
    several = [config(f"c{n}", "a", f"{{matchLabels: {{k{n}: x}}}}") for n in range(6)]
    resolver = Resolver(fleet("c1", *several))
    for picked in range(64):
        resolver.resolve({f"k{n}": "x" for n in range(6) if picked >> n & 1})
    assert len(resolver._by_selection) <= 10


TRUSTING = "{matchLabels: {env: prod}, trusted: [env]}"


def test_what_an_agent_says_of_itself_gives_it_nothing_that_asks_for_trust() -> None:
    resolver = Resolver(fleet("c1", config("prod", "a", TRUSTING)))
    assert isinstance(resolver.resolve({"env": "prod"}).desired, Unmatched)


def test_the_inventory_stands_over_what_an_agent_reports_and_is_trusted() -> None:
    listed = inventory("{host.name: edge-17}", "{env: prod}")
    resolver = Resolver(fleet("c1", config("prod", "a", TRUSTING), listed))
    edge = resolver.resolve({"host.name": "edge-17", "env": "test"})
    assert isinstance(edge.desired, RenderedConfig)
    assert edge.inventory == {"env": "prod"}
    other = resolver.resolve({"host.name": "edge-18", "env": "prod"})
    assert isinstance(other.desired, Unmatched)
    assert other.inventory == {}


def test_agents_of_which_two_entries_disagree_keep_what_they_have() -> None:
    one = inventory("{host.name: edge-17}", "{env: prod}", name="one")
    two = inventory("{zone: a}", "{env: test}", name="two")
    resolver = Resolver(fleet("c1", config("any", "a"), group("all"), one, two))
    met = resolver.resolve({"host.name": "edge-17", "zone": "a"})
    assert met.group == "default"
    assert isinstance(met.desired, Blocked)
    assert [found.rule for found in met.desired.findings] == ["E077"]
    assert resolver.resolve({"host.name": "edge-17"}).group == "all"


SIDES = ("east", "west", "north")


@settings(deadline=None)  # the first example reads the fleet
@given(
    st.dictionaries(st.sampled_from(["side", "env"]), st.sampled_from([*SIDES, "x"]))
)
def test_an_answer_is_what_rendering_the_whole_fleet_gives(
    reported: dict[str, str],
) -> None:
    whole = fleet(
        "c1",
        *(group(side, f"{{matchLabels: {{side: {side}}}}}") for side in SIDES),
        *(
            config(f"{key}-{side}", side, f"{{matchLabels: {{{key}: {side}}}}}")
            for key in ("side", "env")
            for side in SIDES
        ),
        config("trusting", "t", "{matchLabels: {env: x}, trusted: [env]}"),
    )
    answer = Resolver(whole).resolve(reported)
    claimed = frozenset(reported)
    assert answer.desired == render.render(whole, reported, claimed)
    assert answer.group == render.group_of(whole, reported, claimed)


def test_resolving_is_quick_for_a_large_fleet() -> None:
    documents = [
        config(
            f"c{n}",
            "a",
            f"{{matchLabels: {{k{n % 6}: v{n % 50}, k{(n + 1) % 6}: v{n % 7}}}}}",
            priority=n,
        )
        for n in range(300)
    ]
    entries = [inventory(f"{{host.name: h{n}}}", "{}", name=f"i{n}") for n in range(50)]
    resolver = Resolver(spread((*documents, *entries)))
    agents = [
        {"host.name": f"h{n}", **{f"k{key}": f"v{n * 7**key % 50}" for key in range(6)}}
        for n in range(10_000)
    ]
    for agent in agents[:1000]:
        resolver.resolve(agent)
    started = time.process_time()
    for agent in agents:
        resolver.resolve(agent)
    assert (time.process_time() - started) / len(agents) < 100e-6
