"""Builds the real parts of the interop tests from `go/`, each once for all workers.

Called by `conftest.py`, `demo_real.py` and `python -m tests.interop.build`. Every
recipe is a Go module with a committed go.sum; results live outside Git under a key of
their sources, flags and Go version, so a key that exists is never built again.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CACHE_VARIABLE = "RECONCILER_INTEROP_CACHE"
GO_FLAGS = ("-buildvcs=false", "-trimpath", "-mod=readonly", "-ldflags=-s -w")
TAIL = 15
HOW_TO_GET_GO = (
    "install Go 1.26.2 or newer (https://go.dev/doc/install), then run "
    "`python -m tests.interop.build`"
)


class Unavailable(Exception):  # noqa: N818 - named by what it means for a test
    """A real part cannot be had on this machine; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one binary is made.

    Attributes:
        name: Folder under `go/`, and name of the binary.
        package: What is built: a package of that module or of one it pins.
        version: Of the thing that is built, for people.
        cgo: It needs a C compiler.
        assets: Folders of `package`'s module that are kept beside the binary.
    """

    name: str
    package: str
    version: str
    tags: str = ""
    cgo: bool = False
    assets: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The module."""
        return HERE / "go" / self.name


SUPERVISOR = Recipe(
    "supervisor",
    "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/opampsupervisor",
    "0.149.0",
)
COLLECTOR = Recipe("collector", ".", "0.149.0")
DISTRIBUTION = Recipe("distribution", ".", "0.149.0")
OPAMPGO = Recipe("opampgo", ".", "0.23.0")
GITEA = Recipe(
    "gitea",
    "code.gitea.io/gitea",
    "1.26.0",
    tags="sqlite sqlite_unlock_notify",
    cgo=True,
    assets=("options", "templates", "public"),
)
RECIPES = (OPAMPGO, COLLECTOR, SUPERVISOR, GITEA, DISTRIBUTION)


@dataclass(frozen=True, slots=True)
class Built:
    """A binary that can be run; `seconds` is None when it was there already."""

    recipe: Recipe
    binary: Path
    seconds: float | None

    @property
    def folder(self) -> Path:
        """Where the assets are."""
        return self.binary.parent


def cache() -> Path:
    """The folder of everything built: `.cache/interop` of this clone by default."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else HERE.parents[1] / ".cache" / "interop"


def build(recipe: Recipe) -> Built:
    """The binary of a recipe, built now if nobody did before.

    Builds of all processes go one at a time: each of them takes every core.

    Raises:
        Unavailable: There is no Go, no C compiler, or the build failed.
    """
    go = find_go()
    if recipe.cgo and not (shutil.which("cc") or shutil.which("gcc")):
        raise Unavailable(f"{recipe.name} needs a C compiler; install gcc")
    target = cache() / f"{recipe.name}-{key(recipe, go)}"
    binary = target / recipe.name
    with _lock(cache() / "build.lock"):
        if binary.exists():
            return Built(recipe, binary, None)
        began = time.monotonic()
        _build(recipe, go, target)
        return Built(recipe, binary, time.monotonic() - began)


def find_go() -> str:
    """The go command, from PATH or where its installer puts it.

    Raises:
        Unavailable: There is none.
    """
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise Unavailable(f"Go is not installed; {HOW_TO_GET_GO}")
    return go


def key(recipe: Recipe, go: str) -> str:
    """Changes when the sources, the pins, the flags or the Go version do."""
    digest = hashlib.sha256(repr((recipe, GO_FLAGS)).encode())
    digest.update(_output([go, "env", "GOVERSION", "GOOS", "GOARCH"]).encode())
    for path in sorted(recipe.folder.iterdir()):
        digest.update(path.name.encode() + b"\x00" + path.read_bytes())
    return digest.hexdigest()[:16]


def _build(recipe: Recipe, go: str, target: Path) -> None:
    """Build beside the target and move it there whole, so that none is half done."""
    draft = target.with_name(target.name + ".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    command = [go, "build", *GO_FLAGS, "-o", str(draft / recipe.name)]
    command += ["-tags", recipe.tags, recipe.package]
    environment = os.environ | {"CGO_ENABLED": "1" if recipe.cgo else "0"}
    done = subprocess.run(
        command,
        cwd=recipe.folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        shutil.rmtree(draft)
        said = "\n".join(done.stderr.splitlines()[-TAIL:])
        raise Unavailable(f"{recipe.name} {recipe.version} did not build:\n{said}")
    if recipe.assets:
        _copy_assets(recipe, go, draft)
    draft.rename(target)


def _copy_assets(recipe: Recipe, go: str, draft: Path) -> None:
    """The module cache is read-only and may be cleaned; a copy is neither."""
    listing = [go, "list", "-f", "{{.Module.Dir}}", recipe.package]
    module = Path(_output(listing, recipe.folder).strip())
    for name in recipe.assets:
        shutil.copytree(module / name, draft / name, copy_function=shutil.copyfile)
        for folder, _, _ in os.walk(draft / name):
            Path(folder).chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP)


def _output(command: list[str], folder: Path = HERE) -> str:
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Only one process at a time is inside; the kernel lets go when it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
