import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.interop import conftest, toolchain
from tests.interop.toolchain import Recipe, Unavailable

THING = Recipe("thing", ".", "1.0")
FAKE_GO = """\
#!/bin/sh
case "$1" in
env) echo "${FAKE_GO_VERSION:-go1.26}" ;;
build)
    echo built >> "$FAKE_GO_LOG"
    test -z "$FAKE_GO_FAILS" || { echo "main.go:3: undefined: x" >&2; exit 1; }
    while test "$1" != -o; do shift; done
    echo "a binary" > "$2"
    ;;
esac
"""


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(FAKE_GO)
    go.chmod(stat.S_IRWXU)
    source = tmp_path / "go" / "thing" / "main.go"
    source.parent.mkdir(parents=True)
    source.write_text("package main")
    log = tmp_path / "builds"
    monkeypatch.setattr(toolchain, "HERE", tmp_path)
    monkeypatch.setenv(toolchain.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_GO_LOG", str(log))
    return log


def count(builds: Path) -> int:
    return len(builds.read_text().splitlines()) if builds.exists() else 0


def test_a_part_is_built_once_however_many_ask(builds: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(toolchain.build, [THING] * 4))
    assert count(builds) == 1
    assert len({one.binary for one in built}) == 1
    assert sum(one.seconds is not None for one in built) == 1
    assert built[0].binary.read_text() == "a binary\n"


def test_another_source_or_go_version_is_another_build(
    builds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = toolchain.build(THING)
    (tmp_path / "go" / "thing" / "main.go").write_text("package main // changed")
    second = toolchain.build(THING)
    monkeypatch.setenv("FAKE_GO_VERSION", "go1.27")
    third = toolchain.build(THING)
    assert count(builds) == 3
    assert len({first.binary, second.binary, third.binary}) == 3


def test_a_failed_build_tells_what_go_said_and_leaves_nothing_behind(
    builds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_GO_FAILS", "yes")
    with pytest.raises(Unavailable, match=r"thing 1\.0 .*\n.*undefined: x"):
        toolchain.build(THING)
    assert [path.name for path in toolchain.cache().iterdir()] == ["build.lock"]
    monkeypatch.delenv("FAKE_GO_FAILS")
    assert toolchain.build(THING).binary.exists()
    assert count(builds) == 2


def test_without_go_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(Unavailable, match="Go is not installed; install Go"):
        toolchain.build(THING)


@pytest.mark.parametrize(
    ("required", "outcome"),
    [("", pytest.skip.Exception), ("1", pytest.fail.Exception)],
)
def test_what_cannot_be_had_skips_its_tests_or_fails_them_when_required(
    required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE_INTEROP", required)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(outcome, match="Go is not installed"):
        conftest._built(THING)
