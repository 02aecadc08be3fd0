import time

import pytest

from reconciler.errors import Where
from reconciler.fleet.findings import Report
from reconciler.fleet.reading import fleetignore, parse
from reconciler.fleet.reading.fleetignore import Ignored
from reconciler.fleet.snapshot import RefusedFile
from tests.fleet.conftest import MakeFleet, MakeSnapshot
from tests.fleet.reading.test_parse import GOOD, GROUP


@pytest.fixture
def read(snapshot_of: MakeSnapshot) -> "Read":
    return Read(snapshot_of)


class Read:
    """Reads patterns, and keeps what was wrong with them."""

    def __init__(self, snapshot_of: MakeSnapshot) -> None:
        self._snapshot_of = snapshot_of
        self.report = Report()

    def __call__(self, text: str | bytes) -> Ignored:
        return fleetignore.read(self._snapshot_of({".fleetignore": text}), self.report)

    @property
    def messages(self) -> list[str]:
        return [str(found) for found in self.report.findings]


def test_patterns_mean_what_they_mean_to_git(read: Read) -> None:
    ignored = read(
        "# templates\n\n*.tmpl.yaml\n/charts/\n!keep.tmpl.yaml\nci/**/x.yaml\r\n"
    )
    assert read.messages == []
    assert ignored.by("a/b.tmpl.yaml") == Where(".fleetignore", 3, 1)
    assert ignored.by("charts/x/values.yaml") == Where(".fleetignore", 4, 1)
    assert ignored.by("ci/a/b/x.yaml") == Where(".fleetignore", 6, 1)
    assert ignored.by("a/keep.tmpl.yaml") is None
    assert ignored.by("teams/charts/x.yaml") is None


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("!", "cannot be read"),
        ("\\", "cannot be read"),
        ("[a", "cannot match anything"),
        ("/", "cannot match anything"),
        ("*a*b*c", "holds a name of more than 2 stars"),
        ("*/*/**/*/*.yaml", "holds more than 4 stars"),
        ("a" * 300, "is longer than 200 characters"),
    ],
)
def test_a_pattern_that_means_nothing_is_an_error_with_its_line(
    read: Read, pattern: str, what: str
) -> None:
    ignored = read(f"*.tmpl.yaml\n{pattern}\n")
    (message,) = read.messages
    assert message == f".fleetignore:2:1: error E004: the pattern `{pattern}` {what}"
    assert ignored.by("x.tmpl.yaml")


def test_patterns_have_a_bounded_number(read: Read) -> None:
    read("a.yaml\n" * 101)
    assert read.messages == [".fleetignore:101:1: error E004: more than 100 patterns"]


def test_what_is_no_text_is_an_error(read: Read) -> None:
    read(b"\xff")
    assert "not UTF-8" in read.messages[0]


def test_a_hostile_path_costs_little(read: Read) -> None:
    ignored = read("x*x*y\n" * 100)
    started = time.process_time()
    for name in range(20):
        assert ignored.by("x" * 255 + f"{name}.yaml") is None
    assert time.process_time() - started < 2


def test_ignored_files_are_no_documents_and_may_not_be_named(
    fleet_of: MakeFleet,
) -> None:
    broken = GROUP.replace("selector", "selecter")
    fleet = fleet_of(GOOD | {"old/a.yaml": broken, ".fleetignore": "old/\n"})
    assert fleet.findings == ()
    assert list(fleet.groups) == []
    fleet = fleet_of(GOOD | {".fleetignore": "# none\ncollector.yaml\n"})
    (found,) = fleet.findings
    assert (found.rule, str(found.where)) == ("E007", "fleet.yaml:10:11")
    assert (
        found.message == "`collector.yaml` is ignored by the line at .fleetignore:2:1"
    )


def test_the_list_itself_is_neither_a_document_nor_config(fleet_of: MakeFleet) -> None:
    naming = GOOD["fleet.yaml"].replace("collector.yaml", ".fleetignore")
    fleet = fleet_of({"fleet.yaml": naming, ".fleetignore": "x.yaml\n"})
    assert [found.message for found in fleet.findings] == [
        "there is no file `.fleetignore`"
    ]


def test_a_list_that_cannot_be_read_keeps_the_whole_revision_back(
    fleet_of: MakeFleet, snapshot_of: MakeSnapshot
) -> None:
    fleet = fleet_of(GOOD | {".fleetignore": "[\n"})
    assert [found.rule for found in fleet.fatal] == ["E004"]
    refused = {".fleetignore": RefusedFile(".fleetignore", "a link", "copy it")}
    report = Report()
    fleetignore.read(snapshot_of(GOOD, refused=refused), report)
    (found,) = report.findings
    assert str(found) == ".fleetignore: error E007: not read: a link"


def test_a_refused_file_that_is_ignored_is_none_of_our_business(
    snapshot_of: MakeSnapshot,
) -> None:
    refused = {"old/a.yaml": RefusedFile("old/a.yaml", "a link", "copy it")}
    snapshot = snapshot_of(GOOD | {".fleetignore": "old/\n"}, refused=refused)
    assert parse.parse(snapshot).findings == ()
