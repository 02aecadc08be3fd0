import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from reconciler.ids import CommitSha, Revision
from reconciler.source import environment
from reconciler.source.limits import Limits
from reconciler.source.source import Failed, Fetched, Held, Moved
from tests.support.git_http import Faults, GitHttp
from tests.support.git_repo import (
    FILE,
    FOLDER,
    LINK,
    PROGRAM,
    SUBMODULE,
    GitRepo,
    TreeLine,
)

if TYPE_CHECKING:
    from tests.source.conftest import MakeSource

FILES = {"fleet.yaml": b"x" * 3000}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "git"


def revision(fetched: Fetched) -> Revision:
    assert isinstance(fetched, Moved), fetched
    return fetched.snapshot.revision


def refused(fetched: Fetched) -> dict[str, str]:
    assert isinstance(fetched, Moved), fetched
    return {path: one.reason for path, one in fetched.snapshot.refused.items()}


def mirror_of(folder: Path) -> Path:
    (found,) = folder.glob("*.git")
    return found


def leftovers(folder: Path) -> list[Path]:
    patterns = ("**/tmp_*", "**/*.lock", "**/shallow_*")
    return [path for pattern in patterns for path in folder.glob(pattern)]


# Transfers that break


@pytest.mark.parametrize("after", [0, 1, 40, 300, 1500, 2000])
def test_a_transfer_cut_anywhere_leaves_nothing_and_the_next_one_is_whole(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource", folder: Path, after: int
) -> None:
    repo.commit({f"{n}.yaml": os.urandom(200) for n in range(10)})
    source = make_source(http.url("fleet.git"))
    http.faults = Faults(cut_after=after, only="/git-upload-pack")
    fetched = source.fetch(None, accepted=None)
    assert isinstance(fetched, Failed), fetched
    assert fetched.hint
    assert leftovers(folder) == []
    http.heal()
    commit = repo.tip()
    assert revision(source.fetch(None, accepted=None)).commit == commit


def test_a_transfer_killed_at_the_deadline_leaves_nothing(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource", folder: Path
) -> None:
    repo.commit({"fleet.yaml": os.urandom(900_000)})
    source = make_source(http.url("fleet.git"), timeout=1.0)
    http.before_pack = lambda body: stall_on_fetch(http, body)
    fetched = source.fetch(None, accepted=None)
    assert isinstance(fetched, Failed)
    assert fetched.message == "Git was not done within 1 s"
    assert leftovers(folder) == []


def stall_on_fetch(http: GitHttp, body: bytes) -> None:
    if b"command=fetch" in body:
        http.faults = Faults(stall_after=300_000)


def test_leftovers_of_a_crash_are_swept_away(
    repo: GitRepo, make_source: "MakeSource", folder: Path
) -> None:
    repo.commit(FILES)
    source = make_source()
    first = revision(source.fetch(None, accepted=None))
    mirror = mirror_of(folder)
    names = (
        "shallow.lock",
        "refs/source/head.lock",
        "objects/pack/tmp_pack_X",
        "objects/ab/tmp_obj_X",
    )
    for name in names:
        (mirror / name).parent.mkdir(exist_ok=True)
        (mirror / name).touch()
    commit = repo.commit({"fleet.yaml": b"two"})
    assert revision(source.fetch(first, accepted=first)).commit == commit
    assert leftovers(folder) == []


def test_a_repository_over_the_limit_for_one_fetch_is_told(
    repo: GitRepo, make_source: "MakeSource", folder: Path
) -> None:
    repo.commit({f"{n}.yaml": os.urandom(20_000) for n in range(150)})
    source = make_source(limits=Limits(pack_bytes=1024 * 1024))
    fetched = source.fetch(None, accepted=None)
    assert isinstance(fetched, Failed)
    assert fetched.message == "the repository is bigger than the limit for one fetch"
    assert leftovers(folder) == []


# Mirrors that break


def empty_the_loose_objects(mirror: Path) -> None:
    for path in (mirror / "objects").glob("??/*"):
        path.chmod(0o600)
        path.write_bytes(b"")


def cut_the_packs(mirror: Path) -> None:
    for path in (mirror / "objects" / "pack").glob("*.pack"):
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:60])


