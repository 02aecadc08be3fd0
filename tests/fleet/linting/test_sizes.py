from collections.abc import Mapping

import pytest

from reconciler.fleet.documents import Fleet
from reconciler.fleet.findings import Finding, Reach, Severity
from reconciler.fleet.linting import lint, sizes
from reconciler.fleet.population import KnownAgent
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import MESSAGE_BYTES, RenderedConfig
from tests.fleet import fleets

MIB = 1024 * 1024
LINE = "x" * 999 + "\n"
SOUND = {
    "receivers": {"nop": None},
    "exporters": {"nop": None},
    "service": {"pipelines": {"logs": {"receivers": ["nop"], "exporters": ["nop"]}}},
}


def documents(*sizes: int, **spec: object) -> list[fleets.Document]:
    """A sound config, and others with a text of so many bytes each."""
    found = [fleets.config("base", config=SOUND, **spec)]
    for number, size in enumerate(sizes):
        text = (LINE * (size // len(LINE) + 1))[:size]
        body = {"exporters": {f"nop/{number}": text}}
        found.append(fleets.config(f"part-{number}", config=body, **spec))
    return found


def found(fleet: Fleet, *agents: KnownAgent) -> list[Finding]:
    every = lint.check(fleet, population=agents)
    return [one for one in every if one.rule == sizes.TOO_LARGE]


def size_of(fleet: Fleet, labels: Mapping[str, str]) -> int:
    outcome = render.render(fleet, labels)
    assert isinstance(outcome, RenderedConfig)
    return outcome.message_bytes


def test_a_config_that_no_message_holds_is_an_error_at_what_weighs_most() -> None:
    parts = [MIB // 2, MIB - 5_000, *[MIB - 9_000] * 3]
    fleet = fleets.fleet(*documents(*parts))
    size = size_of(fleet, {})
    assert size > MESSAGE_BYTES
    agent = KnownAgent("gw-1", {"role": "gateway"})
    (told,) = found(fleet, agent)
    assert told.severity is Severity.ERROR
    assert f"takes {size:,} bytes" in told.message
    assert f"{MESSAGE_BYTES:,}" in told.message
    assert told.where.path == "collectorconfig-part-1.yaml"
    assert told.hint
    assert told.hint.count(" at collectorconfig-part-") == 3
    assert "part-0" not in told.hint
    assert len(told.also) == 2
    assert told.reach == Reach(("default",), 1)


def test_the_largest_config_that_can_be_sent_is_no_error() -> None:
    parts = [MIB - 100_000] * 4
    small = size_of(fleets.fleet(*documents(*parts)), {})
    fits = fleets.fleet(*documents(*parts, MESSAGE_BYTES - small - 20_000))
    assert MESSAGE_BYTES - 20_000 < size_of(fits, {}) <= MESSAGE_BYTES
    assert found(fits) == []
    over = fleets.fleet(*documents(*parts, MESSAGE_BYTES - small))
    assert size_of(over, {}) > MESSAGE_BYTES
    assert len(found(over)) == 1


def test_only_the_agents_that_get_too_much_are_hit() -> None:
    edge = {"selector": {"matchLabels": {"role": "edge"}}}
    core = {"selector": {"matchLabels": {"role": "core"}}}
    small = fleets.config("small", config=SOUND, **core)
    fleet = fleets.fleet(small, *documents(*[MIB - 9_000] * 5, **edge))
    agents = [KnownAgent(role, {"role": role}) for role in ("edge", "core", "other")]
    (told,) = found(fleet, *agents)
    assert told.reach == Reach(("default",), 1)


@pytest.mark.parametrize("uses", [2, 3])
def test_what_variables_bring_along_counts(uses: int) -> None:
    value = fleets.variables("large", values={"text": "x\n" * 300_000})
    body = {f"nop/{number}": {"$var": "text"} for number in range(uses)}
    config = fleets.config("uses", config={**SOUND, "exporters": {"nop": 1, **body}})
    fleet = fleets.fleet(value, config)
    assert (size_of(fleet, {}) > MESSAGE_BYTES) == (uses == 3)
    assert bool(found(fleet)) == (uses == 3)
