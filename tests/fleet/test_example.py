"""The example that the README, `init` and the demo start from can never go stale."""

from pathlib import Path

import pytest

from reconciler.fleet.documents import Fleet
from reconciler.fleet.inventory import Index
from reconciler.fleet.linting import configtests, lint
from reconciler.fleet.reading import parse
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import RenderedConfig, Unmatched
from reconciler.fleet.rules.config import COMPONENTS
from reconciler.fleet.syntax.nodes import plain
from tests.fleet.conftest import MakeSnapshot

EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet-repo"
BUILD = {
    "receivers": {"otlp", "nop"},
    "processors": {"batch", "memory_limiter"},
    "exporters": {"debug", "otlp_grpc", "nop"},
}
ROLES = ("gateway", "node-agent")
ENVIRONMENTS = ("staging", "production")


@pytest.fixture(scope="module")
def fleet(snapshot_of: MakeSnapshot) -> Fleet:
    paths = [path for path in EXAMPLE.rglob("*") if path.is_file()]
    return parse.parse(
        snapshot_of(
            {str(path.relative_to(EXAMPLE)): path.read_bytes() for path in paths}
        )
    )


def test_it_has_no_findings(fleet: Fleet) -> None:
    assert fleet.findings == ()
    assert lint.check(fleet) == ()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_role_in_every_environment_has_a_group_and_a_config(
    fleet: Fleet, role: str, environment: str
) -> None:
    labels = {"role": role, "deployment.environment.name": environment}
    assert render.group_of(fleet, labels) == f"{role}s-{environment}"
    rendered = render.render(fleet, labels)
    assert isinstance(rendered, RenderedConfig)
    assert rendered.documents[:3] == ("base", role, environment)


def test_its_own_tests_pass(fleet: Fleet) -> None:
    assert len(fleet.tests) == 3
    assert configtests.check(fleet) == ()


def test_it_expects_no_host_that_a_newcomer_does_not_have(fleet: Fleet) -> None:
    naming = {"host.name", "host.id", "service.instance.id"}
    entries = [entry for one in fleet.inventories for entry in one.entries]
    assert len(entries) == 2
    assert not any(naming & entry.attributes.keys() for entry in entries)


def test_its_inventory_is_stronger_than_what_a_host_says(fleet: Fleet) -> None:
    reported = {"cloud.availability_zone": "oslo-edge-1", "role": "node-agent"}
    given = Index(fleet.inventories).of(reported)
    assert given.faults == ()
    assert given.labels["role"] == "gateway"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_needs_no_component_beyond_those_of_the_smallest_build(
    fleet: Fleet, role: str, environment: str
) -> None:
    labels = {"role": role, "deployment.environment.name": environment}
    rendered = render.render(fleet, labels)
    assert isinstance(rendered, RenderedConfig)
    config = plain(rendered.nodes[""])
    for section in COMPONENTS:
        types = {name.partition("/")[0] for name in config.get(section, {})}
        assert types <= BUILD.get(section, set())


def test_all_combinations_differ_from_each_other(fleet: Fleet) -> None:
    hashes = set()
    for role in ROLES:
        for environment in ENVIRONMENTS:
            labels = {"role": role, "deployment.environment.name": environment}
            rendered = render.render(fleet, labels)
            assert isinstance(rendered, RenderedConfig)
            hashes.add(rendered.hash)
    assert len(hashes) == 4


def test_agents_without_a_role_are_left_alone(fleet: Fleet) -> None:
    assert render.render(fleet, {"host.name": "edge-17"}) == Unmatched()


def test_one_edit_of_the_gateway_overlay_makes_a_config_that_only_agents_refuse(
    snapshot_of: MakeSnapshot,
) -> None:
    overlay = "overlays/gateway-production.collector.yaml"
    files = {
        str(path.relative_to(EXAMPLE)): path.read_bytes()
        for path in EXAMPLE.rglob("*.yaml")
    }
    files[overlay] = files[overlay].replace(b"otlp_grpc/archive", b"kafka/archive")
    fleet = parse.parse(snapshot_of(files))
    assert fleet.findings == lint.check(fleet) == ()
    labels = {"role": "gateway", "deployment.environment.name": "production"}
    rendered = render.render(fleet, labels)
    assert isinstance(rendered, RenderedConfig)
    assert b"kafka/archive" in rendered.entries[""].body
