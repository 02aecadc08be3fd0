from collections.abc import Mapping

import pytest

from reconciler.fleet import render
from reconciler.fleet.documents import Fleet
from reconciler.fleet.render import Blocked, RenderedConfig
from reconciler.state import desired
from reconciler.state.desired import Desired, Resolver
from tests.toy_fleet import config, fleet, group

GATEWAY = {"role": "gateway"}


def test_agents_alike_in_what_selectors_ask_share_one_rendering(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[Mapping[str, str]] = []
    real = render.render

    def counted(of: Fleet, labels: Mapping[str, str]) -> Desired:
        calls.append(labels)
        return real(of, labels)

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


def test_labels_that_never_repeat_fill_no_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(desired, "REMEMBERED", 100)
    resolver = Resolver(fleet("c1", config("some", "a", "{matchLabels: {x: one}}")))
    for n in range(1000):
        resolver.resolve({"x": str(n)})
    assert len(resolver._by_labels) <= 100
