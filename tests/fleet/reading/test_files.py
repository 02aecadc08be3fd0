import pytest

from reconciler.errors import Where
from reconciler.fleet.findings import Fault
from reconciler.fleet.reading.files import Cache, Files
from reconciler.fleet.snapshot import RefusedFile
from reconciler.fleet.syntax.nodes import plain
from reconciler.fleet.syntax.yaml import Caps
from tests.fleet.conftest import MakeSnapshot

DOCUMENT = Where("roles/gateway.yaml", 5, 12)


@pytest.fixture
def files(snapshot_of: MakeSnapshot) -> Files:
    return Files(
        snapshot_of(
            {
                "roles/gateway.yaml": "a: 1",
                "roles/otlp.collector.yaml": "b: 1",
                "roles/deep/er.yml": "c: 1",
                "root.yaml": "d: 1",
                "notes.txt": "",
                "bad.yaml": "a: [",
            },
            refused={
                "roles/link.yaml": RefusedFile(
                    "roles/link.yaml", "a symlink", "copy it"
                )
            },
        )
    )


def test_yaml_files_are_found_by_their_suffix_in_order_of_path(files: Files) -> None:
    assert [file.path for file in files.yaml()] == [
        "bad.yaml",
        "roles/deep/er.yml",
        "roles/gateway.yaml",
        "roles/otlp.collector.yaml",
        "root.yaml",
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("otlp.collector.yaml", "roles/otlp.collector.yaml"),
        ("./otlp.collector.yaml", "roles/otlp.collector.yaml"),
        ("deep/er.yml", "roles/deep/er.yml"),
    ],
)
def test_names_are_relative_to_the_documents_folder(
    files: Files, name: str, path: str
) -> None:
    assert files.named(name, DOCUMENT).path == path


def test_a_document_in_the_root_names_files_below_it(files: Files) -> None:
    named = files.named("roles/deep/er.yml", Where("fleet.yaml", 1, 1))
    assert named.path == "roles/deep/er.yml"


@pytest.mark.parametrize(
    "name",
    ["../root.yaml", "deep/../../root.yaml", "..", "/etc/passwd", "", "a\\b", "a\x00b"],
)
def test_names_that_leave_the_folder_are_refused(files: Files, name: str) -> None:
    with pytest.raises(Fault) as caught:
        files.named(name, DOCUMENT)
    assert caught.value.finding.rule == "E007"
    assert caught.value.where == DOCUMENT


def test_a_refused_file_is_an_error_with_its_reason(files: Files) -> None:
    with pytest.raises(Fault) as caught:
        files.named("link.yaml", DOCUMENT)
    assert caught.value.message == "`link.yaml` is not read: a symlink"
    assert caught.value.hint == "copy it"
    assert files.refused == {"roles/link.yaml"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("otlp.colector.yaml", "did you mean `otlp.collector.yaml`?"),
        ("er.yml", "did you mean `deep/er.yml`?"),
        (
            "zzz.toml",
            "is it there? Other files than YAML are read for a named `entry`",
        ),
        (
            "zzz.yaml",
            "paths are relative to the folder of the document that names them",
        ),
    ],
)
def test_a_missing_file_is_an_error_with_the_nearest_name(
    files: Files, name: str, hint: str
) -> None:
    with pytest.raises(Fault) as caught:
        files.named(name, DOCUMENT)
    assert caught.value.message == f"there is no file `roles/{name}`"
    assert caught.value.hint == hint


def test_only_the_first_missing_files_are_worth_a_search(files: Files) -> None:
    for _ in range(20):
        with pytest.raises(Fault):
            files.named("otlp.colector.yaml", DOCUMENT)
    with pytest.raises(Fault) as caught:
        files.named("otlp.colector.yaml", DOCUMENT)
    assert caught.value.hint == (
        "paths are relative to the folder of the document that names them"
    )


def test_a_fault_of_a_file_is_told_every_time(files: Files) -> None:
    bad = next(files.yaml())
    for _ in range(2):
        with pytest.raises(Fault, match=r"bad\.yaml"):
            files.compose(bad)


def test_a_cache_keeps_equal_files_from_one_snapshot_to_the_next(
    snapshot_of: MakeSnapshot,
) -> None:
    cache = Cache()
    files = Files(snapshot_of({"a.yaml": "a: 1", "b.yaml": "b: 1"}), cache)
    first = {file.path: files.compose(file) for file in files.yaml()}
    again = Files(snapshot_of({"a.yaml": "a: 1", "b.yaml": "b: 2"}), cache)
    second = {file.path: again.compose(file) for file in again.yaml()}
    assert second["a.yaml"] is first["a.yaml"]
    assert [plain(document) for document in second["b.yaml"]] == [{"b": 2}]


def test_a_cache_forgets_what_the_last_snapshot_did_not_use(
    snapshot_of: MakeSnapshot,
) -> None:
    cache = Cache()
    for content in ({"a.yaml": "a: 1", "b.yaml": "b: 1"}, {"b.yaml": "b: 1"}):
        files = Files(snapshot_of(content), cache)
        for file in files.yaml():
            files.compose(file)
    assert [path for path, *_ in cache.composed] == ["b.yaml"]


def test_a_cache_tells_equal_content_at_two_paths_apart(
    snapshot_of: MakeSnapshot,
) -> None:
    files = Files(snapshot_of({"a.yaml": "a: 1", "b.yaml": "a: 1"}), Cache())
    paths = [files.compose(file)[0].where.path for file in files.yaml()]
    assert paths == ["a.yaml", "b.yaml"]


def test_all_files_together_are_capped_the_same_with_a_cache_and_without(
    snapshot_of: MakeSnapshot,
) -> None:
    cache, caps = Cache(), Caps(total_nodes=7)
    for content in ({"a.yaml": "a: 1", "b.yaml": "b: 1"}, {"b.yaml": "b: 1"}):
        files = Files(snapshot_of(content), cache, caps=caps)
        assert [len(files.compose(file)) for file in files.yaml()]
    three = {f"{name}.yaml": "a: 1" for name in "abc"}
    for kept in (cache, None):
        files = Files(snapshot_of(three), kept, caps=caps)
        *good, last = files.yaml()
        assert all(files.compose(file) for file in good)
        with pytest.raises(Fault, match="more than 7 nodes in all files") as caught:
            files.compose(last)
        assert "RECONCILER_LIMITS__TOTAL_NODES" in (caught.value.hint or "")
        with pytest.raises(Fault, match="more than 7 nodes in all files"):
            files.compose(last)
        assert files.compose(good[0])


def test_what_was_read_of_a_document_stands_while_its_files_do(
    snapshot_of: MakeSnapshot,
) -> None:
    at, cache = Where("fleet.yaml", 1, 1), Cache()
    first = Files(snapshot_of({"a.yaml": "a: 1"}), cache)
    first.compose(first.named("a.yaml", at))
    with pytest.raises(Fault):
        first.named("gone.yaml", at)
    good, gone = first.asked
    again = Files(snapshot_of({"a.yaml": "a: 1", "gone.yaml": ""}), cache)
    assert again.stand([good])
    assert not again.stand([good, gone])
    assert [path for path, *_ in cache.composed] == ["a.yaml"]
    assert not Files(snapshot_of({"a.yaml": "a: 2"}), cache).stand([good])
    assert not Files(snapshot_of({}), cache).stand([good])