def remove_the_objects(mirror: Path) -> None:
    shutil.rmtree(mirror / "objects")


def garble_the_config(mirror: Path) -> None:
    (mirror / "config").write_bytes(b"[core\n\x00")


def empty_the_ref(mirror: Path) -> None:
    (mirror / "refs" / "source" / "head").write_bytes(b"")


def remove_the_head(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


def put_a_file_in_its_place(mirror: Path) -> None:
    shutil.rmtree(mirror)
    mirror.write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [
        empty_the_loose_objects,
        cut_the_packs,
        remove_the_objects,
        garble_the_config,
        empty_the_ref,
        remove_the_head,
        put_a_file_in_its_place,
    ],
)
def test_a_damaged_mirror_is_fetched_anew(
    repo: GitRepo, make_source: "MakeSource", folder: Path, damage: "Damage"
) -> None:
    source = make_source()
    repo.commit({f"{n}.yaml": os.urandom(100) for n in range(120)})
    packed = revision(source.fetch(None, accepted=None))
    repo.commit({f"{n}.yaml": os.urandom(100) for n in range(20)})
    first = revision(source.fetch(packed, accepted=packed))
    damage(mirror_of(folder))
    commit = repo.commit({"fleet.yaml": b"two"})
    assert revision(source.fetch(first, accepted=first)).commit == commit


if TYPE_CHECKING:
    from collections.abc import Callable

    Damage = Callable[[Path], None]


def test_throwing_a_damaged_mirror_away_is_logged(
    repo: GitRepo, make_source: "MakeSource", folder: Path
) -> None:
    repo.commit(FILES)
    source = make_source()
    first = revision(source.fetch(None, accepted=None))
    garble_the_config(mirror_of(folder))
    repo.commit({"fleet.yaml": b"two"})
    with capture_logs() as logs:
        revision(source.fetch(first, accepted=first))
    assert [line["event"] for line in logs] == ["mirror is damaged, fetching anew"]


def test_a_blob_that_changed_on_disk_is_noticed_before_it_is_used(
    repo: GitRepo, make_source: "MakeSource", folder: Path
) -> None:
    source = make_source()
    repo.commit(FILES)
    first = revision(source.fetch(None, accepted=None))
    other = repo.blob(b"y" * 3000)
    forge(repo, mirror_of(folder), repo.git("rev-parse", "main:fleet.yaml"), other)
    repo.commit(FILES | {"other.yaml": b"z"})
    fetched = source.fetch(first, accepted=first)
    assert isinstance(fetched, Moved)
    assert fetched.snapshot.files["fleet.yaml"].content == FILES["fleet.yaml"]


def forge(repo: GitRepo, mirror: Path, blob: str, other: str) -> None:
    """Put the content of another blob of the repository in place of one."""
    (pack,) = (mirror / "objects" / "pack").glob("*.pack")
    content = pack.read_bytes()
    shutil.rmtree(pack.parent)
    repo.git("--git-dir", str(mirror), "unpack-objects", "-q", stdin=content)
    target = mirror / "objects" / blob[:2] / blob[2:]
    target.unlink()
    shutil.copy(repo.path / "objects" / other[:2] / other[2:], target)


