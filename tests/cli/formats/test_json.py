import json

import pytest
from hypothesis import given

from reconciler.cli.formats import json as format_json
from reconciler.cli.formats.checked import Checked
from reconciler.errors import Where
from reconciler.fleet.findings import Reach
from tests.cli.formats import findings
from tests.cli.formats.findings import checked, finding


def test_a_finding_is_an_object_that_begins_with_what_everybody_needs() -> None:
    found = finding(
        hint="did you mean `otlp`?",
        also=(Where("c.yaml"),),
        reach=Reach(("edge",), 3),
    )
    assert json.loads(format_json.render(checked(found))) == [
        {
            "rule": "E010",
            "severity": "error",
            "message": "`otpl` is not defined",
            "file": "b.yaml",
            "line": 2,
            "column": 3,
            "hint": "did you mean `otlp`?",
            "also": [{"file": "c.yaml", "line": 1, "column": 1}],
            "groups": ["edge"],
            "agents": 3,
        }
    ]


def test_nothing_found_is_an_empty_array() -> None:
    assert json.loads(format_json.render(Checked(()))) == []


@pytest.mark.parametrize("path", ["a\nb.yaml", "日本.yaml", "::%.yaml"])
def test_a_path_can_be_opened_as_it_is(path: str) -> None:
    [document] = json.loads(format_json.render(checked(finding(path=path))))
    assert document["file"] == path


@given(findings.outcomes())
def test_whatever_is_found_has_the_same_shape(outcome: Checked) -> None:
    documents = json.loads(format_json.render(outcome))
    assert len(documents) == len(outcome.findings)
    for document in documents:
        keys = list(document)[:6]
        assert keys == ["rule", "severity", "message", "file", "line", "column"]
        assert document["line"] >= 1
        assert document["column"] >= 1
        assert document["message"].isprintable()
