"""Which changes of files can matter to a fleet."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.reading import extent, parse
from tests.fleet.conftest import MakeSnapshot
from tests.fleet.reading.test_parse import CONFIG, GOOD

IGNORE = "*.tmpl.yaml\n/charts/\n!keep.tmpl.yaml\n"


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], False),
        (["fleet.yaml"], True),
        (["collector.yaml"], True),
        (["new/config.yml"], True),
        (["a.tmpl.yaml", "charts/x/values.yaml"], False),
        (["a.tmpl.yaml", "keep.tmpl.yaml"], True),
        ([".fleetignore"], True),
    ],
)
def test_what_is_not_ignored_can_matter(
    snapshot_of: MakeSnapshot, paths: list[str], *, expected: bool
) -> None:
    snapshot = snapshot_of(GOOD | {".fleetignore": IGNORE})
    assert extent.is_touched(snapshot, paths) is expected


def test_without_patterns_everything_can_matter(snapshot_of: MakeSnapshot) -> None:
    assert extent.is_touched(snapshot_of(GOOD), ["a.tmpl.yaml"])


def test_patterns_matter_even_where_they_ignore_themselves(
    snapshot_of: MakeSnapshot,
) -> None:
    assert extent.is_touched(snapshot_of({".fleetignore": "*"}), [".fleetignore"])


def test_patterns_that_cannot_be_read_ignore_nothing(snapshot_of: MakeSnapshot) -> None:
    snapshot = snapshot_of(GOOD | {".fleetignore": b"\xff*"})
    assert extent.is_touched(snapshot, ["a.yaml"])


@given(
    pattern=st.sampled_from(["*", "a/", "/a", "*.yml", "b.yaml", "!b.yaml\na", ""]),
    path=st.sampled_from(["b.yaml", "a/b.yaml", "a/c.yml", "b/a/d.yaml"]),
    text=st.sampled_from(["", "x: 1\n", "kind: [\n", "reconciler/v1: {", CONFIG]),
)
def test_a_change_that_cannot_matter_makes_no_other_fleet(
    snapshot_of: MakeSnapshot, pattern: str, path: str, text: str
) -> None:
    files = GOOD | {".fleetignore": f"{pattern}\n"}
    head = snapshot_of(files)
    other = snapshot_of(files | {path: text})
    same = parse.parse(head) == replace(parse.parse(other), revision=head.revision)
    assert same or extent.is_touched(head, [path])