def test_what_many_fetches_left_is_packed_together(
    repo: GitRepo,
    make_source: "MakeSource",
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    soon = (*environment._CONFIG, ("gc.autoPackLimit", "3"))
    monkeypatch.setattr(environment, "_CONFIG", soon)
    source = make_source()
    last = None
    for number in range(6):
        repo.commit({"fleet.yaml": b"%d" % number})
        last = revision(source.fetch(last, accepted=last))
    assert len(list(mirror_of(folder).glob("objects/pack/*.pack"))) <= 4


def test_a_repository_that_lacks_objects_is_told_and_not_followed(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    missing = "1" * 40
    repo.commit_tree(repo.tree(TreeLine(FILE, missing, "fleet.yaml")))
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Failed)
    assert fetched.hint


# Trees that no work tree could hold


def test_links_submodules_and_odd_names_are_refused_and_the_rest_is_read(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    blob = repo.blob(b"x")
    commit = repo.commit(FILES)
    tree = repo.tree(
        TreeLine(FILE, blob, "good.yaml"),
        TreeLine(PROGRAM, blob, "run.yml"),
        TreeLine(LINK, repo.blob(b"/etc/passwd"), "link.yaml"),
        TreeLine(LINK, repo.blob(b"../.."), "folder"),
        TreeLine(SUBMODULE, commit, "sub"),
        TreeLine(FILE, blob, "Twin.yaml"),
        TreeLine(FILE, blob, "twin.yaml"),
        TreeLine(FILE, blob, b"a\nb.yaml"),
        TreeLine(FILE, blob, b"\xff.yaml"),
        TreeLine(FILE, blob, "back\\slash.yaml"),
        TreeLine(FILE, repo.blob(b"0" * 10_000_000), "big.yaml"),
        TreeLine(FILE, blob, ".github.yaml"),
    )
    repo.commit_tree(tree)
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    assert sorted(fetched.snapshot.files) == ["good.yaml", "run.yml"]
    assert refused(fetched) == {
        "\\xff.yaml": "its name is not UTF-8",
        "Twin.yaml": (
            "its name differs from 'twin.yaml' only in case or spelling of characters"
        ),
        "a\\nb.yaml": "its name holds invisible characters",
        "back\\slash.yaml": "its name holds a backslash",
        "big.yaml": "it is bigger than 1,048,576 bytes",
        "folder": "it is a symbolic link",
        "link.yaml": "it is a symbolic link",
        "sub": "it is a submodule",
        "twin.yaml": (
            "its name differs from 'Twin.yaml' only in case or spelling of characters"
        ),
    }


@pytest.mark.parametrize("name", [".git", "..", ".", ".GIT", "git~1"])
def test_what_git_itself_forbids_is_held_with_the_name_of_the_commit(
    repo: GitRepo, make_source: "MakeSource", name: str
) -> None:
    inner = repo.tree_of({"config.yaml": b"x"})
    commit = repo.commit_tree(repo.tree(TreeLine(FOLDER, inner, name)))
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Held), fetched
    assert fetched.revision == Revision("main", CommitSha(commit))
    assert fetched.message.startswith("Git refuses its content: ")
    assert fetched.hint


def test_a_tree_bomb_is_held_at_once(repo: GitRepo, make_source: "MakeSource") -> None:
    tree = repo.tree_of({f"{n}.yaml": b"x" for n in range(10)})
    for _ in range(9):
        tree = repo.tree(*(TreeLine(FOLDER, tree, str(n)) for n in range(10)))
    repo.commit_tree(tree)
    started = time.monotonic()
    fetched = make_source().fetch(None, accepted=None)
    assert time.monotonic() - started < 10
    assert isinstance(fetched, Held)
    assert fetched.message == "it holds more than 10,000 files"


def test_a_hundred_thousand_small_files_of_another_kind_are_passed_over(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    blob = repo.blob(b"x")
    lines = [TreeLine(FILE, blob, f"{n}.txt") for n in range(1000)]
    inner = repo.tree(*lines)
    folders = [TreeLine(FOLDER, inner, str(n)) for n in range(100)]
    repo.commit_tree(repo.tree(*folders, TreeLine(FILE, blob, "fleet.yaml")))
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Moved)
    assert list(fetched.snapshot.files) == ["fleet.yaml"]
    bounded = make_source(limits=Limits(entries=99_999)).fetch(None, accepted=None)
    assert isinstance(bounded, Held)
    assert bounded.message == "it holds more than 99,999 entries"


def test_one_big_file_named_many_times_counts_each_time(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    blob = repo.blob(b"x" * 1_000_000)
    lines = [TreeLine(FILE, blob, f"{n}.yaml") for n in range(40)]
    repo.commit_tree(repo.tree(*lines))
    fetched = make_source().fetch(None, accepted=None)
    assert isinstance(fetched, Held)
    assert fetched.message == "it holds more than 33,554,432 bytes of YAML"


def test_folders_nested_six_hundred_deep_do_no_harm(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    tree = repo.tree_of({"fleet.yaml": b"x"})
    for _ in range(600):
        tree = repo.tree(TreeLine(FOLDER, tree, "d"))
    repo.commit_tree(tree)
    fetched = make_source().fetch(None, accepted=None)
    path = "d/" * 100 + "…"
    assert refused(fetched) == {path: "its path is longer than 1,024 bytes"}
