import asyncio
import os
import threading
import time
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import SetupError
from reconciler.ids import CommitSha, Revision
from reconciler.source.environment import Access
from reconciler.source.source import Failed, Fetched, Moved, Unchanged
from tests.support import git_http
from tests.support.git_http import Faults, GitHttp
from tests.support.git_repo import GitRepo

if TYPE_CHECKING:
    from tests.source.conftest import MakeSource

CANARY = "s3cr3t-canary"
FILES = {"fleet.yaml": b"kind: Fleet\n", "otel/base.yml": b"receivers: {}\n"}


def moved(fetched: Fetched) -> Moved:
    assert isinstance(fetched, Moved), fetched
    return fetched


def failed(fetched: Fetched) -> Failed:
    assert isinstance(fetched, Failed), fetched
    assert fetched.hint
    return fetched


def read(fetched: Fetched) -> dict[str, bytes]:
    files = moved(fetched).snapshot.files
    return {path: file.content for path, file in files.items()}


def test_the_first_fetch_brings_all_yaml_of_the_newest_commit(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    repo.commit({"old.yaml": b"gone"})
    commit = repo.commit(
        FILES | {"README.md": b"no"}, message="Add\x07 a fleet\n\nWith a body."
    )
    fetched = make_source().fetch(None, accepted=None)
    assert read(fetched) == FILES
    snapshot = moved(fetched).snapshot
    assert snapshot.revision == Revision("main", CommitSha(commit))
    assert moved(fetched).message == "Add  a fleet"
    blob = repo.git("rev-parse", "main:fleet.yaml")
    assert snapshot.files["fleet.yaml"].blob == blob


def test_a_commit_on_top_is_followed_and_an_old_one_is_not_named_again(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    source = make_source()
    repo.commit(FILES)
    first = moved(source.fetch(None, accepted=None)).snapshot.revision
    assert source.fetch(first, accepted=first) == Unchanged(first)
    repo.commit({"fleet.yaml": b"two"})
    second = source.fetch(first, accepted=first)
    assert read(second) == {"fleet.yaml": b"two"}
    revision = moved(second).snapshot.revision
    assert source.fetch(revision, accepted=first) == Unchanged(revision)


def test_five_hundred_commits_at_once_are_one_move(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    source = make_source()
    repo.commit(FILES)
    first = moved(source.fetch(None, accepted=None)).snapshot.revision
    stream = b"".join(
        b"commit refs/heads/main\ncommitter A <a@b> 1 +0000\ndata 1\nx\n"
        + (b"from refs/heads/main^0\n" if number == 0 else b"")
        + b"M 644 inline fleet.yaml\ndata 3\n%03d\n" % number
        for number in range(500)
    )
    repo.git("fast-import", "--quiet", stdin=stream)
    assert read(source.fetch(first, accepted=first))["fleet.yaml"] == b"499"


@pytest.mark.parametrize("location", ["path", "file", "http"])
def test_every_way_to_a_repository_leads_to_the_same_snapshot(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource", location: str
) -> None:
    repo.commit(FILES)
    urls = {
        "path": str(repo.path),
        "file": f"file://{repo.path}",
        "http": http.url("fleet.git"),
    }
    assert read(make_source(urls[location]).fetch(None, accepted=None)) == FILES


def test_a_repository_with_sha256_ids_is_read_too(
    tmp_path: Path, make_source: "MakeSource"
) -> None:
    repo = GitRepo(tmp_path / "sha256.git", object_format="sha256")
    commit = repo.commit(FILES)
    fetched = make_source(str(repo.path)).fetch(None, accepted=None)
    assert read(fetched) == FILES
    revision = moved(fetched).snapshot.revision
    assert str(revision) == f"main@sha256:{commit}"


def test_over_ssh_no_unknown_host_and_no_password_is_accepted(
    repo: GitRepo,
    make_source: "MakeSource",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo.commit(FILES)
    log = tmp_path / "ssh.log"
    stub = tmp_path / "bin" / "ssh"
    stub.parent.mkdir()
    stub.write_text(
        f'#!/bin/sh\necho "$@" >>{log}\nwhile [ $# -gt 1 ]; do shift; done\n'
        f"cd {repo.path.parent} && eval exec $1\n"
    )
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub.parent}:{os.environ['PATH']}")
    access = Access(ssh_key=tmp_path / "my key", known_hosts=tmp_path / "known")
    source = make_source("git@host:fleet.git", access=access)
    assert read(source.fetch(None, accepted=None)) == FILES
    called = log.read_text().splitlines()[0]
    assert "-o BatchMode=yes -o StrictHostKeyChecking=yes -F /dev/null" in called
    assert f"-o IdentitiesOnly=yes -i {tmp_path}/my key" in called
    assert f"-o UserKnownHostsFile={tmp_path}/known" in called


def test_a_token_opens_the_door_and_shows_up_nowhere(
    repo: GitRepo, make_source: "MakeSource", capfd: pytest.CaptureFixture[str]
) -> None:
    repo.commit(FILES)
    with git_http.serve(repo.path.parent, token=CANARY) as http:
        url = http.url("fleet.git")
        source = make_source(url, access=Access(token=CANARY))
        assert read(source.fetch(None, accepted=None)) == FILES
        url = url.replace("://", f"://ada:{CANARY}@")
        assert read(make_source(url).fetch(None, accepted=None)) == FILES
        assert not [asked for asked in http.requests if CANARY in asked]
    fetched = failed(source.fetch(None, accepted=None))
    assert CANARY not in f"{fetched} {source!r} {capfd.readouterr()}"


def test_while_git_runs_no_argument_list_holds_the_token(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    with git_http.serve(repo.path.parent, token=CANARY) as http:
        http.faults = Faults(stall_after=10, only="git-upload-pack")
        source = make_source(http.url("fleet.git"), access=Access(token=CANARY))
        thread = threading.Thread(target=source.fetch, args=(None,), kwargs=NOTHING)
        thread.start()
        assert http.stalled.wait(10)
        seen = arguments_of_all()
        source.close()
        thread.join(10)
    assert any(b"git-remote-http" in line or b"remote-http" in line for line in seen)
    assert not [line for line in seen if CANARY.encode() in line]


NOTHING = {"accepted": None}


def arguments_of_all() -> list[bytes]:
    """The command line of every process of this machine."""
    lines = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(process.read_bytes())
        except OSError:
            continue  # it just ended
    return lines


def test_a_wrong_token_is_told_as_such_and_not_tried_again_for_long(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    with git_http.serve(repo.path.parent, token=CANARY) as http:
        source = make_source(http.url("fleet.git"), access=Access(token="wrong"))
        fetched = failed(source.fetch(None, accepted=None))
    assert fetched.message == "the repository refused the credentials"
    assert source._pace.pause == 300


def test_a_remote_that_is_gone_leaves_it_at_failed_until_it_returns(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    source = make_source()
    repo.commit(FILES)
    last = moved(source.fetch(None, accepted=None)).snapshot.revision
    away = repo.path.rename(repo.path.with_name("away.git"))
    fetched = failed(source.fetch(last, accepted=last))
    assert fetched.message == "the repository is gone, or hidden from these credentials"
    away.rename(repo.path)
    assert source.fetch(last, accepted=last) == Unchanged(last)


def test_a_server_that_is_down_is_told_in_the_same_words_each_time(
    repo: GitRepo, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    with git_http.serve(repo.path.parent) as http:
        source = make_source(http.url("fleet.git"))
    answers = {failed(source.fetch(None, accepted=None)) for _ in range(2)}
    assert [answer.message for answer in answers] == ["the server cannot be reached"]


def test_a_server_error_is_told_and_the_next_fetch_is_fine(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    source = make_source(http.url("fleet.git"))
    http.faults = Faults(status=HTTPStatus.INTERNAL_SERVER_ERROR)
    fetched = failed(source.fetch(None, accepted=None))
    assert fetched.message == "the server answered that it cannot serve now"
    http.heal()
    assert read(source.fetch(None, accepted=None)) == FILES


def test_a_server_that_falls_silent_costs_the_timeout_and_no_more(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    source = make_source(http.url("fleet.git"), timeout=1.0)
    http.faults = Faults(stall_after=40)
    started = time.monotonic()
    fetched = failed(source.fetch(None, accepted=None))
    assert time.monotonic() - started < 5
    assert fetched.message == "Git was not done within 1 s"


def test_closing_ends_a_fetch_that_is_under_way(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource"
) -> None:
    repo.commit(FILES)
    source = make_source(http.url("fleet.git"), timeout=600.0)
    http.faults = Faults(stall_after=40)
    answers: list[Fetched] = []
    thread = threading.Thread(
        target=lambda: answers.append(source.fetch(None, accepted=None))
    )
    thread.start()
    assert http.stalled.wait(10)
    source.close()
    thread.join(5)
    assert [failed(answer).message for answer in answers] == [
        "the fetch was called off"
    ]


def test_a_data_folder_that_became_unusable_is_told(
    repo: GitRepo, make_source: "MakeSource", tmp_path: Path
) -> None:
    repo.commit(FILES)
    source = make_source()
    (tmp_path / "data" / "git").rmdir()
    (tmp_path / "data" / "git").write_text("in the way")
    fetched = failed(source.fetch(None, accepted=None))
    assert fetched.message == "the mirror cannot be used: Not a directory"


def test_a_git_that_went_away_is_told(
    repo: GitRepo, make_source: "MakeSource", monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(FILES)
    source = make_source()
    monkeypatch.setenv("PATH", "/nonexistent")
    fetched = failed(source.fetch(None, accepted=None))
    assert fetched.message == "Git cannot be run: GitCommandNotFound"


@pytest.mark.parametrize(
    "ref", ["", "a..b", "a b", "a:b", "-x\n", "*", "a~1", "x.lock", "refs/heads/"]
)
def test_what_cannot_be_a_ref_is_refused_at_the_start(
    make_source: "MakeSource", ref: str
) -> None:
    with pytest.raises(SetupError, match="no name of a branch"):
        make_source(ref=ref)


def test_a_data_folder_that_cannot_be_made_is_refused_at_the_start(
    make_source: "MakeSource", tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupError, match="the data folder cannot be made"):
        make_source(data_dir=tmp_path / "file" / "data")


def test_an_old_git_is_refused_at_the_start(
    make_source: "MakeSource", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.30.2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}:{os.environ['PATH']}")
    with pytest.raises(SetupError, match=r"Git 2\.30\.2 is too old"):
        make_source()


async def test_hints_come_at_the_interval_until_stopped(
    make_source: "MakeSource",
) -> None:
    stop = asyncio.Event()
    count = 0
    async for _ in make_source(interval=0.01).hints(stop):
        count += 1
        if count == 3:
            stop.set()
    assert count == 3


def test_neither_processes_nor_files_are_left_open(
    repo: GitRepo, http: GitHttp, make_source: "MakeSource"
) -> None:
    source = make_source(http.url("fleet.git"))
    repo.commit(FILES)
    last = moved(source.fetch(None, accepted=None)).snapshot.revision
    before, others = open_files(), children()
    for number in range(5):
        repo.commit({"fleet.yaml": b"%d" % number})
        http.faults = Faults(cut_after=50, only="upload-pack")
        failed(source.fetch(last, accepted=last))
        http.heal()
        last = moved(source.fetch(last, accepted=last)).snapshot.revision
    assert open_files() <= before
    end = time.monotonic() + 10.0
    while children() - others and time.monotonic() < end:
        time.sleep(0.01)  # the server of the test reaps its own after it answered
    assert children() - others == set()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def children() -> set[str]:
    """Process ids; a forge that other tests share may be among them."""
    threads = Path("/proc/self/task").glob("*/children")
    return {child for thread in threads for child in thread.read_text().split()}
