import pytest

from reconciler.fleet.reading import named
from reconciler.fleet.syntax.yaml import CAPS
from tests.fleet.conftest import MakeSnapshot

CONFIG = (
    "apiVersion: reconciler/v1\nkind: CollectorConfig\nmetadata: {{name: one}}\n"
    "spec: {{selector: {{}}, {spec}}}\n"
)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("entry: a, files: [a.json, b.yaml]", {"docs/a.json"}),
        ("entry: a, files: [sub/./a.conf]", {"docs/sub/a.conf"}),
        ("files: [a.json]", set()),
        ("entry: a, files: [../a.json, /a, 1]", {"docs/1"}),
        ("entry: a, config: {files: [a.json]}", set()),
        ("entry: a, files: a.json", set()),
    ],
)
def test_what_named_entries_name_and_is_not_there_is_asked_for(
    snapshot_of: MakeSnapshot, spec: str, expected: set[str]
) -> None:
    files = {"docs/one.yaml": CONFIG.format(spec=spec), "docs/b.yaml": "b: 1\n"}
    assert named.others(snapshot_of(files), CAPS) == expected


def test_files_that_are_no_yaml_and_documents_of_others_name_nothing(
    snapshot_of: MakeSnapshot,
) -> None:
    good = CONFIG.format(spec="entry: a, files: [a.json]")
    files = {
        "broken.yaml": good + "]",
        "other.yaml": good.replace("CollectorConfig", "Other"),
        "list.yaml": "- entry\n- files\n",
    }
    assert named.others(snapshot_of(files), CAPS) == set()
