import subprocess
from pathlib import Path

import pytest

from reconciler.fleet.documents import DEFAULT_GROUP, Fleet
from reconciler.fleet.rendering import render
from reconciler.fleet.rendering.render import RenderedConfig
from tests.interop import configs
from tests.interop.toolchain import Built

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return configs.read(configs.example())


def test_the_example_fleet_has_no_findings(fleet: Fleet) -> None:
    assert [str(finding) for finding in fleet.findings] == []


def test_the_collector_accepts_every_config_of_the_example_fleet(
    fleet: Fleet, collector_binary: Built, tmp_path: Path
) -> None:
    groups: set[object] = set()
    documents: set[str] = set()
    found: dict[object, tuple[dict[str, str], bytes]] = {}
    for labels in configs.every_kind_of_agent(fleet):
        rendered = render.render(fleet, labels)
        if isinstance(rendered, RenderedConfig):
            groups.add(render.group_of(fleet, labels))
            documents.update(rendered.documents)
            found[rendered.hash] = (labels, rendered.entries[""].body)
    assert groups - {DEFAULT_GROUP} == set(fleet.groups)
    assert documents == set(fleet.configs)
    for labels, body in found.values():
        path = tmp_path / "collector.yaml"
        path.write_bytes(body)
        judged = subprocess.run(
            [collector_binary.binary, "validate", "--config", path],
            check=False,
            capture_output=True,
            text=True,
        )
        assert judged.returncode == 0, f"{labels}: {judged.stderr}\n{body.decode()}"
