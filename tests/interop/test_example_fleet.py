import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.fleet import parse, render
from reconciler.fleet.documents import DEFAULT_GROUP, Fleet
from reconciler.fleet.render import RenderedConfig
from reconciler.fleet.snapshot import Snapshot, SourceFile, blob_id
from reconciler.ids import CommitSha, ConfigHash, Revision
from tests.interop.toolchain import Built

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop-others")]
EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet-repo"


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    contents = {
        path.relative_to(EXAMPLE).as_posix(): path.read_bytes()
        for path in sorted(EXAMPLE.rglob("*"))
        if path.is_file()
    }
    files = {
        name: SourceFile(name, blob_id(content), content)
        for name, content in contents.items()
    }
    revision = Revision("fleet-repo", CommitSha("folder:example"))
    return parse.parse(Snapshot(revision, files))


def test_the_example_fleet_has_no_findings(fleet: Fleet) -> None:
    assert [str(finding) for finding in fleet.findings] == []


def test_the_collector_accepts_every_config_of_the_example_fleet(
    fleet: Fleet, collector_binary: Built, tmp_path: Path
) -> None:
    groups: set[object] = set()
    documents: set[str] = set()
    configs: dict[ConfigHash, tuple[dict[str, str], bytes]] = {}
    for labels in every_kind_of_agent(fleet):
        rendered = render.render(fleet, labels)
        if isinstance(rendered, RenderedConfig):
            groups.add(render.group_of(fleet, labels))
            documents.update(rendered.documents)
            configs[rendered.hash] = (labels, rendered.entries[""].body)
    assert groups - {DEFAULT_GROUP} == set(fleet.groups)
    assert documents == set(fleet.configs)
    for labels, body in configs.values():
        path = tmp_path / "collector.yaml"
        path.write_bytes(body)
        judged = subprocess.run(
            [collector_binary.binary, "validate", "--config", path],
            check=False,
            capture_output=True,
            text=True,
        )
        assert judged.returncode == 0, f"{labels}: {judged.stderr}\n{body.decode()}"


def every_kind_of_agent(fleet: Fleet) -> Iterator[dict[str, str]]:
    """Every combination of the values that selectors tell apart, or none of them."""
    values: dict[str, set[str | None]] = {}
    selectors = [group.selector for group in fleet.groups.values()]
    selectors += [config.selector for config in fleet.configs.values()]
    for requirement in itertools.chain(*(one.requirements for one in selectors)):
        values.setdefault(requirement.key, {None}).update(requirement.values)
    for chosen in itertools.product(*values.values()):
        pairs = zip(values, chosen, strict=True)
        yield {key: value for key, value in pairs if value is not None}
