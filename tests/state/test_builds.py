import pytest

from reconciler.ids import InstanceUid
from reconciler.state import builds
from reconciler.state.agent import Agent
from reconciler.state.builds import Builds
from reconciler.state.observed import AvailableComponents, Capability


def agent(number: int, digest: bytes) -> Agent:
    return Agent(
        InstanceUid(number.to_bytes(16, "big")),
        capabilities=Capability.REPORTS_AVAILABLE_COMPONENTS,
        components_hash=digest,
    )


def told(digest: bytes, *types: str) -> AvailableComponents:
    return AvailableComponents(digest, {"exporters": frozenset(types)})


def test_a_set_is_kept_once_for_all_who_share_its_hash() -> None:
    known = Builds()
    for number in range(3):
        known.take(agent(number, b"a"), told(b"a", "debug"))
    assert known.sets() == {b"a": {"exporters": frozenset({"debug"})}}


def test_of_more_builds_than_the_cap_nothing_is_known_nor_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(builds, "MOST_BUILDS", 2)
    known = Builds()
    for number, digest in enumerate((b"a", b"b", b"c")):
        known.take(agent(number, digest), told(digest, "debug"))
    assert set(known.sets()) == {b"a", b"b"}
    assert not known.is_to_tell(agent(2, b"c"), now=1.0)


def test_a_build_that_nobody_has_any_more_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(builds, "MOST_BUILDS", 1)
    known = Builds()
    first = agent(1, b"a")
    known.take(first, told(b"a", "debug"))
    known.forget(first.uid)
    assert known.sets() == {}
    known.take(agent(2, b"b"), told(b"b", "nop"))
    assert set(known.sets()) == {b"b"}


def test_a_set_of_too_many_types_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "MOST_TYPES", 2)
    known = Builds()
    known.take(agent(1, b"a"), told(b"a", "debug", "nop", "otlp"))
    assert known.sets() == {}


def test_what_is_no_type_of_a_component_is_not_kept() -> None:
    known = Builds()
    known.take(agent(1, b"a"), told(b"a", "debug", "no type", "\x1b[31m"))
    assert known.sets() == {b"a": {"exporters": frozenset({"debug"})}}


def test_sets_that_contradict_each_other_are_both_not_believed() -> None:
    known = Builds()
    known.take(agent(1, b"a"), told(b"a", "debug"))
    known.take(agent(2, b"a"), told(b"a", "nop"))
    assert known.sets() == {}
