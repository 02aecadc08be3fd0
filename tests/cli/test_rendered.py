"""`reconciler render --all`: a folder to commit to a branch."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli import rendered
from reconciler.cli.exits import Exit
from reconciler.cli.rendered import INDEX
from reconciler.fleet.population import possible
from tests.cli.conftest import Run
from tests.toy_fleet import config, fleet

AGENTS = "name,role\ngateway-2,gateway\ngateway-1,gateway\nnode-1,node\n"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "rendered"


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def index(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / INDEX).read_bytes())
    return found


def test_every_config_is_a_file_named_after_its_documents(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    result = run("render", fleet_repo, "--all", "--out", out)
    assert (result.code, result.out) == (Exit.OK, "")
    assert sorted(files(out)) == ["base.yaml", "base_gateway.yaml", INDEX]
    alone = run("render", fleet_repo, "-l", "role=gateway").out
    assert (out / "base_gateway.yaml").read_text() == alone
    assert [(one["files"], one["labels"]) for one in index(out)["configs"]] == [
        (["base.yaml"], ["no labels"]),
        (["base_gateway.yaml"], ["role=gateway"]),
    ]


def test_known_agents_are_listed_with_what_they_get(
    run: Run, fleet_repo: Path, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "agents.csv").write_text(AGENTS)
    words = ("--all", "--out", out, "--agents", tmp_path / "agents.csv")
    assert run("render", fleet_repo, *words).code == Exit.OK
    gateways = index(out)["configs"][1]
    assert gateways["agents"] == ["gateway-1", "gateway-2"]
    assert gateways["groups"] == ["gateways"]
    assert len(gateways["hash"]) == 64


def test_the_same_repo_gives_the_same_bytes_and_touches_nothing(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    run("render", fleet_repo, "--all", "--out", out)
    first = files(out)
    os.utime(out / "base.yaml", (1, 1))
    run("render", fleet_repo, "--all", "--out", out)
    assert files(out) == first
    assert (out / "base.yaml").stat().st_mtime == 1


def test_what_is_no_longer_rendered_goes_and_what_others_wrote_stays(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    run("render", fleet_repo, "--all", "--out", out)
    (out / "README.md").write_text("mine")
    base = fleet_repo / "base.yaml"
    base.write_text(base.read_text().partition("---")[0])
    assert run("render", fleet_repo, "--all", "--out", out).code == Exit.OK
    assert sorted(files(out)) == ["README.md", "base.yaml", INDEX]


def test_a_branch_that_holds_only_git_is_empty(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    (out / ".git").mkdir(parents=True)
    assert run("render", fleet_repo, "--all", "--out", out).code == Exit.OK


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", "mine"),
        (INDEX, "{}"),
        (INDEX, "no json"),
        (INDEX, '{"writtenBy": "me", "configs": []}'),
        (INDEX, '{"writtenBy": "reconciler render --all", "configs": 3}'),
    ],
)
def test_a_folder_of_others_is_left_alone(
    run: Run, fleet_repo: Path, out: Path, name: str, content: str
) -> None:
    out.mkdir()
    (out / name).write_text(content)
    result = run("render", fleet_repo, "--all", "--out", out)
    assert result.code == Exit.ERROR
    assert f"holds {name}" in result.err
    assert files(out) == {name: content.encode()}


def test_a_file_of_others_is_not_written_over(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    base = fleet_repo / "base.yaml"
    whole = base.read_text()
    base.write_text(whole.partition("---")[0])
    run("render", fleet_repo, "--all", "--out", out)
    (out / "base_gateway.yaml").write_text("mine")
    base.write_text(whole)
    assert run("render", fleet_repo, "--all", "--out", out).code == Exit.ERROR
    assert (out / "base_gateway.yaml").read_text() == "mine"


def test_an_index_cannot_have_files_removed_outside_of_the_folder(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    run("render", fleet_repo, "--all", "--out", out)
    victim = out.parent / "victim.yaml"
    victim.write_text("mine")
    forged = index(out)
    forged["configs"][0]["files"] += ["../victim.yaml", str(victim), ".git", "a/b.yaml"]
    (out / INDEX).write_text(json.dumps(forged))
    assert run("render", fleet_repo, "--all", "--out", out).code == Exit.OK
    assert victim.read_text() == "mine"


def test_links_are_replaced_and_not_followed(
    run: Run, fleet_repo: Path, out: Path, tmp_path: Path
) -> None:
    run("render", fleet_repo, "--all", "--out", out)
    victim = tmp_path / "victim.yaml"
    victim.write_text("mine")
    (out / "base.yaml").unlink()
    (out / "base.yaml").symlink_to(victim)
    run("render", fleet_repo, "--all", "--out", out)
    assert victim.read_text() == "mine"
    assert not (out / "base.yaml").is_symlink()


BRIDGE = """\
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: bridge}
spec: {selector: {}, entry: ns/bridge, config: {a: 1}}
---
apiVersion: reconciler/v1
kind: CollectorConfig
metadata: {name: twin}
spec: {selector: {}, entry: ns-bridge, config: {a: 2}}
"""


def test_every_entry_is_a_file_of_its_own(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    base = fleet_repo / "base.yaml"
    base.write_text(base.read_text() + BRIDGE)
    run("render", fleet_repo, "--all", "--out", out)
    listed = index(out)["configs"][0]["files"]
    assert len(set(listed)) == 3
    assert all((out / name).is_file() for name in listed)
    values = [yaml.safe_load((out / name).read_bytes()) for name in listed[1:]]
    assert sorted(value["a"] for value in values) == [1, 2]


def test_a_file_is_called_by_what_it_holds(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    base = fleet_repo / "base.yaml"
    more = BRIDGE.replace("config: {a: 1}", "files: [a.json]").replace(
        "config: {a: 2}", "files: [a.conf]"
    )
    base.write_text(base.read_text() + more)
    (fleet_repo / "a.json").write_text("{}\n".replace("{}", '{"a": 1}'))
    (fleet_repo / "a.conf").write_text("a = 2\n")
    run("render", fleet_repo, "--all", "--out", out)
    listed = index(out)["configs"][0]["files"]
    endings = [name.rpartition(".")[2] for name in listed]
    assert sorted(endings) == ["json", "txt", "yaml"]
    again = run("render", fleet_repo, "--all", "--out", out)
    assert again.code == 0
    base.write_text(base.read_text().replace(more, ""))
    run("render", fleet_repo, "--all", "--out", out)
    assert {path.suffix for path in out.iterdir()} == {".yaml", ".json"}
    assert len(list(out.glob("*.json"))) == 1


VARIABLES = """\
---
apiVersion: reconciler/v1
kind: Variables
metadata: {name: slow}
spec: {selector: {matchLabels: {site: oslo}}, values: {size: 1}}
---
apiVersion: reconciler/v1
kind: Variables
metadata: {name: fast}
spec: {selector: {matchLabels: {site: bergen}}, values: {size: 2}}
"""


def test_configs_of_the_same_documents_are_told_apart_by_their_hash(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    base = fleet_repo / "base.yaml"
    text = base.read_text().replace("8192", "{$var: size}") + VARIABLES
    base.write_text(text)
    result = run("render", fleet_repo, "--all", "--out", out)
    assert result.code == Exit.OK, result.err
    names = sorted(name for name in files(out) if name.startswith("base_gateway"))
    assert len(names) == 2
    hashes = {one["hash"][:12] for one in index(out)["configs"]}
    assert all(name.removeprefix("base_gateway-")[:12] in hashes for name in names)
    assert index(out)["heldBack"]


def test_agents_that_are_held_back_are_listed_and_end_in_findings(
    run: Run, fleet_repo: Path, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "agents.csv").write_text(AGENTS)
    base = fleet_repo / "base.yaml"
    base.write_text(base.read_text().replace("priority: 10", "priority: high"))
    words = ("--all", "--out", out, "--agents", tmp_path / "agents.csv")
    assert run("render", fleet_repo, *words).code == Exit.FINDINGS
    held = index(out)["heldBack"]
    assert [one["name"] for one in held] == ["gateway-1", "gateway-2"]
    assert held[0]["by"][0].startswith("base.yaml:")
    assert sorted(files(out)) == ["base.yaml", INDEX]


def test_a_repo_that_would_be_refused_writes_nothing(
    run: Run, fleet_repo: Path, out: Path
) -> None:
    (fleet_repo / "fleet.yaml").write_text("apiVersion: reconciler/v1\nkind: Flet\n")
    assert run("render", fleet_repo, "--all", "--out", out).code == Exit.FINDINGS
    assert not out.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--all",),
        ("--out", "x"),
        ("--all", "--out", "x", "-l", "a=b"),
        ("--all", "--out", "x", "--agent", "a"),
        ("--agent", "a"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    run: Run, fleet_repo: Path, words: tuple[str, ...]
) -> None:
    assert run("render", fleet_repo, *words).code == Exit.USAGE


def test_one_known_agent_can_be_rendered(
    run: Run, fleet_repo: Path, tmp_path: Path
) -> None:
    (tmp_path / "agents.csv").write_text(AGENTS)
    words = ("--agents", tmp_path / "agents.csv", "--agent", "gateway-1")
    assert run("render", fleet_repo, *words) == run(
        "render", fleet_repo, "-l", "role=gateway"
    )


def test_long_names_are_cut_and_have_a_hash() -> None:
    documents = [config(one * 60, one, priority=ord(one)) for one in "abc"]
    agents, _ = possible(fleet("c1", *documents))
    made = rendered.of(fleet("c1", *documents), agents, known=False)
    [name] = (name for name in made.files if name != INDEX)
    assert name.startswith("a" * 60 + "_b")
    assert len(name) < 150
