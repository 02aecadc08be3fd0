"""`reconciler schema`: what an editor is told."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.cli.exits import Exit
from reconciler.fleet.documents import Kind
from reconciler.fleet.reading import schemas
from tests.cli.conftest import Run


def test_without_a_kind_one_schema_is_for_every_document(run: Run) -> None:
    result = run("schema")
    assert (result.code, result.err) == (Exit.OK, "")
    document = json.loads(result.out)
    Draft202012Validator.check_schema(document)
    assert document == schemas.every()
    assert set(document["$defs"]) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_a_schema_of_its_own(run: Run, kind: Kind) -> None:
    document = json.loads(run("schema", kind).out)
    assert document["title"] == kind
    assert document["properties"]["kind"] == {"const": kind}


def test_a_misspelt_kind_is_wrong_usage(run: Run) -> None:
    result = run("schema", "AgentGrop")
    assert (result.code, result.out) == (Exit.USAGE, "")
    assert "did you mean `AgentGroup`?" in result.err


def test_the_schema_of_a_repo_does_not_disturb_it(run: Run, fleet_repo: Path) -> None:
    (fleet_repo / schemas.FILE).write_text(run("schema").out)
    base = fleet_repo / "base.yaml"
    line = f"# yaml-language-server: $schema={schemas.FILE}\n"
    base.write_text(line + base.read_text())
    result = run("lint", fleet_repo)
    assert (result.code, result.out) == (Exit.OK, "")
