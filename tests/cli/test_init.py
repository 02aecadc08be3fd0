"""`reconciler init`: a fleet repo that is right from the first moment."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from reconciler.cli import init
from reconciler.cli.exits import Exit
from reconciler.fleet.documents import Kind
from tests.cli.conftest import Run

SCHEMA = "fleet.schema.json"
SHORT = 150


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    written = tmp_path / "new" / "fleet"
    assert run("init", written).code == Exit.OK
    return written


def test_it_says_what_it_wrote_and_what_to_do_next(run: Run, tmp_path: Path) -> None:
    result = run("init", tmp_path)
    assert result.lines == [str(tmp_path / name) for name in [*init.FILES, SCHEMA]]
    for verb in ("lint", "test", "render", "explain", "serve"):
        assert f"  reconciler {verb} " in result.err


def test_what_it_writes_lints_without_a_finding(run: Run, folder: Path) -> None:
    linted = run("lint", folder)
    assert (linted.code, linted.out) == (Exit.OK, "")
    assert linted.err.startswith("no faults in ")


def test_what_it_writes_passes_its_own_test(run: Run, folder: Path) -> None:
    tested = run("test", folder)
    assert tested.code == Exit.OK
    assert tested.err == "1 test, 0 failed\n"


def test_every_command_it_proposes_works(run: Run, tmp_path: Path) -> None:
    proposed = run("init", tmp_path).err.splitlines()[1:]
    words = [line.split()[1:] for line in proposed if " serve " not in line]
    assert [run(*one).code for one in words] == [Exit.OK] * len(words)


def test_a_gateway_gets_the_variable_and_the_processor_before_the_batch(
    run: Run, folder: Path
) -> None:
    rendered = run("render", folder, "-l", "role=gateway")
    config = yaml.safe_load(rendered.out)
    assert config["processors"]["batch"]["send_batch_size"] == 8192
    traces = config["service"]["pipelines"]["traces"]
    assert traces["processors"] == ["resource/gateway", "batch"]
    assert rendered.err.startswith("group gateways: base < gateway ")


def test_every_kind_is_shown_but_those_for_bigger_fleets() -> None:
    kinds = {
        document["kind"]
        for name, content in init.FILES.items()
        if name.endswith(".yaml") and ".collector." not in name
        for document in yaml.safe_load_all(content)
    }
    assert kinds == {*Kind} - {Kind.INVENTORY, Kind.DISTRIBUTION}


def test_every_file_explains_itself_and_all_of_them_are_soon_read() -> None:
    assert all(content.startswith("# ") for content in init.FILES.values())
    assert sum(content.count("\n") for content in init.FILES.values()) < SHORT


def test_files_of_documents_begin_with_their_schema_and_meet_it(folder: Path) -> None:
    schema = json.loads((folder / SCHEMA).read_text())
    documents = [
        path for path in folder.glob("*.yaml") if ".collector." not in path.name
    ]
    assert documents
    for path in documents:
        text = path.read_text()
        assert text.startswith(f"# yaml-language-server: $schema={SCHEMA}\n# ")
        for document in yaml.safe_load_all(text):
            jsonschema.validate(document, schema)


def test_the_schema_is_the_one_that_the_command_prints(run: Run, folder: Path) -> None:
    assert (folder / SCHEMA).read_text() == run("schema").out


@pytest.mark.parametrize("name", [*init.FILES, SCHEMA])
def test_it_overwrites_nothing_and_then_writes_nothing(
    run: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("mine")
    result = run("init", tmp_path)
    assert result.code == Exit.ERROR
    assert str(tmp_path / name) in result.err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_dangling_symlink_is_not_written_through(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fleet.yaml").symlink_to(tmp_path / "elsewhere")
    assert run("init", tmp_path).code == Exit.ERROR
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_in_the_place_of_the_folder_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "fleet").write_text("")
    result = run("init", tmp_path / "fleet" / "inside")
    assert result.code == Exit.ERROR
    assert "cannot write" in result.err
